"""A card reader's line."""

import asyncio
import os
import termios
import tty
from pathlib import Path

import pytest

from simulators.bench.bench import Bench
from simulators.bench.errors import RequestError, UnknownError
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
