"""The watch over all inputs: keeps the EVSEs as the inputs say that they have to be.

What is wanted follows from the inputs alone and is compared with what the EVSEs are, at every change and once a
second: an EVSE that started anew, or a latch that is from before, needs no rule of its own.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Protocol

import structlog

from station.core import events as on
from station.core.faults import OF_INPUTS, Fault
from station.core.session import Session
from station.errors import DeviceError
from station.inputs.debounce import Debounce
from station.inputs.meanings import FAULTS, InputState, Meaning, Wired, grid_limit_amps

COMPARE_S: Final = 1.0
RETRY_S: Final = 1.0
FAILURES_TO_BELIEVE: Final = 2
"""An input that was read before is believed to be lost when it cannot be read so often in a row."""

log = structlog.get_logger("station.inputs")


class Outlet(Protocol):
    """What is needed of an EVSE (station.evse.Evse)."""

    @property
    def session(self) -> Session: ...

    def post(self, event: on.Event, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Served:
    """An EVSE and its ratings."""

    outlet: Outlet
    phases: int
    max_current_amps: float
    """What it may offer while nothing limits."""


class Inputs:
    """Watches all inputs for all EVSEs, also for those that have none: what is left from before is cleared."""

    def __init__(
        self,
        wired: Iterable[Wired],
        served: Mapping[int, Served],
        *,
        on_change: Callable[[InputState], None] = lambda _state: None,
    ) -> None:
        """`on_change` is told of every input that became active or inactive, and of how each is at first."""
        self._wired = {one.name: one for one in wired}
        self._served = served
        self._on_change = on_change
        self._states = {
            name: InputState(name, one.meaning, one.evse_ids, active=None, latched=self._was_latched(one))
            for name, one in self._wired.items()
        }
        self._failures = dict.fromkeys(self._wired, 0)
        self._told: dict[tuple[int, Fault], str] = {}
        """The words of each fault that was raised here and not cleared."""

    def _was_latched(self, one: Wired) -> bool:
        """Say whether an input was active before a restart, as far as its EVSEs remember: no restart is a reset."""
        fault = FAULTS.get(one.meaning)
        known = [self._served[evse_id].outlet.session.faults for evse_id in one.evse_ids]
        return one.latch and fault in OF_INPUTS and any(fault in faults for faults in known)

    @property
    def states(self) -> tuple[InputState, ...]:
        """How all inputs stand, in the order of the settings."""
        return tuple(self._states.values())

    def reset(self, evse_id: int | None = None) -> tuple[str, ...]:
        """Let latched inputs go that are not active any more, of one EVSE or of all; return their names."""
        names = tuple(
            state.name
            for state in self.states
            if state.latched and not state.contact and (evse_id is None or evse_id in state.evse_ids)
        )
        for name in names:
            log.info("input_reset", input=name)
            self._become(name, latched=False)
        return names

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for one in self._wired.values():
                tasks.create_task(self._watch(one), name=f"input-{one.name}")
            tasks.create_task(self._keep_comparing(), name="inputs-compare")

    # Looking

    async def _watch(self, one: Wired) -> None:
        while True:
            try:
                one.pin.open()
                await self._follow(one)
            except DeviceError as error:
                self._failed(one.name, str(error))
            except Exception as error:
                # Whatever it is: this input cannot be read, and the others are watched on.
                log.exception("input_crashed", input=one.name)
                self._failed(one.name, str(error) or repr(error))
            finally:
                one.pin.close()
            await asyncio.sleep(RETRY_S)

    async def _follow(self, one: Wired) -> None:
        loop, debounce = asyncio.get_running_loop(), Debounce(one.debounce_s)
        while True:
            contact = debounce.see(one.pin.active(), loop.time())
            self._failures[one.name] = 0
            self._become(one.name, contact=contact, error="")
            with suppress(TimeoutError):
                async with asyncio.timeout(debounce.wait_s(loop.time())):
                    await one.pin.moved()

    def _failed(self, name: str, error: str) -> None:
        self._failures[name] += 1
        if self._states[name].active is None or self._failures[name] >= FAILURES_TO_BELIEVE:
            self._become(name, contact=None, error=error)

    def _become(self, name: str, **changes: bool | str | None) -> None:
        """Take what was seen, and tell the EVSEs if that makes a difference."""
        before, wired = self._states[name], self._wired[name]
        seen: InputState = replace(before, **changes)  # type: ignore[arg-type]
        latched = seen.latched or (wired.latch and bool(seen.contact))
        now = replace(seen, latched=latched, active=latched or bool(seen.error) or bool(seen.contact))
        if now == before:
            return
        self._states[name] = now
        _tell(before, now)
        for evse_id in now.evse_ids:
            self._compare(evse_id)
        if now.active is not before.active:
            self._write_down(now)

    def _write_down(self, state: InputState) -> None:
        try:
            self._on_change(state)
        except Exception:
            log.exception("input_not_written_down", input=state.name)

    # Comparing

    async def _keep_comparing(self) -> None:
        while True:
            for evse_id in self._served:
                self._compare(evse_id)
            await asyncio.sleep(COMPARE_S)

    def _compare(self, evse_id: int) -> None:
        """Post what the EVSE is not yet."""
        served = self._served[evse_id]
        for event in (*self._due_faults(evse_id, served.outlet.session), *self._due_limit(evse_id, served)):
            served.outlet.post(event)

    def _due_faults(self, evse_id: int, session: Session) -> Iterator[on.Event]:
        for fault in sorted({*FAULTS.values()}):
            states = [state for state in self._of(evse_id) if FAULTS.get(state.meaning) is fault]
            active = next((state for state in states if state.active), None)
            there, told = fault in session.faults, self._told.get((evse_id, fault))
            if active is not None:
                if not there or told != active.text:
                    self._told[evse_id, fault] = active.text
                    yield on.FaultRaised(fault, active.text)
            elif there and _looked(states) and (fault in OF_INPUTS or told is not None):
                self._told.pop((evse_id, fault), None)
                yield on.FaultCleared(fault)

    def _due_limit(self, evse_id: int, served: Served) -> Iterator[on.Event]:
        states = [state for state in self._of(evse_id) if state.meaning is Meaning.LIMIT_4200W]
        limit_amps = served.max_current_amps
        if any(state.active for state in states):
            limit_amps = min(limit_amps, grid_limit_amps(served.phases))
        elif not _looked(states):
            return
        there = served.outlet.session.limit_amps
        if limit_amps != (served.max_current_amps if there is None else there):
            yield on.LimitChanged(limit_amps)

    def _of(self, evse_id: int) -> list[InputState]:
        return [state for state in self.states if evse_id in state.evse_ids]


def _looked(states: Iterable[InputState]) -> bool:
    """Say whether it is known of all of them how they are."""
    return all(state.active is not None for state in states)


def _tell(before: InputState, now: InputState) -> None:
    """Write what an operator should know."""
    if now.error and not before.error:
        log.error("input_unreadable", input=now.name, meaning=now.meaning.value, error=now.error)
    elif before.error and not now.error:
        log.info("input_readable_again", input=now.name)
    if bool(now.active) is not bool(before.active):
        event = "input_active" if now.active else "input_inactive"
        log.warning(event, input=now.name, meaning=now.meaning.value, evses=list(now.evse_ids))
