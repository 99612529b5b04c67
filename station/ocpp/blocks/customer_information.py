"""Block N, CustomerInformation: what is stored about a customer is told and forgotten (N09, N10).

Signed records are evidence of what somebody has to pay. They are told, but kept until their time is over.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.enums import CustomerInformationStatusEnumType as Status

from station.core.tokens import IdToken, Source, info_of_text
from station.ocpp.model_words import because
from station.ocpp.router import Reply, on
from station.ocpp.rpc_errors import RpcError
from station.ocpp.session import RpcSession
from station.ocpp.spawn import Spawn
from station.ocpp.words import timestamp, token_of
from station.storage.customers import Customers, Stay
from station.storage.tokens import CachedToken

PAGE_LENGTH = 512
MOST_STAYS = 200
"""Told one by one; older ones are told as a number."""
NOTHING = "No data found."
CLEARED = "Cleared: all that was in the authorization cache."
KEPT = "Signed records of {} are kept, as the law on measuring demands; they are deleted when their time is over."

log = structlog.get_logger("station.customer_information")


class Cache(Protocol):
    """The authorization cache (station.storage.tokens.Tokens)."""

    def get(self, token: IdToken) -> CachedToken | None: ...

    def forget(self, token: IdToken) -> None: ...


class CustomerInformation:
    """Tells what is known about a customer, and forgets what may be forgotten."""

    def __init__(
        self,
        session: RpcSession,
        *,
        cache: Cache,
        customers: Customers,
        now: Callable[[], datetime],
        spawn: Spawn,
        accepted: Callable[[], bool],
    ) -> None:
        """`accepted`: what is found may be sent, for the CSMS has accepted this station (B02.FR.02)."""
        self._session = session
        self._cache = cache
        self._customers = customers
        self._now = now
        self._spawn = spawn
        self._accepted = accepted
        self._telling: set[int] = set()
        """The requestIds of reports whose last page was not sent yet."""

    @on("CustomerInformation")
    async def customer_information(
        self, request: call.CustomerInformation
    ) -> Reply | call_result.CustomerInformation:
        """N09, N10: the answer first, then what was asked for."""
        ways = (request.id_token, request.customer_identifier, request.customer_certificate)
        if sum(way is not None for way in ways) != 1:
            return _refused(Status.invalid, "InvalidValue", "one of the three ways to name a customer is needed")
        if not request.report and not request.clear:  # N09.FR.07, N10.FR.07
            return _refused(Status.rejected, "InvalidValue", "neither report nor clear")
        if not self._accepted():  # N09.FR.03, N10.FR.05: nothing is cleared that cannot be told
            return _refused(Status.rejected, "CSNotAccepted", "the CSMS has not accepted this station")
        if request.request_id in self._telling:
            return _refused(Status.rejected, "DuplicateRequestId", "this report is not finished")
        return Reply(call_result.CustomerInformation(status=Status.accepted), then=lambda: self._begin(request))

    def _begin(self, request: call.CustomerInformation) -> None:
        log.info("customer_information_requested", request=request.request_id, clear=request.clear)
        self._telling.add(request.request_id)
        self._spawn("customer-information", self._work_off(request))

    async def _work_off(self, request: call.CustomerInformation) -> None:
        try:
            # No customer is known here by anything but an id token (N09.FR.06).
            text = self._about(token_of(request.id_token), request) if request.id_token else NOTHING
            await self._tell(request.request_id, text)
        except RpcError as error:
            log.warning("customer_information_not_told", request=request.request_id, error=str(error))
        finally:
            self._telling.discard(request.request_id)

    def _about(self, token: IdToken, request: call.CustomerInformation) -> str:
        """Return what is to be told, after clearing what is to be cleared."""
        cached, stays = self._cache.get(token), self._customers.stays(token)
        if request.clear:
            self._cache.forget(token)  # N10.FR.03, N10.FR.06
        return "\n".join(_lines(cached, stays, report=request.report, clear=request.clear)) or NOTHING

    async def _tell(self, request_id: int, text: str) -> None:
        pages = [text[start : start + PAGE_LENGTH] for start in range(0, len(text), PAGE_LENGTH)]
        for number, page in enumerate(pages):
            last = number == len(pages) - 1
            message = call.NotifyCustomerInformation(
                data=page,
                seq_no=number,
                generated_at=timestamp(self._now()),
                request_id=request_id,
                tbc=None if last else True,
            )
            # The CSMS may ask again with the same id as soon as it has the last page.
            done = partial(self._telling.discard, request_id) if last else _nothing
            await self._session.call(message, on_sent=done)


def _lines(cached: CachedToken | None, stays: Sequence[Stay], *, report: bool, clear: bool) -> Iterator[str]:
    if report and cached:
        yield _cached_line(cached)
    if report:
        yield from map(_stay_line, stays[:MOST_STAYS])
        if len(stays) > MOST_STAYS:
            yield f"{_sessions(len(stays) - MOST_STAYS)} before these."
    if clear and (cached or not report):
        yield CLEARED
    if clear and stays:
        yield KEPT.format(_sessions(len(stays)))


def _cached_line(cached: CachedToken) -> str:
    info = info_of_text(cached.info, Source.CACHE)
    parts = [
        f"Authorization cache: {info.status.value}",
        f"as of {timestamp(cached.updated_at)}",
        f"until {timestamp(info.expires)}" if info.expires else "",
        f"group {info.group.value}" if info.group else "",
        f"EVSE {', '.join(map(str, info.evse_ids))}" if info.evse_ids else "",
        f"languages {' '.join(filter(None, (info.language1, info.language2)))}" if info.language1 else "",
    ]
    return ", ".join(filter(None, parts)) + "."


def _stay_line(stay: Stay) -> str:
    until = f"to {timestamp(stay.ended_at)}" if stay.ended_at else "and still running"
    return f"Session {stay.transaction_id} at EVSE {stay.evse_id} from {timestamp(stay.started_at)} {until}."


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"


def _refused(status: Status, reason_code: str, text: str) -> call_result.CustomerInformation:
    return call_result.CustomerInformation(status=status, status_info=because(reason_code, text))


def _nothing() -> None:
    """Follow nothing."""
