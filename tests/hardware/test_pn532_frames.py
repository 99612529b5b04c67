"""Frames of a PN532: as the user manual shows them, with noise around them, in pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.hardware.pn532_frames import (
    NACK,
    Acknowledged,
    Answer,
    Broken,
    FrameReader,
    SyntaxFailed,
    command,
    framed,
)

ACK = bytes.fromhex("0000FF00FF00")
GET_FIRMWARE = bytes.fromhex("0000FF02FED4022A00")
FIRMWARE = bytes.fromhex("0000FF06FAD50332010607E800")
ERROR = bytes.fromhex("0000FF01FF7F8100")


def read(*chunks):
    reader = FrameReader()
    return [one for chunk in chunks for one in reader.feed(chunk)]


def test_a_command_is_framed_as_in_the_manual():
    assert command(0x02) == GET_FIRMWARE
    assert command(0x4A, b"\x01\x00") == bytes.fromhex("0000FF04FCD44A0100E100")


@pytest.mark.parametrize(
    ("came", "meant"),
    [
        (ACK, Acknowledged(good=True)),
        (NACK, Acknowledged(good=False)),
        (FIRMWARE, Answer(0x02, bytes([0x32, 1, 6, 7]))),
        (ERROR, SyntaxFailed()),
        (bytes.fromhex("0000FFFFFF0006FAD50332010607E800"), Answer(0x02, bytes([0x32, 1, 6, 7]))),
    ],
)
def test_each_kind_of_frame_is_understood(came, meant):
    assert read(came) == [meant]
    assert read(*(came[at : at + 1] for at in range(len(came)))) == [meant]


def test_several_frames_may_come_at_once():
    assert read(ACK + FIRMWARE + ACK) == [
        Acknowledged(good=True),
        Answer(0x02, bytes([0x32, 1, 6, 7])),
        Acknowledged(good=True),
    ]


@pytest.mark.parametrize(
    "noise",
    ["", "FF", "00", "0000", "00FF", "55AA00", "00FF0300", "0000FF0000", "0000FF0101", "0000FFFFFF0000"],
)
def test_what_is_no_frame_is_passed_over(noise):
    assert read(bytes.fromhex(noise) + FIRMWARE)[-1] == Answer(0x02, bytes([0x32, 1, 6, 7]))


@pytest.mark.parametrize("at", range(3, len(FIRMWARE) - 1))
def test_a_byte_that_fell_over_never_makes_another_answer(at):
    hurt = bytearray(FIRMWARE)
    hurt[at] ^= 0x10
    assert all(isinstance(one, Broken) for one in read(bytes(hurt)))
    reader = FrameReader()
    list(reader.feed(bytes(hurt)))
    reader.forget()
    assert list(reader.feed(FIRMWARE)) == [Answer(0x02, bytes([0x32, 1, 6, 7]))]


def test_a_broken_frame_costs_no_good_one_behind_it():
    cut = FIRMWARE[:-3]
    assert read(cut + FIRMWARE) == [Broken(), Answer(0x02, bytes([0x32, 1, 6, 7]))]


def test_a_frame_that_never_became_whole_is_forgotten():
    reader = FrameReader()
    assert list(reader.feed(FIRMWARE[:6])) == []
    reader.forget()
    assert list(reader.feed(ACK)) == [Acknowledged(good=True)]


def test_what_goes_to_the_chip_is_no_answer():
    assert read(GET_FIRMWARE) == []


def test_no_frame_is_waited_for_that_no_chip_would_send():
    too_long = bytes.fromhex("0000FFFFFF03E815")
    assert read(too_long + ACK) == [Acknowledged(good=True)]


@given(st.binary(min_size=1, max_size=200), st.binary(max_size=20), st.integers(1, 7))
def test_every_answer_is_read_again_after_noise_without_a_start(data, noise, step):
    noise = noise.replace(b"\x00", b"\x01")
    came = noise + framed(b"\xd5" + data)
    (answer,) = read(*(came[at : at + step] for at in range(0, len(came), step)))
    assert answer == Answer(data[0] - 1, data[1:])


@given(st.lists(st.binary(max_size=300), max_size=10))
def test_noise_is_survived_and_takes_no_memory(chunks):
    reader = FrameReader()
    for chunk in chunks:
        list(reader.feed(chunk))
    assert len(reader._bytes) <= 300
