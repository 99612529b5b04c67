"""A card reader's line."""

import asyncio
import os
import termios
import tty
from collections.abc import Callable
from pathlib import Path

import pytest

from simulators.bench.bench import Bench
from simulators.bench.errors import RefusedError, RequestError, UnknownError
from simulators.bench.reader import Reader
from simulators.bench.settings import plain


async def test_a_card_arrives_as_a_line_of_hex_digits(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path)) as bench:
        fd = os.open(bench.reader(1).path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(fd)
        bench.reader(1).swipe("04a2B3C4D5E680")
        await asyncio.sleep(1)
        assert os.read(fd, 100) == b"04A2B3C4D5E680\r\n"
        os.close(fd)


@pytest.mark.parametrize("uid", ["", "04A2B3", "04A2B3C", "04A2B3C4D", "04A2B3CX", "00" * 11, "04A2B3C4\r\n"])
async def test_what_is_no_card_is_refused(tmp_path: Path, uid: str) -> None:
    async with Bench(plain(tmp_path)) as bench:
        with pytest.raises(RequestError, match="4 to 10 bytes"):
            bench.reader(1).swipe(uid)


async def test_a_reader_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path, readers=2)) as bench:
        with pytest.raises(UnknownError, match="reader 3 is unknown, there are: 1, 2"):
            bench.reader(3)


async def test_cards_that_nobody_reads_do_not_stop_the_reader(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path)) as bench:
        for _ in range(2000):
            bench.reader(1).swipe("04A2B3C4D5E680")
        fd = os.open(bench.reader(1).path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        termios.tcflush(fd, termios.TCIFLUSH)
        bench.reader(1).swipe("04FFFFFFFFFFFF")
        await asyncio.sleep(1)
        assert os.read(fd, 4096).endswith(b"04FFFFFFFFFFFF\r\n")
        os.close(fd)


async def heard(folder: Path, number: int, act: Callable[[Reader], None]) -> bytes:
    """Return what comes out of a reader: 1 is for cards, 2 a keypad, 3 a button."""
    async with Bench(plain(folder, keypads=1, buttons=1)) as bench:
        fd = os.open(bench.reader(number).path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(fd)
        act(bench.reader(number))
        await asyncio.sleep(1)
        try:
            return os.read(fd, 100)
        finally:
            os.close(fd)


async def test_keys_arrive_as_they_are_typed(tmp_path: Path) -> None:
    assert await heard(tmp_path, 2, lambda keypad: keypad.type_in("0042#2*")) == b"0042#2*"


async def test_a_press_arrives_as_a_line(tmp_path: Path) -> None:
    assert await heard(tmp_path, 3, lambda button: button.press()) == b"START\r\n"


@pytest.mark.parametrize("keys", ["", "12A#", "1" * 65, "1\n", "\u0661#"])
async def test_keys_that_no_keypad_has_are_refused(tmp_path: Path, keys: str) -> None:
    async with Bench(plain(tmp_path, readers=0, keypads=1)) as bench:
        with pytest.raises(RequestError, match=r"1 to 64 of the digits, \* and # are allowed"):
            bench.reader(1).type_in(keys)


async def test_a_reader_does_what_its_kind_can(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path, keypads=1, buttons=1)) as bench:
        with pytest.raises(RefusedError, match="reader 1 is a card: one can only swipe a card"):
            bench.reader(1).type_in("1#")
        with pytest.raises(RefusedError, match="reader 2 is a keypad: one can only type keys"):
            bench.reader(2).press()
        with pytest.raises(RefusedError, match="reader 3 is a button: one can only press it"):
            bench.reader(3).swipe("04A2B3C4")
        assert [reader["type"] for reader in bench.state()["readers"]] == ["card", "keypad", "button"]
