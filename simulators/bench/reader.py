"""What drivers identify themselves with, at a serial port: a card reader, a keypad or a start button."""

import re
from typing import Final

from simulators.bench.errors import RefusedError, RequestError
from simulators.bench.pty_port import PtyPort

CARD: Final = "card"
KEYPAD: Final = "keypad"
BUTTON: Final = "button"
TYPES: Final = (CARD, KEYPAD, BUTTON)

_UID = re.compile(r"(?:[0-9A-Fa-f]{2}){4,10}")
_KEYS = re.compile(r"[0-9*#]{1,64}")
_DEEDS: Final = {CARD: "swipe a card", KEYPAD: "type keys", BUTTON: "press it"}


class Reader:
    """Sends what a driver does there."""

    def __init__(self, number: int, port: PtyPort, *, kind: str = CARD) -> None:
        """`kind`: one of TYPES."""
        self.id = number
        self.kind = kind
        self._port = port

    @property
    def path(self) -> str:
        """The path to open."""
        return str(self._port.path)

    def open(self) -> None:
        """Create the port; what is sent to the reader is ignored."""
        self._port.open(lambda _data: None)

    def close(self) -> None:
        """Remove the port."""
        self._port.close()

    def swipe(self, uid: str) -> None:
        """Present a card, sent as a line in upper case, ended by CR LF; RequestError if `uid` is none."""
        self._check(CARD)
        if not _UID.fullmatch(uid):
            raise RequestError(
                f"uid {uid!r} is no card: 4 to 10 bytes as hex digits are allowed, such as 04A2B3C4D5E680"
            )
        self._port.write(uid.upper().encode("ascii") + b"\r\n")

    def type_in(self, keys: str) -> None:
        """Press keys, each sent as its character; RequestError for keys that a keypad does not have."""
        self._check(KEYPAD)
        if not _KEYS.fullmatch(keys):
            raise RequestError(f"keys {keys!r} are not there: 1 to 64 of the digits, * and # are allowed")
        self._port.write(keys.encode("ascii"))

    def press(self) -> None:
        """Press the button, which sends a line."""
        self._check(BUTTON)
        self._port.write(b"START\r\n")

    def _check(self, kind: str) -> None:
        if self.kind != kind:
            raise RefusedError(f"reader {self.id} is a {self.kind}: one can only {_DEEDS[self.kind]}")
