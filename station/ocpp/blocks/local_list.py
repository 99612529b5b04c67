"""Block D: the local authorization list (D01, D02)."""

from collections.abc import Callable, Iterator, Sequence

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import AuthorizationData
from ocpp.v201.enums import SendLocalListStatusEnumType as Status
from ocpp.v201.enums import UpdateEnumType

from station.core.tokens import text_of_info
from station.errors import StorageError
from station.ocpp import codec
from station.ocpp.model_words import because, json_size
from station.ocpp.router import on
from station.ocpp.words import token_info, token_of
from station.storage.local_list import NO_VERSION, Entry, ListFullError, LocalList

Answer = call_result.SendLocalList

log = structlog.get_logger("station.local_list")


class LocalAuthorizationList:
    """Takes the list that the CSMS sends, as a whole or not at all, and says which one the station has."""

    def __init__(
        self, local_list: LocalList, *, enabled: Callable[[], bool], most_items: int, most_bytes: int
    ) -> None:
        """`most_items`, `most_bytes`: of one SendLocalList (D01.FR.11)."""
        self._list = local_list
        self._enabled = enabled
        self._most_items = most_items
        self._most_bytes = most_bytes

    @on("SendLocalList")
    async def send_local_list(self, request: call.SendLocalList) -> Answer:
        """D01: replace or change the list; if that fails, it stays as it was."""
        answer = self._refusal_of(request) or self._take(request)
        log.info(
            "local_list_received",
            update=str(request.update_type),
            version=request.version_number,
            entries=len(request.local_authorization_list or ()),
            status=answer.status.value,
            reason=answer.status_info.additional_info if answer.status_info else None,
        )
        return answer

    @on("GetLocalListVersion")
    async def get_local_list_version(self, _request: call.GetLocalListVersion) -> call_result.GetLocalListVersion:
        """D02.FR.01-03: no list is version 0, and so is one that is switched off."""
        return call_result.GetLocalListVersion(version_number=self._list.version if self._enabled() else NO_VERSION)

    def _refusal_of(self, request: call.SendLocalList) -> Answer | None:
        """Return why the list must not be changed so, or None."""
        items: Sequence[AuthorizationData] = request.local_authorization_list or ()
        full = request.update_type == UpdateEnumType.full
        if not self._enabled():
            return _failed("NotEnabled", "LocalAuthListCtrlr.Enabled is false")
        if not full and request.version_number <= self._list.version:  # D01.FR.19
            why = f"the list has version {self._list.version}"
            return Answer(status=Status.version_mismatch, status_info=because("InvalidValue", why))
        if request.version_number <= NO_VERSION:
            return _failed("ValuePositiveOnly", "a list has a version of 1 at least")
        if len(items) > self._most_items:
            return _failed("TooManyElements", f"{len(items)} entries; {self._most_items} are possible in one message")
        if (size := json_size(codec.encode(request))) > self._most_bytes:
            return _failed("TooLargeElement", f"{size} bytes; {self._most_bytes} are possible in one message")
        if full and any(item.id_token_info is None for item in items):
            return _failed("MissingParam", "an entry of a full list has no idTokenInfo")
        if len({_identity(item) for item in items}) < len(items):  # D01.FR.06
            return _failed("InvalidValue", "a token is in the list twice")
        return None

    def _take(self, request: call.SendLocalList) -> Answer:
        change = self._list.replace if request.update_type == UpdateEnumType.full else self._list.update
        try:
            change(_entries(request.local_authorization_list or ()), version=request.version_number)
        except ListFullError as error:
            return _failed("OutOfStorage", str(error))
        except StorageError as error:
            log.error("local_list_not_saved", error=str(error))
            return _failed("InternalError", "the station could not save it")
        return Answer(status=Status.accepted)


def _entries(items: Sequence[AuthorizationData]) -> Iterator[Entry]:
    for item in items:
        info = item.id_token_info
        yield token_of(item.id_token), text_of_info(token_info(info)) if info else None


def _identity(item: AuthorizationData) -> tuple[str, str]:
    """C01.FR.25: what makes a token the same as another."""
    token = token_of(item.id_token)
    return token.value.lower(), token.type


def _failed(reason_code: str, text: str) -> Answer:
    return Answer(status=Status.failed, status_info=because(reason_code, text))
