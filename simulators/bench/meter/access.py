"""What a meter makes of a request: functions 3 and 16, anything else is unknown (METER.md section 1)."""

from collections.abc import Sequence
from typing import Final, Protocol

from simulators.bench import pdu
from simulators.bench.meter import image
from simulators.bench.pdu import ModbusRefusal, Request

NO_ANSWER: Final = 0
"""In place of an exception code: what is refused gets no answer at all."""


class Registers(Protocol):
    """A register map that can be read and written; either may raise image.RefusedError."""

    def read(self, span: range) -> list[int]:
        """Return a range of registers."""

    def write(self, span: range, words: Sequence[int]) -> None:
        """Apply a write by the meter's rules."""


def answer(request: Request, on: Registers, *, refusal: int) -> bytes | None:
    """Return the answer's PDU, or None for none at all; raises ModbusRefusal.

    `refusal` is the exception code for what the map refuses, or NO_ANSWER.
    """
    try:
        match request.function:
            case pdu.READ_HOLDING:
                return pdu.registers_answer(request, on.read(request.span))
            case pdu.WRITE_REGISTERS:
                on.write(request.span, request.values)
                return pdu.write_answer(request)
            case _:
                raise ModbusRefusal(pdu.ILLEGAL_FUNCTION)
    except image.RefusedError as error:
        if refusal == NO_ANSWER:
            return None
        raise ModbusRefusal(refusal) from error
