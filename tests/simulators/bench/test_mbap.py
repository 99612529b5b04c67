"""Framing of Modbus TCP: headers, pieces, and what is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from simulators.bench.framing import Inquiry
from simulators.bench.mbap import MbapFraming

READ = bytes.fromhex("12340000 0006 2a 03 9c84 0001")
INQUIRY = Inquiry(42, bytes.fromhex("039c840001"), 0x1234)
REPLY = bytes.fromhex("12340000 0005 2a 03 02 002a")


class Framing(MbapFraming):
    """Counts what was broken."""

    def __init__(self) -> None:
        self.broken = 0
        super().__init__(self.broke)

    def broke(self) -> None:
        self.broken += 1


def test_unit_pdu_and_transaction_are_cut_out() -> None:
    framing = Framing()
    assert framing.feed(READ) == [INQUIRY]
    assert framing.answer(INQUIRY, bytes.fromhex("0302002a")) == REPLY


@settings(deadline=None)
@given(
    some.lists(some.tuples(some.integers(0, 0xFFFF), some.integers(0, 255), some.binary(min_size=1, max_size=253)))
)
def test_any_stream_comes_out_the_same_however_it_is_cut(requests: list[tuple[int, int, bytes]]) -> None:
    stream = b"".join(
        number.to_bytes(2, "big") + b"\0\0" + (len(pdu) + 1).to_bytes(2, "big") + bytes((unit,)) + pdu
        for number, unit, pdu in requests
    )
    expected = [Inquiry(unit, pdu, number) for number, unit, pdu in requests]
    assert Framing().feed(stream) == expected
    framing = Framing()
    assert [found for byte in stream for found in framing.feed(bytes((byte,)))] == expected
    assert (framing.broken, framing._unfinished) == (0, b"")


@pytest.mark.parametrize(
    "header",
    [
        "1234 0001 0006 2a",
        "1234 0000 0000 2a",
        "1234 0000 0001 2a",
        "1234 0000 00ff 2a",
        "1234 0000 ffff 2a",
    ],
)
def test_a_header_that_is_none_ends_the_stream(header: str) -> None:
    framing = Framing()
    assert framing.feed(READ + bytes.fromhex(header)) == [INQUIRY]
    assert framing.out_of_step
    assert framing.feed(READ) == []
    assert framing.broken == 1
    assert framing._unfinished == b""


def test_the_longest_pdu_is_taken() -> None:
    framing = Framing()
    (found,) = framing.feed(bytes.fromhex("0001 0000 00fe 2a") + bytes(253))
    assert len(found.pdu) == 253
    assert not framing.out_of_step


def test_silence_ends_nothing() -> None:
    framing = Framing()
    framing.feed(READ[:9])
    assert not framing.waiting
    assert framing.silence() == ()
    assert framing.feed(READ[9:]) == [INQUIRY]


@settings(deadline=None)
@given(some.lists(some.binary(max_size=400), max_size=20))
def test_no_noise_makes_it_keep_more_than_one_frame(chunks: list[bytes]) -> None:
    framing = Framing()
    for chunk in chunks:
        framing.feed(chunk)
        assert len(framing._unfinished) < 7 + 253


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        ("wrong_unit", "12340000 0005 2b 03 02 002a"),
        ("truncated", "12340000 0002 2a 03"),
        ("garbage", "12340000 0005 2a 59 58 5a70"),
    ],
)
def test_a_damaged_answer_leaves_the_stream_in_step(fault: str, reply: str) -> None:
    assert MbapFraming.damages[fault](REPLY) == bytes.fromhex(reply)


def test_there_is_no_checksum_to_be_wrong() -> None:
    assert "crc" not in MbapFraming.damages
