"""Of what a reader sends, cards and choices pass; an operator hears of the rest, once and without its content."""

import asyncio
import os

import pytest
from structlog.testing import capture_logs

from station.errors import PortError, SettingsError
from station.hardware.card_numbers import RandomNumber
from station.hardware.incoming import Sieve, received, refuse_options
from station.hardware.places import ReaderPlace
from station.hardware.ports import CardRead, Selection
from station.hardware.scanners import Garbage

CARD = CardRead("04A2B3C4D5E680", "ISO14443")
TURNED = CardRead("78563412000104E0", "ISO15693")


def test_cards_and_choices_pass():
    assert list(Sieve("front").good([CARD, Selection(2), CARD])) == [CARD, Selection(2), CARD]


def test_garbage_is_told_once_until_a_card_comes():
    with capture_logs() as logs:
        assert list(Sieve("front").good([Garbage(9), Garbage(3), CARD, Garbage(5)])) == [CARD]
    assert [(entry["event"], entry["reader"], entry["length"]) for entry in logs] == [
        ("reader_line_skipped", "front", 9),
        ("reader_line_skipped", "front", 5),
    ]


def test_a_card_without_a_number_of_its_own_is_told_once_with_a_remedy():
    with capture_logs() as logs:
        assert list(Sieve("front").good([RandomNumber(), RandomNumber(), CARD, RandomNumber()])) == [CARD]
    (told,) = logs
    assert told["event"] == "random_card_refused"
    assert "use a card that keeps its own" in told["remedy"]


def test_a_byte_order_that_can_only_be_wrong_is_told_once_and_the_card_passes():
    with capture_logs() as logs:
        assert list(Sieve("front").good([TURNED, TURNED])) == [TURNED, TURNED]
    (told,) = logs
    assert told["event"] == "card_looks_reversed"
    assert told["remedy"] == 'byte_order = "reversed"'
    assert TURNED.uid not in str(logs)


async def test_bytes_come_as_soon_as_they_are_there_and_an_end_is_told():
    there, here = os.pipe()
    os.set_blocking(there, False)
    try:
        waiting = asyncio.create_task(received(there, "/dev/reader"))
        await asyncio.sleep(1)
        os.write(here, b"abc")
        assert await waiting == b"abc"
    finally:
        os.close(here)
    with pytest.raises(PortError, match="/dev/reader is gone: it was closed from the other side"):
        await received(there, "/dev/reader")
    os.close(there)


async def test_a_device_that_fails_is_told_with_a_remedy(tmp_path):
    file = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(PortError, match=r"/dev/reader is gone: Is a directory; was the device unplugged\?"):
        await received(file, "/dev/reader")
    os.close(file)


def test_options_of_a_reader_that_has_none_are_a_mistake():
    refuse_options(ReaderPlace("/dev/x", 9600, name="front"))
    with pytest.raises(SettingsError, match=r"reader 'front': options\.speed is unknown"):
        refuse_options(ReaderPlace("/dev/x", 9600, name="front", options={"speed": 3}))
