"""The twin of a Phoenix Contact EV-CC-AC1-M3: pilot, lock, monitors and their registers (docs/bench.md)."""

from typing import Any, Final

from simulators.bench import controller_map as at
from simulators.bench import pdu
from simulators.bench.controller import Controller
from simulators.bench.controller_map import COILS, HOLDING, KEPT, Errors, Inputs, Outputs
from simulators.bench.pdu import ModbusRefusal, Request
from simulators.bench.timing import Timer

LOCK_S: Final = 0.3
"""What the lock's actuator needs."""
MONITOR_S: Final = 0.5
"""How long the contactor may stay closed without output before the monitor reports it."""
_STOPPING: Final = Errors.PILOT_INVALID | Errors.RCM_TRIPPED


class EvCc(Controller):
    """One controller. The plug stays where its actuator left it when the supply goes."""

    def __init__(self, *settings: Any, **surroundings: Any) -> None:
        super().__init__(*settings, **surroundings)
        self._holding = {address: row.default for address, row in HOLDING.items()}
        self._coils = dict.fromkeys(COILS, 0)
        self._tested = False
        """The residual current monitor tripped at its test, and nobody reset it."""
        self._latched = Errors.NONE
        """Errors of lock and contactor, which take time to arise."""
        self._locking = Timer(self._move_lock)
        self._monitoring = Timer(self._report_contactor)

    @property
    def available(self) -> bool:
        """Else it shows state F."""
        return self._follows(at.AVAILABLE)

    @property
    def enabled(self) -> bool:
        """It was told to offer current, and nothing it watches forbids it."""
        return self._follows(at.ENABLE) and not self.errors & _STOPPING

    @property
    def limit_a(self) -> float:
        """What it was told to offer."""
        return self._holding[at.LARGEST_A]

    @property
    def accepted(self) -> str:
        """The states in which the contactor closes."""
        return "CD" if self._holding[at.ALLOW_D] else "C"

    @property
    def errors(self) -> Errors:
        """Register 24025."""
        found = self._latched
        tripped = "controller_rcm_tripped" in self._faults or self._tested
        conditions = {
            Errors.PILOT_INVALID: "controller_pilot_short" in self._faults,
            Errors.RCM_TRIPPED: tripped and bool(self._holding[at.RCM]),
            Errors.NOT_AVAILABLE: not self.available,
            Errors.STATE_D_REFUSED: self._shown == "D" and not self._holding[at.ALLOW_D],
        }
        for error, stands in conditions.items():
            if stands:
                found |= error
        return found

    def answer(self, request: Request) -> bytes:
        """Answer a request; raises ModbusRefusal."""
        match request.function:
            case pdu.READ_COILS:
                return pdu.coils_answer(request, pdu.found(request, self._coils))
            case pdu.READ_HOLDING:
                return pdu.registers_answer(request, pdu.found(request, self._holding | self._status()))
            case pdu.READ_INPUT:
                return pdu.registers_answer(request, pdu.found(request, self._status()))
            case pdu.WRITE_COIL | pdu.WRITE_COILS:
                self._write_coils(request)
            case pdu.WRITE_REGISTER | pdu.WRITE_REGISTERS:
                self._write_holding(request)
            case _:
                raise ModbusRefusal(pdu.ILLEGAL_FUNCTION)
        return pdu.write_answer(request)

    def forget(self) -> None:
        """Lose what is not kept without supply."""
        self._coils = dict.fromkeys(COILS, 0)
        self._holding |= {address: row.default for address, row in HOLDING.items() if address not in KEPT}
        self._latched, self._tested = Errors.NONE, False

    def sense(self, letter: str, *, plugged: bool, contactor_closed: bool) -> None:
        """Move lock and monitor as well."""
        super().sense(letter, plugged=plugged, contactor_closed=contactor_closed)
        if not self.powered:
            self._locking.stop()
            self._monitoring.stop()
            return
        self._drive_lock()
        self._watch_contactor()

    def stop(self) -> None:
        """Do nothing more by itself."""
        super().stop()
        for timer in (self._locking, self._monitoring):
            timer.stop()

    def _follows(self, mode_register: int) -> bool:
        mode = self._holding[mode_register]
        obeying, coil = at.BY_COIL[mode_register]
        return mode == at.ALWAYS or (mode == obeying and bool(self._coils[coil]))

    def _write_coils(self, request: Request) -> None:
        if any(address not in COILS for address in request.span):
            raise ModbusRefusal(pdu.ILLEGAL_ADDRESS)
        for address, value in zip(request.span, request.values, strict=True):
            if address not in at.MOMENTARY_COILS:
                self._coils[address] = value
            elif value:
                self._test(tripped=address == at.RCM_TEST_COIL)

    def _test(self, *, tripped: bool) -> None:
        """Have the residual current monitor trip, or reset it."""
        self._tested = tripped and bool(self._holding[at.RCM]) and "controller_rcm_dead" not in self._faults

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
            | Outputs.VENTILATION * (self.output and self._shown == "D")
        )

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
