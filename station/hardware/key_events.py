"""What the kernel tells of a keyboard: its input events, and the characters that a US keyboard means by them.

Codes and structure are those of the kernel's input-event-codes.h and input.h. Readers that play a keyboard press the
keys of the US layout, whatever layout this computer has.
"""

import struct
from collections.abc import Iterator
from typing import Final

from station.hardware.scanners import LONGEST_LINE

EVENT: Final = struct.Struct("@llHHi")
"""struct input_event: seconds and microseconds as wide as a word of this computer, type, code, value."""
SYNCHRONISED, KEY = 0, 1
"""Types of events (EV_SYN, EV_KEY)."""
DROPPED: Final = 3
"""Code of a SYNCHRONISED event: the kernel had no room for some that came before (SYN_DROPPED)."""
RELEASED, PRESSED = 0, 1
"""Values of a key; 2 is a key that is held down and repeats."""
SHIFTS: Final = frozenset({42, 54})
LOCKS: Final = frozenset({58, 69, 70})
"""Caps, num and scroll lock, which some readers press before they type."""
ENDS: Final = frozenset({15, 28, 96})
"""Tab, Enter, and the Enter of the number pad: the line is complete."""
FORGET_S: Final = 2.0
"""No reader types so slowly: what came before is no part of what comes now."""

_ROWS: Final = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (55, "*", "*"),
    (57, " ", " "),
    (71, "789-456+1230.", "789-456+1230."),
    (98, "/", "/"),
)
"""First code of keys whose codes are in a row, and what they mean without and with shift."""
_MEANINGS: Final = {
    (first + at, shifted): text[at]
    for first, *texts in _ROWS
    for shifted, text in enumerate(texts)
    for at in range(len(text))
}


class Typist:
    """Turns the bytes of an input device into lines, each ended by a newline as a scanner wants them."""

    def __init__(self) -> None:
        self._rest = b""
        self._line = ""
        self._last_s = 0.0
        self._shifts: set[int] = set()

    def feed(self, chunk: bytes, now_s: float) -> Iterator[bytes]:
        """Yield each line that is complete with these bytes, which came at `now_s`; an empty one is none."""
        if now_s - self._last_s > FORGET_S:
            self._line, self._rest = "", b""
        self._last_s = now_s
        self._rest += chunk
        whole = len(self._rest) - len(self._rest) % EVENT.size
        events, self._rest = self._rest[:whole], self._rest[whole:]
        for _, _, kind, code, value in EVENT.iter_unpack(events):
            if kind == KEY:
                yield from self._key(code, value)
            elif (kind, code) == (SYNCHRONISED, DROPPED):
                self._line = ""
                self._shifts.clear()

    def _key(self, code: int, value: int) -> Iterator[bytes]:
        if code in SHIFTS:
            (self._shifts.discard if value == RELEASED else self._shifts.add)(code)
        elif value == PRESSED and code in ENDS:
            line, self._line = self._line, ""
            if line:
                yield line.encode("ascii") + b"\n"
        elif value == PRESSED and code not in LOCKS and len(self._line) <= LONGEST_LINE:
            # A key that means nothing here makes the line mean nothing, instead of another card.
            self._line += _MEANINGS.get((code, bool(self._shifts)), "\0")
