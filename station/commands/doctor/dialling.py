"""One connection to the CSMS as the station makes it, and what the CSMS says to a BootNotification."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import ChargingStationType
from ocpp.v201.enums import BootReasonEnumType

from station import __version__
from station.ocpp.backoff import BackOff
from station.ocpp.endpoint import Endpoint
from station.ocpp.failures import Failure
from station.ocpp.link import Link, WebSocketLine
from station.ocpp.router import Router
from station.ocpp.rpc_errors import RpcError
from station.ocpp.session import RpcSession
from station.settings import StationSettings

ANSWER_S: Final = 30.0
NEVER_AGAIN: Final = BackOff(3600, 0, 0)

Serve = Callable[[WebSocketLine], Awaitable[None]]


async def dial(endpoint: Endpoint, serve: Serve, *, clock_is_set: bool) -> Failure | None:
    """Connect once, let `serve` talk and hang up; return why no connection came about, None if one did."""
    outcome: asyncio.Future[Failure | None] = asyncio.get_running_loop().create_future()
    ends: set[asyncio.Future[Any]] = {outcome}

    def settle(failure: Failure | None) -> None:
        if not outcome.done():
            outcome.set_result(failure)

    link = Link(
        endpoint,
        back_off=lambda: NEVER_AGAIN,
        ping_interval_s=lambda: 0.0,
        random=lambda: 0.0,
        clock_is_set=lambda: clock_is_set,
        on_failed=settle,
        on_down=lambda _reason: settle(None),
    )
    dialling = asyncio.create_task(link.run(serve), name="doctor-link")
    try:
        await asyncio.wait({*ends, dialling}, return_when=asyncio.FIRST_COMPLETED)
        if dialling.done():
            dialling.result()  # raises what `serve` did
        return outcome.result()
    finally:
        dialling.cancel()
        await asyncio.gather(dialling, return_exceptions=True)


async def boot(line: WebSocketLine, station: StationSettings) -> call_result.BootNotification | RpcError:
    """Say who is there; whatever the CSMS asks meanwhile is refused."""
    session = RpcSession(Router(), timeout_s=lambda: ANSWER_S)
    talking = asyncio.create_task(session.serve(line), name="doctor-session")
    await asyncio.sleep(0)  # it is the task that opens the session
    try:
        answer: call_result.BootNotification = await session.call(
            call.BootNotification(
                charging_station=ChargingStationType(
                    vendor_name=station.vendor_name,
                    model=station.model,
                    serial_number=station.serial_number,
                    firmware_version=__version__,
                ),
                reason=BootReasonEnumType.unknown,
            )
        )
        return answer
    except RpcError as error:
        return error
    finally:
        await line.close(1000, "looked after")
        await talking
