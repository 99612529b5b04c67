"""A keyboard that types cards: the twin's events as those of /dev/input, and what can be wrong with the file."""

import asyncio
import contextlib
import errno
import os
from functools import partial

import pytest
from structlog.testing import capture_logs

from simulators.bench.keyboard import Keyboard
from simulators.bench.pty_port import PtyPort
from station.errors import PortError, SettingsError
from station.hardware import keyboard_wedge
from station.hardware.card_numbers import NumberFormat
from station.hardware.keyboard_wedge import KeyboardWedge
from station.hardware.places import ReaderPlace
from station.hardware.ports import CardRead
from station.hardware.scanners import CardScanner

CARD, OTHER = "04A2B3C4D5E680", "00BADCAFE0"[:8]


@pytest.fixture
async def keyboard(tmp_path):
    keyboard = Keyboard(1, PtyPort(tmp_path / "keyboard"))
    keyboard.open()
    yield keyboard
    keyboard.close()


def reader(port, **scanner):
    return KeyboardWedge(ReaderPlace(str(port), 9600, name="front", scanner=partial(CardScanner, **scanner)))


@contextlib.asynccontextmanager
async def read(port, **scanner):
    """What the reader yields, as it comes."""
    found = asyncio.Queue()

    async def collect():
        async with contextlib.aclosing(reader(port, **scanner).cards()) as source:
            async for card in source:
                found.put_nowait(card)

    task = asyncio.create_task(collect())
    await asyncio.sleep(1)
    yield found
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_card_is_what_is_typed_until_enter(keyboard):
    async with read(keyboard.path) as found:
        keyboard.swipe(CARD)
        assert await found.get() == CardRead(CARD, "ISO14443")
        keyboard.swipe(OTHER.lower())
        assert await found.get() == CardRead(OTHER, "ISO14443")


async def test_a_card_comes_as_often_as_it_is_typed(keyboard):
    async with read(keyboard.path) as found:
        for _ in range(3):
            keyboard.swipe(CARD)
        assert [(await found.get()).uid for _ in range(3)] == [CARD] * 3


async def test_a_keyboard_that_types_decimal_digits_is_understood(tmp_path):
    keyboard = Keyboard(1, PtyPort(tmp_path / "keyboard"), written=lambda uid: f"{int(uid, 16):010}")
    keyboard.open()
    async with read(keyboard.path, number=NumberFormat(format="decimal")) as found:
        keyboard.swipe("00A2B3C4")
        assert await found.get() == CardRead("00A2B3C4", "ISO14443")
    keyboard.close()


async def test_a_keyboard_may_type_texts(keyboard):
    async with read(keyboard.path, token_type="Local") as found:
        keyboard.type_in("Gate-7_a")
        assert await found.get() == CardRead("Gate-7_a", "Local")


async def test_what_was_typed_before_anybody_listened_is_not_taken(keyboard):
    keyboard.swipe(OTHER)
    async with read(keyboard.path) as found:
        keyboard.swipe(CARD)
        assert (await found.get()).uid == CARD


async def test_a_line_that_lost_events_is_no_card(keyboard):
    async with read(keyboard.path) as found:
        keyboard._press("A")
        keyboard.lose_events()
        keyboard.swipe(CARD)
        assert (await found.get()).uid == CARD


async def test_a_line_that_is_no_card_is_told_without_its_content(keyboard):
    with capture_logs() as logs:
        async with read(keyboard.path) as found:
            keyboard.type_in("hello")
            keyboard.swipe(CARD)
            await found.get()
    assert [entry["event"] for entry in logs] == ["reader_opened", "reader_line_skipped"]
    assert CARD not in str(logs)


async def test_a_keyboard_that_is_unplugged_is_told_and_comes_back(tmp_path, keyboard):
    source = reader(keyboard.path).cards()
    waiting = asyncio.create_task(anext(source))
    await asyncio.sleep(1)
    keyboard.close()
    with pytest.raises(PortError, match=r"keyboard is gone"):
        await waiting
    with pytest.raises(PortError, match=r"keyboard is not there; is the reader plugged in\? /dev/input/by-id lists"):
        await anext(reader(keyboard.path).cards())
    again = Keyboard(1, PtyPort(tmp_path / "keyboard"))
    again.open()
    async with read(again.path) as found:
        again.swipe(CARD)
        assert (await found.get()).uid == CARD
    again.close()


async def test_a_pipe_may_play_the_keyboard(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    keyboard = Keyboard(1, _Pipe(pipe))
    keyboard.open()
    async with read(pipe) as found:
        keyboard.swipe(CARD)
        assert (await found.get()).uid == CARD
        keyboard.close()


class _Pipe:
    """The far end of a pipe as a port."""

    def __init__(self, path):
        self.address = str(path)
        self._file = -1

    def open(self, _received):
        self._file = os.open(self.address, os.O_RDWR | os.O_NONBLOCK)

    def write(self, data):
        os.write(self._file, data)

    def close(self):
        os.close(self._file)


@pytest.mark.parametrize("kind", ["file", "folder"])
async def test_what_is_no_keyboard_is_told(tmp_path, kind):
    path = tmp_path / "thing"
    path.touch() if kind == "file" else path.mkdir()
    with pytest.raises(PortError, match=r"thing is no keyboard; /dev/input/by-id lists those that are"):
        await anext(reader(path).cards())


async def test_a_device_that_is_no_keyboard_is_told():
    with pytest.raises(PortError, match=r"/dev/zero is no keyboard"):
        await anext(reader("/dev/zero").cards())


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EACCES, "may not be opened; add the user of the station to the group input"),
        (errno.EPERM, "may not be opened; add the user of the station to the group input"),
        (errno.EBUSY, "is in use by another process, which has it for itself"),
        (errno.EIO, "cannot be used as a keyboard: Input/output error"),
    ],
)
def test_each_failure_has_its_remedy(number, remedy):
    told = keyboard_wedge._told("/dev/input/event3", OSError(number, os.strerror(number)))
    assert str(told).startswith(f"/dev/input/event3 {remedy}")


async def test_a_real_input_device_that_cannot_be_grabbed_is_an_error(keyboard, monkeypatch):
    # As if the pseudo terminal were one of the kernel's input devices.
    monkeypatch.setattr(keyboard_wedge, "INPUT_MAJOR", os.major(os.fstat(keyboard._port._slave).st_rdev))
    with pytest.raises(PortError, match="is no keyboard"):
        await anext(reader(keyboard.path).cards())


def test_there_are_no_options():
    with pytest.raises(SettingsError, match=r"options\.layout is unknown"):
        KeyboardWedge(ReaderPlace("/dev/input/event3", 9600, name="front", options={"layout": "de"}))
