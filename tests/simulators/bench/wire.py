"""A Modbus RTU master of few lines over a real pseudo terminal, and a check of signatures; nothing of ours in it."""

import asyncio
import contextlib
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

PATIENCE_S = 60.0
STEP_S = 0.02
"""A jumping loop gives the kernel a moment of real time at each step; one long wait would be a single moment."""


class NoAnswerError(Exception):
    """Nothing usable came back in time; `data` is what did."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data.hex())
        self.data = data


class RefusalError(Exception):
    """The device answered with an exception."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def checksum(data: bytes) -> bytes:
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return bytes((value & 0xFF, value >> 8))


class Master:
    """Asks one unit on one port."""

    def __init__(self, fd: int, unit: int) -> None:
        self._fd = fd
        self.unit = unit
        self.received = b""
        self._more = asyncio.Event()

    def take(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self.received += os.read(self._fd, 4096)
            self._more.set()

    def send(self, data: bytes) -> None:
        os.write(self._fd, data)

    async def exchange(self, frame: bytes, *, patience_s: float = PATIENCE_S) -> bytes:
        """Send a whole frame and return the whole answer, its length told by its own bytes."""
        self.received = b""
        self.send(frame)
        step_s, waited_s = STEP_S, 0.0
        while not self._complete():
            if waited_s >= patience_s:
                raise NoAnswerError(self.received)
            self._more.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(step_s):
                    await self._more.wait()
            waited_s += step_s
            step_s = min(step_s * 1.05, 1.0)
        if checksum(self.received[:-2]) != self.received[-2:] or self.received[0] != frame[0]:
            raise NoAnswerError(self.received)
        return self.received

    async def ask(self, pdu: bytes, *, patience_s: float = PATIENCE_S) -> bytes:
        body = bytes((self.unit,)) + pdu
        answer = await self.exchange(body + checksum(body), patience_s=patience_s)
        if answer[1] & 0x80:
            raise RefusalError(answer[2])
        return answer[1:-2]

    async def read(
        self, address: int, count: int = 1, *, function: int = 3, patience_s: float = PATIENCE_S
    ) -> list[int]:
        answer = await self.ask(pdu(function, address, count), patience_s=patience_s)
        return [int.from_bytes(answer[at : at + 2], "big") for at in range(2, len(answer), 2)]

    async def read_bytes(self, address: int, count: int) -> bytes:
        """Return any number of registers, 125 at a time."""
        data = b""
        while count > 0:
            part = min(count, 125)
            data += (await self.ask(pdu(3, address, part)))[2:]
            address, count = address + part, count - part
        return data

    async def write(self, address: int, *words: int) -> None:
        data = b"".join(word.to_bytes(2, "big") for word in words)
        await self.ask(pdu(16, address, len(words)) + bytes((len(data),)) + data)

    async def write_text(self, address: int, text: str, registers: int) -> None:
        data = text.encode("latin-1").ljust(2 * registers, b"\0")
        await self.write(address, *(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)))

    async def coil(self, address: int, on: bool) -> None:
        await self.ask(pdu(5, address, 0xFF00 if on else 0))

    def _complete(self) -> bool:
        got = self.received
        if len(got) < 5:
            return False
        if got[1] & 0x80:
            return True
        return len(got) >= (got[2] + 5 if got[1] <= 4 else 8)


def pdu(function: int, first: int, second: int) -> bytes:
    return bytes((function,)) + first.to_bytes(2, "big") + second.to_bytes(2, "big")


@asynccontextmanager
async def master(path: str, unit: int = 42) -> AsyncIterator[Master]:
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(fd)
    one = Master(fd, unit)
    loop = asyncio.get_running_loop()
    loop.add_reader(fd, one.take)
    try:
        yield one
    finally:
        loop.remove_reader(fd)
        os.close(fd)


def is_signed(data: bytes, signature: bytes, key: bytes) -> bool:
    """Whether an ECDSA signature over SHA-256 fits; `key` is DER SubjectPublicKeyInfo."""
    public = load_der_public_key(key)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    try:
        public.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def ocmf_is_signed(text: str, key: bytes) -> bool:
    """Whether an OCMF text's signature fits its payload, both cut out at the bars."""
    head, payload, signature = text.split("|", 2)
    assert head == "OCMF"
    return is_signed(payload.encode("ascii"), bytes.fromhex(signature.split('"SD":"')[1].split('"')[0]), key)


# The hashed points in a snapshot's payload: offset, registers, where its exponent is, DLMS unit.
_LAYOUT: tuple[tuple[int, int, int | str | None, int], ...] = (
    (0, 1, None, 255), (2, 2, 6, 30), (4, 2, 6, 30), (7, 1, 8, 27), (9, 8, "text", 0), (17, 2, None, 255),
    (19, 2, None, 7), (21, 2, None, 7), (23, 1, None, 6), (24, 2, None, 255), (26, 2, None, 7),
    (28, 1, None, 255), (29, 1, None, 255), (30, 70, "text", 0), (100, 50, "text", 0), (150, 50, "text", 0),
    (200, 2, None, 255),
)  # fmt: skip
_SIGNED = {7, 23}


def hashed(payload: bytes) -> bytes:
    """Return what a snapshot signs, out of the 504 bytes of its block."""
    parts = b""
    for offset, registers, exponent, unit in _LAYOUT:
        raw = payload[2 * offset : 2 * (offset + registers)]
        if exponent == "text":
            text = raw.rstrip(b"\0")
            parts += len(text).to_bytes(4, "big") + text
            continue
        number = int.from_bytes(raw, "big", signed=offset in _SIGNED)
        scale = payload[2 * exponent + 1] if isinstance(exponent, int) else 0
        parts += (number & 0xFFFFFFFF).to_bytes(4, "big") + bytes((scale, unit))
    return parts


def snapshot_signature(payload: bytes) -> bytes:
    """Return the signature in the 504 bytes of a snapshot block."""
    return payload[408 : 408 + int.from_bytes(payload[406:408], "big")]
