"""A keyboard that types cards: events as the kernel's headers have them."""

import asyncio
import contextlib
import os
import struct
import tty
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from simulators.bench.errors import RequestError
from simulators.bench.keyboard import Keyboard
from simulators.bench.pty_port import PtyPort

SYN, MSC, KEY = 0, 4, 1
SHIFT, ENTER = 42, 28


@pytest.fixture
async def keyboard(tmp_path: Path) -> AsyncIterator[Keyboard]:
    keyboard = Keyboard(1, PtyPort(tmp_path / "keyboard"))
    keyboard.open()
    yield keyboard
    keyboard.close()


async def keys(keyboard: Keyboard, act: Callable[[], None]) -> list[tuple[int, int]]:
    """Return code and value of each key event; checks that each comes as a keyboard's driver reports it."""
    fd = os.open(keyboard.path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(fd)
    act()
    await asyncio.sleep(1)
    told = b""
    with contextlib.suppress(BlockingIOError):
        while True:
            told += os.read(fd, 8192)
    os.close(fd)
    size = 2 * struct.calcsize("l") + 8
    assert len(told) % size == 0
    events = [struct.unpack_from("@llHHi", told, at)[2:] for at in range(0, len(told), size)]
    for scanned, key, end in zip(events[::3], events[1::3], events[2::3], strict=True):
        assert (scanned[0], scanned[2]) == (MSC, key[1])
        assert key[0] == KEY
        assert end == (SYN, 0, 0)
    return [event[1:] for event in events if event[0] == KEY]


async def test_digits_are_pressed_and_released_and_enter_ends_them(keyboard: Keyboard) -> None:
    told = await keys(keyboard, lambda: keyboard.type_in("104"))
    assert told == [(2, 1), (2, 0), (11, 1), (11, 0), (5, 1), (5, 0), (ENTER, 1), (ENTER, 0)]


async def test_capitals_are_typed_with_shift(keyboard: Keyboard) -> None:
    told = await keys(keyboard, lambda: keyboard.type_in("aF"))
    letters = [(30, 1), (30, 0), (SHIFT, 1), (33, 1), (33, 0), (SHIFT, 0)]
    assert told == [*letters, (ENTER, 1), (ENTER, 0)]


async def test_a_card_is_typed_as_the_reader_writes_it(tmp_path: Path, keyboard: Keyboard) -> None:
    assert len(await keys(keyboard, lambda: keyboard.swipe("04a2b3c4"))) == 2 * (8 + 3 + 1)
    decimal = Keyboard(2, PtyPort(tmp_path / "decimal"), written=lambda uid: f"{int(uid, 16):010}")
    decimal.open()
    assert len(await keys(decimal, lambda: decimal.swipe("00000001"))) == 2 * (10 + 1)
    decimal.close()


@pytest.mark.parametrize("uid", ["", "04A2B3", "04A2B3C", "XYZ04A2B", "00" * 11])
async def test_what_is_no_card_is_refused(keyboard: Keyboard, uid: str) -> None:
    with pytest.raises(RequestError, match="4 to 10 bytes"):
        keyboard.swipe(uid)


async def test_what_cannot_be_typed_is_refused(keyboard: Keyboard) -> None:
    with pytest.raises(RequestError, match="'ä' cannot be typed"):
        keyboard.type_in("aä")
