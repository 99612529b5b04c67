"""Reports: ask a station for one and put its pages together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from simulators.mock_csms.errors import RequestError
from simulators.mock_csms.members import Payload
from simulators.mock_csms.station import WAIT_S, is_request

if TYPE_CHECKING:
    from simulators.mock_csms.messages import Message
    from simulators.mock_csms.server import MockCsms


PAGES: Final[Mapping[str, tuple[str, str]]] = {
    "GetBaseReport": ("NotifyReport", "reportData"),
    "GetReport": ("NotifyReport", "reportData"),
    "GetMonitoringReport": ("NotifyMonitoringReport", "monitor"),
    "CustomerInformation": ("NotifyCustomerInformation", "data"),
}
"""What a station sends page by page after a request, and the member that holds the rows."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a station answered, and all pages that followed, as they came."""

    request_id: int
    status: str
    pages: tuple[Payload, ...] = ()
    member: str = "reportData"

    @property
    def rows(self) -> tuple[Any, ...]:
        """What stands on the pages, in their order."""
        return tuple(row for page in self.pages for row in page.get(self.member, ()))

    @property
    def text(self) -> str:
        """What stands on pages that hold text."""
        return "".join(page.get(self.member, "") for page in self.pages)

    @property
    def content(self) -> list[Any] | str:
        """The rows, or the text."""
        texts = any(isinstance(page.get(self.member), str) for page in self.pages)
        return self.text if texts else list(self.rows)

    @property
    def problems(self) -> tuple[str, ...]:
        """Which pages are missing, twice there or out of order."""
        if [page["seqNo"] for page in self.pages] == list(range(len(self.pages))):
            return ()
        return (f"seqNo {', '.join(str(page['seqNo']) for page in self.pages)}",)

    def find(
        self,
        component: str,
        variable: str,
        *,
        instance: str | None = None,
        evse: int | None = None,
        connector: int | None = None,
    ) -> Payload | None:
        """Return the row of a variable, None without one; `instance` is that of the variable."""
        wanted = (component, evse, connector, variable, instance)
        return next((row for row in self.rows if _address(row) == wanted), None)

    def value(self, component: str, variable: str, **where: Any) -> str | None:
        """Return the Actual value of a variable, None without a row or a value; `where` as for `find`."""
        row = self.find(component, variable, **where)
        attributes = row["variableAttribute"] if row else ()
        return next((entry.get("value") for entry in attributes if entry.get("type", "Actual") == "Actual"), None)


def _address(row: Payload) -> tuple[str, int | None, int | None, str, str | None]:
    component, variable = row["component"], row["variable"]
    evse = component.get("evse", {})
    return component["name"], evse.get("id"), evse.get("connectorId"), variable["name"], variable.get("instance")


async def collect(
    csms: "MockCsms", station_id: str, action: str, payload: Payload, *, timeout_s: float = WAIT_S
) -> Report:
    """Ask for a report and wait for all its pages; none if the station does not accept.

    A requestId is made up if the payload has none. TimeoutError says what came instead of the next page, which
    may take `timeout_s`; CallFailedError and NotConnectedError as for any call.
    """
    if action not in PAGES:
        raise RequestError(f"{action} asks for no pages", allowed=tuple(PAGES))
    notice, member = PAGES[action]
    station = csms.station(station_id)
    request_id = payload.get("requestId", station.messages.next)
    after = station.messages.last
    answer = await csms.call(station_id, action, {**payload, "requestId": request_id})
    if answer.get("status") != "Accepted":
        return Report(request_id, str(answer.get("status")), member=member)
    pages: list[Payload] = []

    def is_page(message: "Message") -> bool:
        return is_request(message, notice) and message.valid and message.payload["requestId"] == request_id

    while not pages or pages[-1].get("tbc", False):
        page = await station.wait_for_message(is_page, after=after, timeout_s=timeout_s, what=notice)
        pages.append(page.payload)
        after = page.number
    return Report(request_id, "Accepted", tuple(pages), member)
