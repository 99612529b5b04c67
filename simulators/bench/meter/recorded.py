"""A meter out of a recording: answers with the registers that a real one had, by the same rules of access."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from simulators.bench.meter import access, image
from simulators.bench.meter.interface import Interface
from simulators.bench.pdu import ILLEGAL_ADDRESS, Request
from station.meter import registers

_UNIT: Final = registers.address("cb", "DA")
_BAUD: Final = registers.address("si", "Rte")
_USUAL_UNIT: Final = 42
_USUAL_BAUD: Final = 19200


class Recorded:
    """A device for a line whose registers stand still, but for what is written.

    A register that was not recorded reads "not available", the headers of the models excepted. A command in
    St is acknowledged and does nothing: the snapshot that followed is in the recording or it is not.
    """

    def __init__(self, words: Mapping[int, int], *, refusal: int = ILLEGAL_ADDRESS) -> None:
        """`words` are registers by protocol address; without DA and Rte the meter is on the line as delivered."""
        self._words = _line(_USUAL_UNIT, _USUAL_BAUD) | dict(words)
        self._refusal = refusal
        baud = self._words[_BAUD] << 16 | self._words[_BAUD + 1]
        self._interface = Interface(self._words[_UNIT], baud)

    @property
    def unit(self) -> int:
        """DA."""
        return self._interface.unit

    @property
    def baud(self) -> int:
        """Rte."""
        return self._interface.baud

    async def execute(self, request: Request) -> bytes | None:
        """Answer a request; raises ModbusRefusal."""
        return access.answer(request, self, refusal=self._refusal)

    def answered(self) -> None:
        """Change address and speed as written."""
        self._interface.answered()
        self._words |= _line(self.unit, self.baud)

    def read(self, span: range) -> list[int]:
        """Return recorded registers; image.RefusedError outside the map."""
        blank = image.read(span, lambda _alias: {})
        return [self._words.get(address, word) for address, word in zip(span, blank, strict=True)]

    def write(self, span: range, words: Sequence[int]) -> None:
        """Keep what is written to writable points; image.RefusedError as the meter refuses it."""
        for piece in image.written(span, words):
            match piece.point.name:
                case "DA" | "Rte" as name:
                    self._interface.write(name, piece.number)
                case "St":
                    pass
                case _:
                    self._words |= words_at(piece.address, piece.words)


def words_at(first: int, words: Iterable[int]) -> dict[int, int]:
    """Return registers by protocol address, from `first` on: a piece of a recording."""
    return dict(enumerate(words, start=first))


def _line(unit: int, baud: int) -> dict[int, int]:
    return words_at(_UNIT, (unit,)) | words_at(_BAUD, divmod(baud, 0x10000))
