"""The twin of an EVSE-WB, EVSE-DIN or SimpleEVSE: pilot and limit (docs/bench.md)."""

from typing import Any, Final

from simulators.bench import pdu
from simulators.bench.controller import Controller
from simulators.bench.pdu import ModbusRefusal, Request

LIMIT: Final = 1000
"""The limit, 0 for none; the next register is the one in use."""
IN_USE: Final = 1001
STATE: Final = 1002
STATES: Final = {"A": 1, "B": 2, "C": 3, "D": 4, "E": 5, "F": 5}
FAILED: Final = 5
FIRMWARE: Final = 1005
VERSION: Final = 17
AT_POWER_UP_A: Final = 2000
"""What is offered after a power cut, before anybody says anything."""
CONFIGURATION: Final = 2005
FINE: Final = 1 << 7
"""Of the configuration: the limit counts hundredths of an ampere."""
RATING_A: Final = 2007
DEFAULTS: Final = {AT_POWER_UP_A: 6, CONFIGURATION: 0, RATING_A: 32}
LEAST_A: Final = 6


class EvseWb(Controller):
    """One controller. It knows no lock; what it is configured for outlives a power cut."""

    def __init__(self, *settings: Any, **surroundings: Any) -> None:
        super().__init__(*settings, **surroundings)
        self._kept = {**DEFAULTS, CONFIGURATION: FINE if self._settings.controller.fine_steps else 0}
        self._limit = 0
        self.forget()

    @property
    def enabled(self) -> bool:
        """It was told to offer current, and no residual current forbids it."""
        return self._limit > 0 and "controller_rcm_tripped" not in self._faults

    @property
    def limit_a(self) -> float:
        """What it was told to offer."""
        return min(self._limit / self._per_ampere, self._kept[RATING_A])

    def answer(self, request: Request) -> bytes:
        """Answer a request; raises ModbusRefusal."""
        match request.function:
            case pdu.READ_HOLDING:
                return pdu.registers_answer(request, pdu.found(request, self._status() | self._kept))
            case pdu.WRITE_REGISTERS:
                self._write(request)
                return pdu.write_answer(request)
            case _:
                raise ModbusRefusal(pdu.ILLEGAL_FUNCTION)

    def forget(self) -> None:
        """Begin with what it is configured to offer."""
        self._limit = self._kept[AT_POWER_UP_A] * self._per_ampere

    @property
    def _per_ampere(self) -> int:
        return 100 if self._kept[CONFIGURATION] & FINE else 1

    def _status(self) -> dict[int, int]:
        failed = "controller_rcm_tripped" in self._faults
        return {
            LIMIT: self._limit,
            IN_USE: round(self.offered_a * self._per_ampere),
            STATE: FAILED if failed else STATES[self.letter],
            FIRMWARE: VERSION,
        }

    def _write(self, request: Request) -> None:
        fresh = dict(zip(request.span, request.values, strict=True))
        if not fresh.keys() <= {LIMIT, *self._kept}:
            raise ModbusRefusal(pdu.ILLEGAL_ADDRESS)
        limit = fresh.pop(LIMIT, self._limit)
        if 0 < limit < LEAST_A * self._per_ampere:
            raise ModbusRefusal(pdu.ILLEGAL_VALUE)
        self._limit = limit
        self._kept |= fresh
