"""Framing of requests: real ones, broken ones, and those of nobody."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from simulators.bench.framing import Inquiry
from simulators.bench.rtu import LONGEST, RtuFraming, crc, frame, is_intact

FRAMES = [
    bytes.fromhex(row["request_hex"])
    for row in json.loads(Path("tests/data/vectors.json").read_text("utf-8"))["rtu_frames"]
    if row["request_crc_ok"]
]
INQUIRIES = [Inquiry(frame[0], frame[1:-2]) for frame in FRAMES]
BROKEN = FRAMES[0][:-1] + bytes((FRAMES[0][-1] ^ 1,))


class Framing(RtuFraming):
    """Counts what was broken."""

    def __init__(self) -> None:
        self.broken = 0
        super().__init__(self.broke)

    def broke(self) -> None:
        self.broken += 1


def test_the_checksum_is_that_of_real_frames() -> None:
    for one in FRAMES:
        assert crc(one[:-2]) == one[-2:]


def test_real_requests_are_cut_out_of_a_stream() -> None:
    assert Framing().feed(b"".join(FRAMES)) == INQUIRIES


def test_they_are_cut_out_byte_by_byte_too() -> None:
    framing = Framing()
    assert [found for byte in b"".join(FRAMES) for found in framing.feed(bytes((byte,)))] == INQUIRIES
    assert not framing.waiting
    assert framing.broken == 0


def test_a_broken_frame_takes_what_is_behind_it_until_silence() -> None:
    framing = Framing()
    assert framing.feed(BROKEN + FRAMES[1]) == []
    assert framing.broken == 1
    assert framing.feed(FRAMES[1]) == [INQUIRIES[1]]


def test_what_came_before_a_broken_frame_is_good() -> None:
    assert Framing().feed(FRAMES[1] + BROKEN) == [INQUIRIES[1]]


def test_half_a_frame_is_given_up_by_silence() -> None:
    framing = Framing()
    assert framing.feed(FRAMES[0][:5]) == []
    assert framing.waiting
    assert framing.silence() == []
    assert framing.broken == 1
    assert framing.feed(FRAMES[0]) == [INQUIRIES[0]]


def test_silence_behind_whole_frames_breaks_nothing() -> None:
    framing = Framing()
    framing.feed(FRAMES[0])
    assert framing.silence() == []
    assert framing.broken == 0


def test_a_frame_of_unknown_length_ends_with_silence() -> None:
    framing = Framing()
    assert framing.feed(frame(42, bytes.fromhex("2b0e0100"))) == []
    assert framing.silence() == [Inquiry(42, bytes.fromhex("2b0e0100"))]
    assert framing.broken == 0


def test_what_is_longer_than_any_frame_is_broken() -> None:
    framing = Framing()
    assert framing.feed(b"\x2a\x2b" + bytes(LONGEST)) == []
    assert not framing.waiting
    assert framing.broken == 1


@settings(deadline=None)
@given(some.lists(some.binary(max_size=100), max_size=50))
def test_no_noise_makes_it_keep_more_than_one_frame(chunks: list[bytes]) -> None:
    framing = Framing()
    for chunk in chunks:
        framing.feed(chunk)
        assert len(framing._unfinished) <= LONGEST
    framing.silence()
    assert framing.feed(FRAMES[0]) == [INQUIRIES[0]]


@pytest.mark.parametrize("length", range(1, 254))
def test_noise_is_never_a_good_frame_of_the_unit(length: int) -> None:
    noise = RtuFraming.damages["garbage"](frame(42, b"\x03" * length))
    assert len(noise) == length + 3
    assert not (is_intact(noise) and noise[0] == 42)
