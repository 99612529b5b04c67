"""Answers are cut out of the stream by their headers, in whatever pieces it comes."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from station.meter.tcp_connection import HEADER, SIZES, Connection
from tests.meter.tcp_peer import packed

FRAMES = st.lists(st.binary(min_size=SIZES[0], max_size=SIZES[-1]), max_size=6)


class Wire(asyncio.Transport):
    """The other end, which takes everything."""

    def __init__(self):
        super().__init__()
        self.aborted = False

    def write(self, data):
        pass

    def abort(self):
        self.aborted = True


class Talk:
    def __init__(self):
        self.wire, self.drained = Wire(), []
        self.connection = Connection("tcp://h:502", heard=lambda: None, drained=self.drained.append)
        self.connection.connection_made(self.wire)


def cut(stream, at):
    """Return the stream in pieces that end at these places."""
    ends = sorted({*(place % (len(stream) + 1) for place in at), len(stream)})
    return [stream[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


@given(frames=FRAMES, at=st.lists(st.integers(0, 2000), max_size=10), order=st.randoms())
@settings(max_examples=50, deadline=None)
def test_each_answer_finds_who_asked_in_any_order_and_pieces(frames, at, order):
    async def talk():
        one = Talk()
        pending = [one.connection.ask(b"\x01\x03\0\0\0\x01") for _ in frames]
        answers = [packed(number, frame) for number, frame in enumerate(frames, 1)]
        order.shuffle(answers)
        for piece in cut(b"".join(answers), at):
            one.connection.data_received(piece)
        assert [each.result() for each in pending] == frames
        assert not one.drained

    asyncio.run(talk())


@given(chunks=st.lists(st.binary(max_size=600), max_size=8))
@settings(max_examples=100, deadline=None)
def test_noise_ends_the_connection_or_is_nobodys_and_is_never_kept_for_long(chunks):
    async def talk():
        one = Talk()
        pending = one.connection.ask(b"\x01\x03\0\0\0\x01")
        for chunk in chunks:
            if not one.connection.is_lost:
                one.connection.data_received(chunk)
            assert len(one.connection._heard) < HEADER.size + SIZES[-1]
        assert one.connection.is_lost == one.wire.aborted
        one.connection.abort()
        assert pending.done()

    asyncio.run(talk())


async def test_a_request_that_is_forgotten_gets_no_answer():
    one = Talk()
    first = one.connection.ask(b"\x01\x03\0\0\0\x01")
    one.connection.forget(first)
    one.connection.data_received(packed(1, b"\x01\x83\x02"))
    assert not first.done()
    assert one.drained == [9]


async def test_numbers_begin_again_behind_the_last_one():
    one = Talk()
    one.connection._number = 0xFFFE
    asked = [one.connection.ask(b"\x01\x03\0\0\0\x01") for _ in range(3)]
    one.connection.data_received(b"".join(packed(number, b"\x01\x83\x02") for number in (0xFFFF, 0, 1)))
    assert all(each.result() for each in asked)
