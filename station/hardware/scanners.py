"""What readers send: bytes in, cards and selections out. One class a kind of reader, none of them knows its port."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from station.hardware.card_numbers import SIZES, NumberFormat, RandomNumber
from station.hardware.ports import CardRead, Selection

LONGEST_LINE: Final = 64
LINE_ENDS: Final = b"\r\n"
KEYCODE_ENDS: Final = b"#"
SELECTION_ENDS: Final = b"*"
FORGET_S: Final = 10.0
"""A driver who stops typing for so long has gone; the next one begins anew."""

IDENTIFIER: Final = re.compile(r"[A-Za-z0-9*\-_=:+|@.]{1,36}")
"""identifierString, as long as an idToken may be (OCPP 2.0.1 Part 2, IdTokenType)."""
TEXTS: Final = ("KeyCode", "Local")
"""Types that are taken as they come; the others are numbers."""
CARD_TYPES: Final = (*SIZES, *TEXTS)
"""What the cards of a reader may be declared to be."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """So many bytes were no card."""

    length: int


Scanned = CardRead | Selection | RandomNumber | Garbage


class Scanner(Protocol):
    """Makes sense of what one reader sends. Made anew whenever its port is opened."""

    def feed(self, chunk: bytes, now_s: float, /) -> Iterator[Scanned]:
        """Yield what is complete with these bytes, which came at `now_s` (loop time)."""


class CardScanner:
    """Each line is a card. Without a type, that of the card follows from the length of its number."""

    def __init__(self, token_type: str = "", number: NumberFormat | None = None) -> None:
        """`token_type`: one of CARD_TYPES; `number`: how the reader writes them, hexadecimal if nothing is said."""
        self._token_type = token_type
        self._number = number or NumberFormat()
        self._pieces = _Pieces(LINE_ENDS)

    def feed(self, chunk: bytes, _now_s: float, /) -> Iterator[Scanned]:
        for line, _ in self._pieces.feed(chunk):
            yield self._card(line.decode("ascii", "replace")) or Garbage(len(line))

    def _card(self, line: str) -> CardRead | RandomNumber | None:
        prefix = self._number.prefix
        if not line.startswith(prefix):
            return None
        text = line.removeprefix(prefix).strip()
        if self._token_type in TEXTS:
            return CardRead(text, self._token_type) if IDENTIFIER.fullmatch(text) else None
        return self._number.number(text, token_type=self._token_type)


class KeypadScanner:
    """Digits and `#` are a KeyCode, digits and `*` choose an EVSE; an end without digits takes back nothing."""

    def __init__(self) -> None:
        self._pieces = _Pieces(KEYCODE_ENDS + SELECTION_ENDS, ignored=LINE_ENDS)
        self._last_key_s = 0.0

    def feed(self, chunk: bytes, now_s: float, /) -> Iterator[Scanned]:
        if now_s - self._last_key_s > FORGET_S:
            self._pieces.forget()
        self._last_key_s = now_s
        for digits, end in self._pieces.feed(chunk):
            text = digits.decode("ascii", "replace")
            if not (text.isdecimal() and IDENTIFIER.fullmatch(text)):
                yield Garbage(len(digits))
            elif end in SELECTION_ENDS:
                yield Selection(int(text))
            else:
                yield CardRead(text, "KeyCode")


class ButtonScanner:
    """Any line is the same token: somebody pressed the button."""

    def __init__(self, id_token: str = "") -> None:
        """`id_token`: what a press stands for, of type Local; without one it is NoAuthorization (C02.FR.01)."""
        self._pressed = CardRead(id_token, "Local" if id_token else "NoAuthorization")
        self._pieces = _Pieces(LINE_ENDS)

    def feed(self, chunk: bytes, _now_s: float, /) -> Iterator[Scanned]:
        for _ in self._pieces.feed(chunk):
            yield self._pressed


class _Pieces:
    """Cuts bytes at their ends; a piece that is too long is cut, so that it means nothing and takes no memory."""

    def __init__(self, ends: bytes, *, ignored: bytes = b"") -> None:
        self._ends = ends
        self._ignored = ignored
        self._piece = bytearray()

    def feed(self, chunk: bytes) -> Iterator[tuple[bytes, int]]:
        """Yield each piece that is complete now and the byte that ended it; empty pieces are left out."""
        for byte in chunk:
            if byte in self._ends:
                if self._piece:
                    piece, self._piece = bytes(self._piece), bytearray()
                    yield piece, byte
            elif byte not in self._ignored and len(self._piece) <= LONGEST_LINE:
                self._piece.append(byte)

    def forget(self) -> None:
        """Begin anew."""
        self._piece.clear()
