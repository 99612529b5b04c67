"""The twin of a PN532 at a serial port: frames, acknowledgement, the antenna's field and the card in it."""

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from simulators.bench.errors import RequestError
from simulators.bench.port import Port

PN532: Final = "pn532"

ACK: Final = bytes.fromhex("0000FF00FF00")
NACK: Final = bytes.fromhex("0000FFFF0000")
SYNTAX_ERROR: Final = bytes.fromhex("0000FF01FF7F8100")
FIRMWARE: Final = bytes([0x32, 0x01, 0x06, 0x07])
"""IC, version, revision, support: 1.6."""
SWIPE_S: Final = 0.6
"""How long a driver holds a card there."""
LOOK_S: Final = 0.03
"""One search for a card."""
FOREVER: Final = 0xFF

PN532_FAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "silent": "takes no command and gives no answer",
        "no_answer": "acknowledges commands and never answers",
        "not_acknowledged": "wants the next command again",
        "checksum": "the next answer has a wrong checksum; said again, it is right",
        "garbage": "noise before each frame, the beginning of a frame among it",
        "refuses": "understands no command but those that make it ready",
    }
)
"""What each fault does, by name."""


class Pn532:
    """One chip with its antenna; a card that was selected is deaf until the field goes off."""

    kind = PN532

    def __init__(self, number: int, port: Port, *, time_scale: float = 1.0) -> None:
        self.id = number
        self._port = port
        self._time_scale = time_scale
        self.faults: set[str] = set()
        """Those of PN532_FAULTS that are on."""
        self.commands: list[int] = []
        """The codes of all commands that it understood."""
        self._wake, self._ready, self._field = False, False, True
        self._tries = FOREVER
        self._card: bytes | None = None
        self._selected = False
        self._bytes = b""
        self._last = b""
        self._work: asyncio.TimerHandle | None = None
        self._leaving: asyncio.TimerHandle | None = None

    @property
    def path(self) -> str:
        """The path to open."""
        return self._port.address

    def open(self) -> None:
        """Create the port; needs the running loop."""
        self._port.open(self._received)

    def close(self) -> None:
        """Remove the port."""
        for timer in (self._work, self._leaving):
            if timer is not None:
                timer.cancel()
        self._port.close()

    def swipe(self, uid: str) -> None:
        """Hold a card to the antenna for a moment; RequestError if `uid` is none."""
        self.place(uid)
        self._leaving = self._later(SWIPE_S, self.remove)

    def place(self, uid: str) -> None:
        """Put a card there and leave it; RequestError if `uid` is none of type A (4, 7 or 10 bytes)."""
        try:
            card = bytes.fromhex(uid)
        except ValueError:
            card = b""
        if len(card) not in (4, 7, 10):
            raise RequestError(f"uid {uid!r} is no card of type A: 4, 7 or 10 bytes as hex digits are allowed")
        if self._leaving is not None:
            self._leaving.cancel()
        self._card, self._selected = card, False

    def remove(self) -> None:
        """Take the card away."""
        self._card, self._selected = None, False

    def lose_power(self) -> None:
        """Begin anew: asleep, as after power-up."""
        self._stop()
        self._wake = self._ready = False
        self._tries, self._field, self._bytes = FOREVER, True, b""

    def _received(self, data: bytes) -> None:
        if "silent" in self.faults:
            return
        if not self._wake:
            if 0x55 not in data:
                return
            self._wake, data = True, data[data.index(0x55) + 1 :]
        self._bytes += data
        while self._take_frame():
            pass

    def _take_frame(self) -> bool:
        """Take the first frame out of what came; False if there is no whole one."""
        start = self._bytes.find(b"\x00\xff")
        if start < 0:
            self._bytes = self._bytes[-1:]
            return False
        body = self._bytes[start + 2 :]
        if len(body) < 2 or (body[0] + body[1] == 0x100 and len(body) < body[0] + 3):
            return False
        self._bytes = body
        if body[:2] == b"\x00\xff":
            self._stop()
        elif body[:2] == b"\xff\x00":
            self._send(self._last)
        elif body[0] + body[1] == 0x100:
            length = body[0]
            self._bytes = body[length + 3 :]
            self._command(body[2 : 2 + length], sound=not sum(body[2 : 3 + length]) % 256)
        return True

    def _command(self, data: bytes, *, sound: bool) -> None:
        self._stop()  # a new command ends the one before
        if not sound or "not_acknowledged" in self.faults:
            self.faults.discard("not_acknowledged")
            self._send(NACK)
            return
        self._send(ACK)
        if "no_answer" in self.faults:
            return
        code, rest = data[1], data[2:]
        known = {0x02: self._version, 0x14: self._make_ready, 0x32: self._configure, 0x4A: self._search}
        refuses = "refuses" in self.faults and code != 0x14
        if data[0] != 0xD4 or code not in known or refuses:
            self._send(SYNTAX_ERROR)
            return
        self.commands.append(code)
        if self._ready or code in (0x02, 0x14):  # else it sleeps on: its host has not told it how to work
            known[code](rest)

    def _version(self, _rest: bytes) -> None:
        self._answer(0x03, FIRMWARE)

    def _make_ready(self, _rest: bytes) -> None:
        self._ready = True
        self._answer(0x15)

    def _configure(self, rest: bytes) -> None:
        if rest[0] == 0x01:
            self._field = bool(rest[1] & 1)
            self._selected = self._selected and self._field
        elif rest[0] == 0x05:
            self._tries = rest[3]
        self._answer(0x33)

    def _search(self, rest: bytes) -> None:
        self._look(0 if rest[1:2] == b"\x00" else self._tries)

    def _look(self, tried: int) -> None:
        if self._card is not None and self._field and not self._selected:
            self._selected = True
            self._answer(0x4B, bytes([1, 1, 0x00, 0x04, 0x08, len(self._card)]) + self._card)
        elif self._tries != FOREVER and tried >= self._tries:
            self._answer(0x4B, bytes([0]))
        else:
            self._work = self._later(LOOK_S, lambda: self._look(tried + 1))

    def _stop(self) -> None:
        if self._work is not None:
            self._work.cancel()
            self._work = None

    def _answer(self, code: int, data: bytes = b"") -> None:
        body = bytes([0xD5, code]) + data
        head = bytes([0, 0, 0xFF, len(body), -len(body) & 0xFF])
        self._last = head + body + bytes([-sum(body) & 0xFF, 0])
        if "checksum" in self.faults:
            self.faults.discard("checksum")
            broken = bytearray(self._last)
            broken[-2] ^= 0x55
            self._send(bytes(broken))
        else:
            self._send(self._last)

    def _send(self, frame: bytes) -> None:
        noise = bytes.fromhex("FFA500FF0300FF550000FF03FD") if "garbage" in self.faults else b""
        self._port.write(noise + frame)

    def _later(self, seconds: float, do: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds * self._time_scale, do)
