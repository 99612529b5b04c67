"""Keys of a keyboard as the kernel tells them: which line they make."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.hardware.key_events import EVENT, FORGET_S, Typist
from station.hardware.scanners import LONGEST_LINE

ENTER, PAD_ENTER, TAB, SHIFT, RIGHT_SHIFT, CAPS, NUM, CTRL = 28, 96, 15, 42, 54, 58, 69, 29
ONE, TWO, A, B, F, MINUS, PAD_SEVEN, PAD_ZERO = 2, 3, 30, 48, 33, 12, 71, 82


def event(kind, code, value):
    return struct.pack("@llHHi", 1_790_000_000, 5, kind, code, value)


def down(code):
    return event(4, 4, code) + event(1, code, 1) + event(0, 0, 0)


def up(code):
    return event(1, code, 0) + event(0, 0, 0)


def tap(*codes):
    return b"".join(down(code) + up(code) for code in codes)


def typed(*chunks, now_s=100.0):
    typist = Typist()
    return [line for chunk in chunks for line in typist.feed(chunk, now_s)]


def test_an_event_is_as_long_as_a_word_of_this_computer_says():
    assert EVENT.size == 2 * struct.calcsize("l") + 8


@pytest.mark.parametrize("end", [ENTER, PAD_ENTER, TAB])
def test_keys_and_an_end_make_a_line(end):
    assert typed(tap(ONE, A, F, TWO, end)) == [b"1af2\n"]


@pytest.mark.parametrize("shift", [SHIFT, RIGHT_SHIFT])
def test_shift_makes_capitals_as_long_as_it_is_held(shift):
    assert typed(down(shift) + tap(A, MINUS) + up(shift) + tap(B, MINUS, ENTER)) == [b"A_b-\n"]


def test_one_shift_may_be_held_while_the_other_one_goes():
    assert typed(down(SHIFT) + down(RIGHT_SHIFT) + up(SHIFT) + tap(A) + up(RIGHT_SHIFT) + tap(A, ENTER)) == [b"Aa\n"]


def test_the_number_pad_types_digits():
    assert typed(tap(NUM, PAD_SEVEN, PAD_ZERO, ENTER)) == [b"70\n"]


def test_locks_type_nothing():
    assert typed(tap(CAPS, A, CAPS, ENTER)) == [b"a\n"]


def test_a_key_that_is_held_down_is_typed_once():
    assert typed(down(A) + event(1, A, 2) * 9 + up(A) + tap(ENTER)) == [b"a\n"]


def test_a_key_that_means_nothing_makes_the_line_no_card():
    (line,) = typed(tap(A, CTRL, B, ENTER))
    assert line == b"a\0b\n"


def test_an_end_alone_is_no_line():
    assert typed(tap(ENTER, TAB, ENTER)) == []


def test_events_may_come_in_pieces():
    told = tap(A, B, ENTER)
    assert typed(*(told[at : at + 1] for at in range(len(told)))) == [b"ab\n"]


def test_what_the_kernel_dropped_takes_its_line_with_it():
    dropped = event(0, 3, 0)
    assert typed(down(SHIFT) + tap(A) + dropped + tap(B, ENTER)) == [b"b\n"]


def test_what_was_typed_before_a_pause_is_no_part_of_a_card():
    typist = Typist()
    assert list(typist.feed(tap(A, A) + b"\1\2\3", 100.0)) == []
    assert list(typist.feed(tap(B), 101.0 + FORGET_S)) == []
    assert list(typist.feed(tap(B, ENTER), 101.0 + 2 * FORGET_S)) == [b"bb\n"]


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_noise_is_survived_and_takes_no_memory(chunks):
    typist = Typist()
    for chunk in chunks:
        for line in typist.feed(chunk, 100.0):
            assert line.endswith(b"\n")
    assert len(typist._line) <= LONGEST_LINE + 1
    assert len(typist._rest) < EVENT.size


def test_a_reader_gone_mad_takes_no_memory():
    typist = Typist()
    assert list(typist.feed(tap(*[A] * 5000), 100.0)) == []
    assert len(typist._line) == LONGEST_LINE + 1
