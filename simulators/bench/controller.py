"""The twin of a Phoenix Contact EV-CC-AC1-M3: pilot, lock and contactor output (docs/bench.md)."""

from collections.abc import Callable
from typing import Final

from simulators.bench import controller_map as at
from simulators.bench import pdu
from simulators.bench.controller_map import COILS, HOLDING, Errors, Inputs, Outputs
from simulators.bench.faults import Faults
from simulators.bench.pdu import ModbusRefusal, Request
from simulators.bench.settings import EvseSettings
from simulators.bench.timing import Timer

OUTPUT_S: Final = 0.1
"""From state C2 to the contactor output."""
LOCK_S: Final = 0.3
"""What the lock's actuator needs."""
MONITOR_S: Final = 0.5
"""How long the contactor may stay closed without output before the monitor reports it."""
_STOPPING: Final = Errors.PILOT_INVALID | Errors.RCM_TRIPPED


class Controller:
    """Speaks pilot to the vehicle; `changed` is called when something in it moved by itself or by a request."""

    def __init__(
        self, settings: EvseSettings, *, time_scale: float, faults: Faults, changed: Callable[[], None]
    ) -> None:
        self.path = str(settings.controller.port)
        """The serial port to open."""
        self.unit = settings.controller.unit
        self.baud = settings.controller.baud
        self.output = False
        """The contactor output, wired to the meter's DOE."""
        self.locked = False
        self._settings = settings
        self._faults = faults
        self._time_scale = time_scale
        self._changed = changed
        self._holding = {address: row.default for address, row in HOLDING.items()}
        self._coils = dict.fromkeys(COILS, 0)
        self._letter = "A"
        self._plugged = False
        self._contactor_closed = False
        self._latched = Errors.NONE
        """Errors of lock and contactor, which take time to arise."""
        self._switching = Timer(self._switch_output)
        self._locking = Timer(self._move_lock)
        self._monitoring = Timer(self._report_contactor)

    @property
    def letter(self) -> str:
        """The state's letter; E and F win against what the vehicle shows."""
        if "controller_pilot_short" in self._faults:
            return "E"
        return self._letter if self._follows(at.AVAILABLE) else "F"

    @property
    def pwm_on(self) -> bool:
        """Current is offered."""
        return self._follows(at.ENABLE) and self.letter in "BCD" and not self.errors & _STOPPING

    @property
    def state(self) -> str:
        """Letter and digit: C2 is a vehicle that asks while PWM runs."""
        digit = {"A": "1", "E": "0", "F": "0"}.get(self.letter, "2" if self.pwm_on else "1")
        return self.letter + digit

    @property
    def offered_a(self) -> float:
        """The limit that PWM tells the vehicle, 0 without PWM."""
        if not self.pwm_on:
            return 0
        return min(self._holding[at.LARGEST_A], self._settings.cable_rating_a)

    @property
    def errors(self) -> Errors:
        """Register 24025."""
        found = self._latched
        conditions = {
            Errors.PILOT_INVALID: "controller_pilot_short" in self._faults,
            Errors.RCM_TRIPPED: "controller_rcm_tripped" in self._faults and bool(self._holding[at.RCM]),
            Errors.NOT_AVAILABLE: not self._follows(at.AVAILABLE),
            Errors.STATE_D_REFUSED: self._letter == "D" and not self._holding[at.ALLOW_D],
        }
        for error, stands in conditions.items():
            if stands:
                found |= error
        return found

    def sense(self, letter: str, *, plugged: bool, contactor_closed: bool) -> None:
        """Notice what the vehicle shows, whether a plug is in, and the contactor; move outputs accordingly."""
        self._letter = letter
        self._plugged = plugged
        self._contactor_closed = contactor_closed
        self._drive_output()
        self._drive_lock()
        self._watch_contactor()

    async def execute(self, request: Request) -> bytes:
        """Answer a request; raises ModbusRefusal."""
        match request.function:
            case pdu.READ_COILS:
                return pdu.coils_answer(request, self._read(request, self._coils))
            case pdu.READ_HOLDING:
                return pdu.registers_answer(request, self._read(request, self._holding | self._status()))
            case pdu.READ_INPUT:
                return pdu.registers_answer(request, self._read(request, self._status()))
            case pdu.WRITE_COIL | pdu.WRITE_COILS:
                self._write_coils(request)
            case pdu.WRITE_REGISTER | pdu.WRITE_REGISTERS:
                self._write_holding(request)
            case _:
                raise ModbusRefusal(pdu.ILLEGAL_FUNCTION)
        self._changed()
        return pdu.write_answer(request)

    def answered(self) -> None:
        """Nothing of this device waits for its answer."""

    def stop(self) -> None:
        """Do nothing more by itself."""
        for timer in (self._switching, self._locking, self._monitoring):
            timer.stop()

    def _follows(self, mode_register: int) -> bool:
        mode = self._holding[mode_register]
        obeying, coil = at.BY_COIL[mode_register]
        return mode == at.ALWAYS or (mode == obeying and bool(self._coils[coil]))

    def _read(self, request: Request, values: dict[int, int]) -> list[int]:
        try:
            return [values[address] for address in request.span]
        except KeyError:
            raise ModbusRefusal(pdu.ILLEGAL_ADDRESS) from None

    def _write_coils(self, request: Request) -> None:
        if any(address not in COILS for address in request.span):
            raise ModbusRefusal(pdu.ILLEGAL_ADDRESS)
        for address, value in zip(request.span, request.values, strict=True):
            if address not in at.MOMENTARY_COILS:
                self._coils[address] = value

    def _write_holding(self, request: Request) -> None:
        fresh = dict(zip(request.span, request.values, strict=True))
        if any(address not in HOLDING for address in fresh):
            raise ModbusRefusal(pdu.ILLEGAL_ADDRESS)
        if any(value not in HOLDING[address].allowed for address, value in fresh.items()):
            raise ModbusRefusal(pdu.ILLEGAL_VALUE)
        self._holding |= fresh

    def _status(self) -> dict[int, int]:
        proximity = self._settings.cable_rating_a if self._plugged and self._settings.cable == "socket" else 0
        return {
            at.STATE: int.from_bytes(self.state.encode("ascii"), "big"),
            at.PROXIMITY_A: proximity,
            at.DUTY_PERCENT: at.duty_percent(self.offered_a),
            at.OFFERED_A: int(self.offered_a),
            at.INPUTS: self._inputs(),
            at.OUTPUTS: self._outputs(),
            at.ERRORS: self.errors,
        }

    def _inputs(self) -> int:
        return (
            Inputs.LOCKED * self.locked
            | Inputs.RCM_TRIPPED * bool(self.errors & Errors.RCM_TRIPPED)
            | Inputs.CONTACTOR_CLOSED * self._contactor_closed
        )

    def _outputs(self) -> int:
        return (
            Outputs.CONTACTOR * self.output
            | Outputs.LOCK * self.locked
            | Outputs.VENTILATION * (self.output and self._letter == "D")
        )

    def _drive_output(self) -> None:
        accepted = "CD" if self._holding[at.ALLOW_D] else "C"
        if not (self.pwm_on and self.letter in accepted):
            self._switching.stop()
            self.output = False
        elif not self.output:
            self._switching.start_if_idle(OUTPUT_S * self._time_scale)

    def _switch_output(self) -> None:
        self.output = True
        self._changed()

    def _lock_wanted(self) -> bool:
        if self._settings.cable == "fixed" or not self._plugged:
            return False
        if self._holding[at.LOCK] == at.ALWAYS:
            return self.letter in "BCD"
        return self._follows(at.LOCK)

    def _drive_lock(self) -> None:
        if self._lock_wanted() == self.locked:
            self._locking.stop()
            self._latched &= ~(Errors.NOT_LOCKED | Errors.NOT_UNLOCKED)
        elif not (self._latched & self._lock_error() and "controller_lock_jammed" in self._faults):
            self._locking.start_if_idle(LOCK_S * self._time_scale)

    def _move_lock(self) -> None:
        if "controller_lock_jammed" in self._faults:
            self._latched |= self._lock_error()
        else:
            self.locked = not self.locked
            self._latched &= ~(Errors.NOT_LOCKED | Errors.NOT_UNLOCKED)
        self._changed()

    def _lock_error(self) -> Errors:
        return Errors.NOT_UNLOCKED if self.locked else Errors.NOT_LOCKED

    def _watch_contactor(self) -> None:
        stuck = bool(self._holding[at.MONITOR]) and self._contactor_closed and not self.output
        if not stuck:
            self._monitoring.stop()
            self._latched &= ~Errors.CONTACTOR_STUCK
        elif not self._latched & Errors.CONTACTOR_STUCK:
            self._monitoring.start_if_idle(MONITOR_S * self._time_scale)

    def _report_contactor(self) -> None:
        self._latched |= Errors.CONTACTOR_STUCK
        self._changed()
