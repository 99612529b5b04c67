"""Reset: the station, or one EVSE, starts anew; nothing that ran is lost (B11, B12)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.enums import BootReasonEnumType, ResetEnumType, ResetStatusEnumType

from station.core.events import Blocked, StopCause, StopRequested
from station.core.session import idle
from station.evse import Evse
from station.ocpp.model_words import because
from station.ocpp.router import Reply, on
from station.ocpp.spawn import Spawn

END_TIMEOUT_S = 60.0
"""How long an immediate reset waits for signed ends; what is missing then is closed after the restart."""
TELL_TIMEOUT_S = 30.0
"""How long a reset waits until the CSMS has been told what ended; what is queued then is told after the restart."""
CLOSE_TIMEOUT_S = 5.0
"""How long it waits until nobody is admitted; an EVSE that takes longer is starting, and admits nobody meanwhile."""
LOOK_S = 0.02

log = structlog.get_logger("station.reset")


@dataclass(eq=False, slots=True)
class _Due:
    """A reset that was answered and has not happened yet."""

    evse_id: int | None
    """None for the whole station."""
    evses: tuple[Evse, ...]
    reason: BootReasonEnumType
    urgent: asyncio.Event = field(default_factory=asyncio.Event)
    """It does not wait for drivers, or not any longer."""


class Reset:
    """Restarts what the CSMS names. The answer goes first; what runs is ended and signed, or waited for."""

    def __init__(
        self,
        evses: Mapping[int, Evse],
        *,
        all_told: Callable[[], Awaitable[None]],
        restart: Callable[[BootReasonEnumType], None],
        retries: Callable[[], int],
        spawn: Spawn,
    ) -> None:
        """`all_told` waits until the CSMS knows all that it is to be told; `retries` is ResetRetries."""
        self._evses = evses
        self._all_told = all_told
        self._restart = restart
        self._retries = retries
        self._spawn = spawn
        self._due: dict[int | None, _Due] = {}

    def soft(self, evse_id: int | None) -> bool:
        """Restart at the wish of somebody at the station, when nobody charges; False if there is no such EVSE."""
        evses = self._meant(evse_id)
        if evses:
            log.info("reset_requested", type="local", evse=evse_id, busy=_busy(evses))
            self._begin(_Due(evse_id, evses, BootReasonEnumType.local_reset), urgent=False)
        return bool(evses)

    @on("Reset")
    async def reset(self, request: call.Reset) -> Reply | call_result.Reset:
        """Accept what can be done at once, schedule what has to wait for drivers (B12.FR.01, B12.FR.02)."""
        evse_id = request.evse_id
        evses = self._meant(evse_id)
        if not evses:
            why = because("UnknownEvse", f"there is no EVSE {evse_id}")
            return call_result.Reset(status=ResetStatusEnumType.rejected, status_info=why)
        urgent = request.type is ResetEnumType.immediate
        busy = _busy(evses)
        log.info("reset_requested", type=request.type.value, evse=evse_id, busy=busy)
        status, reason = ResetStatusEnumType.accepted, BootReasonEnumType.remote_reset
        if busy and not urgent:
            status, reason = ResetStatusEnumType.scheduled, BootReasonEnumType.scheduled_reset
        due = _Due(evse_id, evses, reason)
        return Reply(call_result.Reset(status=status), then=lambda: self._begin(due, urgent=urgent))

    def _meant(self, evse_id: int | None) -> tuple[Evse, ...]:
        return tuple(evse for evse in self._evses.values() if evse_id in (None, evse.evse_id))

    def _begin(self, asked: _Due, *, urgent: bool) -> None:
        """Repeated requests lead to one reset; a later one can only make it come sooner."""
        due = self._due.setdefault(asked.evse_id, asked)
        if urgent:
            due.reason = asked.reason
            due.urgent.set()
        if due is asked:
            self._spawn("reset", self._carry_out(due))

    async def _carry_out(self, due: _Due) -> None:
        try:
            await _end(due)
            with contextlib.suppress(TimeoutError):  # B12.FR.05: what is still queued is sent after the restart
                async with asyncio.timeout(TELL_TIMEOUT_S):
                    await self._all_told()
        except Exception:
            # Whatever went wrong, drivers are served again, and the next request begins a new reset.
            for evse in due.evses:
                evse.post(Blocked(on=False))
            raise
        finally:
            del self._due[due.evse_id]
        if due.evse_id is None:
            self._restart(due.reason)
        else:
            await self._restart_evse(self._evses[due.evse_id])

    async def _restart_evse(self, evse: Evse) -> None:
        """Let an EVSE start anew while the others go on; one whose meter stays silent is tried again."""
        for attempt in range(1 + self._retries()):
            awake = await evse.restart()
            log.info("evse_reset", evse=evse.evse_id, attempt=attempt, awake=awake)
            if awake:
                break
        if None in self._due:
            evse.post(Blocked(on=True))  # the station still waits for the others


def _busy(evses: Iterable[Evse]) -> list[int]:
    return [evse.evse_id for evse in evses if not idle(evse.session)]


async def _end(due: _Due) -> None:
    """Return when nothing runs; nobody who is not there already is admitted meanwhile (B12.FR.03, B12.FR.07)."""
    await _close(due.evses)
    try:
        async with asyncio.TaskGroup() as tasks:
            hurry = tasks.create_task(_hurry(due), name="reset-hurry")
            for evse in due.evses:
                await evse.wait_idle()
            hurry.cancel()
    except* TimeoutError:
        log.warning("reset_did_not_wait_longer", seconds=END_TIMEOUT_S)


async def _close(evses: Iterable[Evse]) -> None:
    """Let nobody else begin; whoever was admitted a moment ago counts as being there already."""
    for evse in evses:
        evse.post(Blocked(on=True))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            while not all(evse.session.blocked for evse in evses):  # noqa: ASYNC110 nobody else wants to know it
                await asyncio.sleep(LOOK_S)


async def _hurry(due: _Due) -> None:
    """End what runs as soon as the reset is urgent (B12.FR.04, B12.FR.08); TimeoutError if that takes too long."""
    await due.urgent.wait()
    for evse in due.evses:
        evse.post(StopRequested(StopCause.RESET))
    await asyncio.sleep(END_TIMEOUT_S)
    raise TimeoutError
