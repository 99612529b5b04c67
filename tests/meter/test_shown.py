"""What a log shows of a frame."""

from station.meter.shown import shown


def test_a_frame_is_shown_in_hex() -> None:
    assert shown(bytes.fromhex("2a039d4b0001ddab")) == "2a039d4b0001ddab"


def test_of_a_text_only_the_length_is_shown() -> None:
    assert shown(b"\x2a\x10rfid:04A2B3C4\x00\x01") == "2a10<13 characters>0001"
