"""What a log shows of a frame."""

import pytest

from station.meter.shown import shown


def test_a_frame_is_shown_in_hex() -> None:
    assert shown(bytes.fromhex("2a039d4b0001ddab")) == "2a039d4b0001ddab"


@pytest.mark.ocpp("C04.FR.04")
def test_a_short_code_is_a_text_too() -> None:
    assert shown(b"\x2a\x10\x01\x171379\x00\x01") == "2a100117<4 characters>0001"


def test_of_a_text_only_the_length_is_shown() -> None:
    assert shown(b"\x2a\x10rfid:04A2B3C4\x00\x01") == "2a10<13 characters>0001"
