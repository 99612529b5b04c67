"""The twin of a Phoenix Contact EM-CP-PP-ETH: pilot, release and limit (docs/bench.md)."""

from typing import Any, Final

from simulators.bench import pdu
from simulators.bench.controller import PWM_STATES, Controller
from simulators.bench.pdu import ModbusRefusal, Request

STATE: Final = 100
"""Input register: the letter in ASCII."""
LARGEST_A: Final = 300
"""Holding register: the limit."""
RELEASE: Final = 400
"""Coil: charging is enabled."""
ALLOWED_A: Final = range(6, 64)
DEFAULT_A: Final = 16


class EmCpPpEth(Controller):
    """One controller. It holds the plug by itself as long as a vehicle is there, and tells nobody."""

    def __init__(self, *settings: Any, **surroundings: Any) -> None:
        super().__init__(*settings, **surroundings)
        self._release = 0
        self._limit_a = DEFAULT_A

    @property
    def enabled(self) -> bool:
        """It was told to offer current."""
        return bool(self._release)

    @property
    def limit_a(self) -> float:
        """What it was told to offer."""
        return self._limit_a

    def answer(self, request: Request) -> bytes:
        """Answer a request; raises ModbusRefusal."""
        match request.function:
            case pdu.READ_COILS:
                return pdu.coils_answer(request, pdu.found(request, {RELEASE: self._release}))
            case pdu.READ_HOLDING:
                return pdu.registers_answer(request, pdu.found(request, {LARGEST_A: self._limit_a}))
            case pdu.READ_INPUT:
                return pdu.registers_answer(request, pdu.found(request, {STATE: ord(self.letter)}))
            case pdu.WRITE_COIL | pdu.WRITE_COILS:
                self._release = _only_value(request, RELEASE)
            case pdu.WRITE_REGISTER | pdu.WRITE_REGISTERS:
                limit_a = _only_value(request, LARGEST_A)
                if limit_a not in ALLOWED_A:
                    raise ModbusRefusal(pdu.ILLEGAL_VALUE)
                self._limit_a = limit_a
            case _:
                raise ModbusRefusal(pdu.ILLEGAL_FUNCTION)
        return pdu.write_answer(request)

    def forget(self) -> None:
        """Lose what it was told."""
        self._release, self._limit_a = 0, DEFAULT_A

    def sense(self, letter: str, *, plugged: bool, contactor_closed: bool) -> None:
        """Move the lock as well, which stays where it is without supply."""
        super().sense(letter, plugged=plugged, contactor_closed=contactor_closed)
        if self.powered:
            self.locked = self._plugged and self._settings.cable == "socket" and self._shown in PWM_STATES


def _only_value(request: Request, address: int) -> int:
    if request.span != range(address, address + 1):
        raise ModbusRefusal(pdu.ILLEGAL_ADDRESS)
    return request.values[0]
