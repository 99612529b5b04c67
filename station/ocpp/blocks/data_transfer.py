"""Block P: DataTransfer, both ways, for what a vendor agreed on with an operator."""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from operator import attrgetter
from typing import Any

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.enums import DataTransferStatusEnumType as Status

from station.errors import SettingsError
from station.ocpp.model_words import because
from station.ocpp.router import on
from station.ocpp.session import RpcSession

HOOK_TIMEOUT_S = 20.0
"""Requests are answered in order, so a hook that hangs holds up the next ones; a CSMS waits some 30 s."""

log = structlog.get_logger("station.data_transfer")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one side says to a DataTransfer of the other; `data` is any JSON (P01.FR.07)."""

    status: Status
    data: Any = None


Hook = Callable[[str | None, Any], Awaitable[Answer]]
"""Answers a vendor's messages: takes messageId and data; raises whatever it likes."""

Transfer = Callable[[str | None, Any], Awaitable[Answer]]
"""Sends a vendor's message to the CSMS; raises what RpcSession.call raises."""

UNKNOWN_VENDOR = Answer(Status.unknown_vendor_id)


class DataTransfer:
    """Hands messages to the hook of their vendor."""

    def __init__(self, session: RpcSession, *, vendors: Mapping[str, str], enabled: Callable[[str], bool]) -> None:
        """`vendors`: where each vendor's hook is, `package.module:attribute`; raises SettingsError if it is not.

        The attribute is an async function as Hook describes it, or a class: its object, made from a Transfer by
        which it can talk to the CSMS on its own, is the hook. `enabled` is CustomImplementationEnabled of a vendor.
        """
        self._session = session
        self._enabled = enabled
        self._hooks = {
            vendor: _load(vendor, place, partial(self.transfer, vendor)) for vendor, place in vendors.items()
        }

    @on("DataTransfer")
    async def data_transfer(self, request: call.DataTransfer) -> call_result.DataTransfer:
        """P01: what the vendor's hook says; UnknownVendorId if there is none."""
        hook = self._hooks.get(request.vendor_id)
        if hook is None or not self._enabled(request.vendor_id):
            log.info("vendor_unknown", vendor=request.vendor_id, message_id=request.message_id)
            return _result(UNKNOWN_VENDOR)  # P01.FR.05
        try:
            async with asyncio.timeout(HOOK_TIMEOUT_S):
                answer = await hook(request.message_id, request.data)
            return _result(_checked(answer))
        except Exception:
            log.exception("vendor_hook_failed", vendor=request.vendor_id, message_id=request.message_id)
        return call_result.DataTransfer(status=Status.rejected, status_info=because("InternalError"))

    async def transfer(self, vendor_id: str, message_id: str | None = None, data: Any = None) -> Answer:
        """P02: send a vendor's message and return the CSMS's answer; raises what RpcSession.call raises."""
        request = call.DataTransfer(vendor_id=vendor_id, message_id=message_id, data=data)
        answer = await self._session.call(request)
        return Answer(Status(answer.status), answer.data)


def _load(vendor: str, place: str, transfer: Transfer) -> Hook:
    module, _, name = place.partition(":")
    try:
        found: Callable[..., Any] = attrgetter(name)(import_module(module))
        wants_to_talk = inspect.isclass(found)
        hook = found(transfer) if wants_to_talk else found
    except Exception as error:
        raise SettingsError(f"vendors: {vendor} = {place!r} cannot be loaded: {error!r}") from error
    if not _is_async(hook):
        raise SettingsError(f"vendors: {vendor} = {place!r} is no async function of message_id and data")
    return hook


def _is_async(hook: Any) -> bool:
    return callable(hook) and any(map(inspect.iscoroutinefunction, (hook, type(hook).__call__)))


def _checked(answer: object) -> Answer:
    if not isinstance(answer, Answer):
        raise TypeError(f"the hook answered with {type(answer).__name__} instead of Answer")
    json.dumps(answer.data, allow_nan=False)  # raises for what JSON cannot say
    return answer


def _result(answer: Answer) -> call_result.DataTransfer:
    return call_result.DataTransfer(status=Status(answer.status), data=answer.data)
