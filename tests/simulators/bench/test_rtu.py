"""Framing of requests: real ones, broken ones, and those of nobody."""

import json
from pathlib import Path

import pytest

from simulators.bench.rtu import Framer, crc, reply_delay_s, silent_interval_s

FRAMES = [
    bytes.fromhex(row["request_hex"])
    for row in json.loads(Path("tests/data/vectors.json").read_text("utf-8"))["rtu_frames"]
    if row["request_crc_ok"]
]


def test_the_checksum_is_that_of_real_frames() -> None:
    for frame in FRAMES:
        assert crc(frame[:-2]) == frame[-2:]


def test_real_requests_are_cut_out_of_a_stream() -> None:
    assert list(Framer().feed(b"".join(FRAMES))) == FRAMES


def test_they_are_cut_out_byte_by_byte_too() -> None:
    framer = Framer()
    assert [found for byte in b"".join(FRAMES) for found in framer.feed(bytes((byte,)))] == FRAMES
    assert not framer.waiting


def test_a_broken_frame_takes_what_is_behind_it_until_silence() -> None:
    framer = Framer()
    broken = FRAMES[0][:-1] + bytes((FRAMES[0][-1] ^ 1,))
    assert list(framer.feed(broken + FRAMES[1])) == []
    assert list(framer.feed(FRAMES[1])) == [FRAMES[1]]


def test_half_a_frame_is_given_up_by_silence() -> None:
    framer = Framer()
    assert list(framer.feed(FRAMES[0][:5])) == []
    assert framer.waiting
    assert list(framer.silence()) == []
    assert list(framer.feed(FRAMES[0])) == [FRAMES[0]]


def test_a_frame_of_unknown_length_ends_with_silence() -> None:
    body = bytes.fromhex("2a2b0e0100")
    framer = Framer()
    assert list(framer.feed(body + crc(body))) == []
    assert list(framer.silence()) == [body + crc(body)]


@pytest.mark.parametrize(
    ("request_bytes", "reply_bytes", "baud", "milliseconds"),
    [(8, 7, 19200, 12.6), (8, 7, 9600, 25.2), (8, 7, 115200, 4.9), (8, 255, 19200, 154.7), (249, 8, 19200, 151.2)],
)
def test_pace_plus_the_gap_before_the_next_request_is_the_line_time_of_the_manual(
    request_bytes: int, reply_bytes: int, baud: int, milliseconds: float
) -> None:
    exchange = reply_delay_s(bytes(request_bytes), bytes(reply_bytes), baud) + silent_interval_s(baud)
    assert 1000 * exchange == pytest.approx(milliseconds, abs=0.06)
