"""Cards come through a real port, whatever else is on the line."""

import asyncio
import contextlib
import os
import tty

import pytest
from structlog.testing import capture_logs

from station.errors import PortError, SettingsError
from station.hardware.places import ReaderPlace
from station.hardware.ports import CardRead, Selection
from station.hardware.scanners import ButtonScanner, KeypadScanner
from station.hardware.serial_reader import SerialLineReader

CARD, OTHER, LAST = "04A2B3C4D5E680", "DEADBEEF", "0BADCAFE"


class Wire:
    """The far end of a serial port: what the reader's firmware sends."""

    def __init__(self):
        self.far, near = os.openpty()
        tty.setraw(near)
        self.port = os.ttyname(near)
        os.close(near)

    def send(self, data):
        os.write(self.far, data)

    def close(self):
        with contextlib.suppress(OSError):
            os.close(self.far)


def reader(port, **kind):
    return SerialLineReader(ReaderPlace(str(port), 9600, name="front", **kind))


@pytest.fixture
def wire():
    wire = Wire()
    yield wire
    wire.close()


async def until(condition):
    """Wait for bytes to come through the kernel; steps this short are real time, too short for the clock to jump."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not happen")


@contextlib.asynccontextmanager
async def reading(wire, **kind):
    """Everything that the reader yielded so far."""
    found = []
    keep = found.append

    async def collect():
        async with contextlib.aclosing(reader(wire.port, **kind).cards()) as source:
            async for card in source:
                keep(card)

    task = asyncio.create_task(collect())
    await asyncio.sleep(0.1)
    yield found
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def cards(wire):
    async with reading(wire) as found:
        yield found


async def uids_up_to(last_uid, wire, cards):
    """Present a last card and return the UIDs of all cards up to it."""
    wire.send(last_uid.encode() + b"\n")
    await until(lambda: cards and cards[-1].uid == last_uid)
    return [card.uid for card in cards]


@pytest.mark.parametrize(
    ("line", "card"),
    [
        (b"DEADBEEF\r\n", CardRead("DEADBEEF", "ISO14443")),
        (b"04A2B3C4D5E680\n", CardRead("04A2B3C4D5E680", "ISO14443")),
        (b"04a2b3c4d5e680\r", CardRead("04A2B3C4D5E680", "ISO14443")),
        (b"00000000000000000001\n", CardRead("00000000000000000001", "ISO14443")),
        (b"E004010012345678\r\n", CardRead("E004010012345678", "ISO15693")),
    ],
)
async def test_a_line_is_a_card_with_its_leading_zeros_and_the_type_of_its_length(wire, cards, line, card):
    wire.send(line)
    await until(lambda: cards == [card])


async def test_a_line_may_come_byte_by_byte(wire, cards):
    for byte in CARD.encode() + b"\r\n":
        wire.send(bytes([byte]))
        await asyncio.sleep(0.01)
    assert await uids_up_to(LAST, wire, cards) == [CARD, LAST]


async def test_several_cards_may_come_at_once(wire, cards):
    wire.send(f"{CARD}\r\n{OTHER}\r\n".encode())
    assert await uids_up_to(LAST, wire, cards) == [CARD, OTHER, LAST]


async def test_a_card_comes_as_often_as_it_is_read(wire, cards):
    for uid in (CARD, CARD, OTHER, CARD):
        wire.send(uid.encode() + b"\n")
    assert await uids_up_to(LAST, wire, cards) == [CARD, CARD, OTHER, CARD, LAST]


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\r\n",
        b"DEADBEE\r\n",
        b"DEADBEEF00\r\n",
        b"DE AD BE EF\r\n",
        b"\xff\xfe\x00\x81\r\n",
        b"\r\n\r\n\n",
        b"A" * 64 + b"\n",
        b"A" * 3000 + b"\n",
    ],
)
async def test_garbage_is_skipped_and_the_next_card_is_read(wire, cards, garbage):
    wire.send(garbage)
    assert await uids_up_to(LAST, wire, cards) == [LAST]


async def test_a_keypad_types_codes_and_chooses_an_evse(wire):
    async with reading(wire, scanner=KeypadScanner) as found:
        for key in b"0042#2*":
            wire.send(bytes([key]))
        await until(lambda: len(found) == 2)
    assert found == [CardRead("0042", "KeyCode"), Selection(2)]


async def test_a_choice_that_is_made_again_is_told_again(wire):
    async with reading(wire, scanner=KeypadScanner) as found:
        wire.send(b"1*2*2*1*")
        await until(lambda: len(found) == 4)
    assert found == [Selection(1), Selection(2), Selection(2), Selection(1)]


async def test_a_press_of_a_button_is_what_it_stands_for(wire):
    async with reading(wire, scanner=lambda: ButtonScanner("BUTTON")) as found:
        wire.send(b"1\r\n1\r\n")
        await until(lambda: len(found) == 2)
    assert found == [CardRead("BUTTON", "Local")] * 2


async def test_garbage_is_told_once_and_without_its_content(wire, cards):
    with capture_logs() as logs:
        wire.send(b"DEADBEEF0\n" * 50)
        await uids_up_to(CARD, wire, cards)
        wire.send(b"again\n")
        await uids_up_to(LAST, wire, cards)
    skipped = [entry for entry in logs if entry["event"] == "reader_line_skipped"]
    assert [entry["length"] for entry in skipped] == [9, 5]
    assert "DEADBEEF" not in str(logs)
    assert CARD not in str(logs)


async def test_a_port_that_is_missing_is_told_with_a_remedy():
    with pytest.raises(PortError, match=r"/dev/ttyNOWHERE does not exist; is the adapter plugged in"):
        await anext(reader("/dev/ttyNOWHERE").cards())


async def test_a_port_that_somebody_else_has_is_told(wire, cards):
    with pytest.raises(PortError, match=rf"{wire.port} is in use by another process"):
        await anext(reader(wire.port).cards())


async def test_what_is_no_serial_port_is_told(tmp_path):
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(PortError, match=r"is no serial port"):
        await anext(reader(path).cards())


async def test_an_adapter_that_is_unplugged_is_told(wire):
    source = reader(wire.port).cards()
    waiting = asyncio.create_task(anext(source))
    await asyncio.sleep(0.1)
    wire.close()
    with pytest.raises(PortError, match=rf"{wire.port} is gone"):
        await waiting


async def one_card(wire):
    """Open the port, wait for a card and let go of the port again."""
    async with contextlib.aclosing(reader(wire.port).cards()) as source:
        waiting = asyncio.create_task(anext(source))
        await asyncio.sleep(0.1)
        wire.send(CARD.encode() + b"\n")
        await until(waiting.done)
        return waiting.result().uid


async def test_the_port_is_free_again_when_nobody_reads_any_more(wire):
    assert await one_card(wire) == CARD
    assert await one_card(wire) == CARD


async def test_a_card_from_before_somebody_listened_is_not_taken(wire):
    wire.send(OTHER.encode() + b"\n")
    assert await one_card(wire) == CARD


async def test_waiting_for_a_card_can_be_cancelled_and_frees_the_port(wire):
    source = reader(wire.port).cards()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(60):
            await anext(source)
    assert await one_card(wire) == CARD


def test_there_are_no_options():
    with pytest.raises(SettingsError, match=r"options\.speed is unknown"):
        reader("/dev/ttyREADER", options={"speed": 3})
