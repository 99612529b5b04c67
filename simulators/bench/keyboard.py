"""A card reader that plays a keyboard: what the kernel would tell of its keys, at a pseudo terminal."""

import asyncio
import struct
from collections.abc import Callable, Iterator
from typing import Final

from simulators.bench.errors import RequestError
from simulators.bench.port import Port

KEYBOARD: Final = "keyboard"

_EVENT: Final = struct.Struct("@llHHi")
_EV_SYN, _EV_MSC, _EV_KEY = 0, 4, 1
_MSC_SCAN: Final = 4
_UP, _DOWN = 0, 1
_SHIFT, _ENTER = 42, 28
_KEYS: Final = {
    **dict(zip("1234567890-", range(2, 13), strict=True)),
    **dict(zip("qwertyuiop", range(16, 26), strict=True)),
    **dict(zip("asdfghjkl;", range(30, 40), strict=True)),
    **dict(zip("zxcvbnm", range(44, 51), strict=True)),
}
"""Codes of the keys of a US keyboard, by what they type alone."""
_SHIFTED: Final = {":": ";", "_": "-", **{letter.upper(): letter for letter in _KEYS if letter.isalpha()}}
"""What they type with shift, by what they type alone."""


class Keyboard:
    """Types the number of each card and presses Enter. Whoever opens `path` reads events as of /dev/input."""

    kind = KEYBOARD

    def __init__(self, number: int, port: Port, *, written: Callable[[str], str] = str.upper) -> None:
        """`written` is how the reader writes the hex digits of a UID."""
        self.id = number
        self._port = port
        self._written = written

    @property
    def path(self) -> str:
        """The path to open."""
        return self._port.address

    def open(self) -> None:
        """Create the port; what is sent to the keyboard, such as its lights, is ignored."""
        self._port.open(lambda _data: None)

    def close(self) -> None:
        """Remove the port: the device is unplugged."""
        self._port.close()

    def swipe(self, uid: str) -> None:
        """Present a card; RequestError if `uid` is none."""
        try:
            length = len(bytes.fromhex(uid))
        except ValueError:
            length = 0
        if not 4 <= length <= 10:
            raise RequestError(f"uid {uid!r} is no card: 4 to 10 bytes as hex digits are allowed")
        self.type_in(self._written(uid))

    def type_in(self, text: str) -> None:
        """Type a text and press Enter; RequestError for characters that the keyboard cannot type."""
        strange = [char for char in text if _SHIFTED.get(char, char) not in _KEYS]
        if strange:
            raise RequestError(f"{strange[0]!r} cannot be typed; letters, digits and - _ : ; are allowed")
        for char in text:
            self._press(char)
        self._key(_ENTER, _DOWN)
        self._key(_ENTER, _UP)

    def lose_events(self) -> None:
        """Tell that the kernel had no room for some events (SYN_DROPPED)."""
        self._tell((_EV_SYN, 3, 0))

    def _press(self, char: str) -> None:
        key = _SHIFTED.get(char, char)
        if key != char:
            self._key(_SHIFT, _DOWN)
        self._key(_KEYS[key], _DOWN)
        self._key(_KEYS[key], _UP)
        if key != char:
            self._key(_SHIFT, _UP)

    def _key(self, code: int, value: int) -> None:
        self._tell((_EV_MSC, _MSC_SCAN, code), (_EV_KEY, code, value), (_EV_SYN, 0, 0))

    def _tell(self, *events: tuple[int, int, int]) -> None:
        self._port.write(b"".join(_stamped(events)))


def _stamped(events: tuple[tuple[int, int, int], ...]) -> Iterator[bytes]:
    now_s = asyncio.get_running_loop().time()
    for event in events:
        yield _EVENT.pack(int(now_s), int(now_s % 1 * 1_000_000), *event)
