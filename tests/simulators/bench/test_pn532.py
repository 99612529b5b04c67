"""The twin of a PN532: what it answers to frames that are written here byte by byte (user manual UM0701-02)."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from simulators.bench.errors import RequestError
from simulators.bench.pn532 import PN532_FAULTS, Pn532

ACK = "0000FF00FF00"
NACK = "0000FFFF0000"
ERROR = "0000FF01FF7F8100"
WAKE = "5555000000000000"
FIRMWARE, HAS_FIRMWARE = "0000FF02FED4022A00", "0000FF06FAD50332010607E800"
READY, IS_READY = "0000FF05FBD414010001160 0".replace(" ", ""), "0000FF02FED5151600"
FEW, CONFIGURED = "0000FF06FAD43205FF0102F300", "0000FF02FED533F800"
OFF, ON = "0000FF04FCD4320100F900", "0000FF04FCD4320101F800"
SEARCH, NOBODY = "0000FF04FCD44A0100E100", "0000FF03FDD54B00E000"
FOUND = "0000FF0CF4D54B010100040804DEADBEEF9600"


class Wire:
    """A port whose other end is the test."""

    address = "wire"

    def __init__(self) -> None:
        self.came = b""

    def open(self, received: object) -> None:
        self.tell = received

    def write(self, data: bytes) -> None:
        self.came += data

    def close(self) -> None: ...


class Chip:
    """A twin, and what it answers."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.twin = Pn532(1, self.wire)  # type: ignore[arg-type]
        self.twin.open()

    async def ask(self, *frames: str, seconds: float = 1.0) -> str:
        self.wire.came = b""
        for frame in frames:
            self.wire.tell(bytes.fromhex(frame))  # type: ignore[operator]
        await asyncio.sleep(seconds)
        return self.wire.came.hex().upper()

    async def ready(self) -> "Chip":
        assert await self.ask(WAKE, READY) == ACK + IS_READY
        assert await self.ask(FEW) == ACK + CONFIGURED
        return self


@pytest.fixture
async def chip() -> AsyncIterator[Chip]:
    chip = Chip()
    yield chip
    chip.twin.close()


async def test_it_sleeps_until_it_is_woken(chip: Chip) -> None:
    assert await chip.ask(FIRMWARE) == ""
    assert await chip.ask(WAKE + FIRMWARE) == ACK + HAS_FIRMWARE


async def test_it_looks_for_no_card_until_it_was_told_how_to_work(chip: Chip) -> None:
    assert await chip.ask(WAKE, SEARCH) == ACK
    await chip.ready()
    assert await chip.ask(SEARCH) == ACK + NOBODY


async def test_a_frame_may_come_byte_by_byte(chip: Chip) -> None:
    await chip.ready()
    assert await chip.ask(*(FIRMWARE[at : at + 2] for at in range(0, len(FIRMWARE), 2))) == ACK + HAS_FIRMWARE


async def test_without_a_bound_it_looks_until_a_card_comes_or_another_command(chip: Chip) -> None:
    await chip.ask(WAKE, READY)
    assert await chip.ask(SEARCH, seconds=5) == ACK
    chip.twin.place("DEADBEEF")
    assert await chip.ask(seconds=1) == FOUND
    chip.twin.remove()
    assert await chip.ask(SEARCH, FIRMWARE, seconds=5) == ACK + ACK + HAS_FIRMWARE
    assert await chip.ask(SEARCH, ACK, seconds=5) == ACK
    chip.twin.place("DEADBEEF")
    assert await chip.ask(seconds=1) == "", "it was told to stop"


async def test_a_card_that_was_found_is_deaf_until_the_field_was_off(chip: Chip) -> None:
    await chip.ready()
    chip.twin.place("DEADBEEF")
    assert await chip.ask(SEARCH) == ACK + FOUND
    assert await chip.ask(SEARCH) == ACK + NOBODY
    assert await chip.ask(OFF, ON) == (ACK + CONFIGURED) * 2
    assert await chip.ask(SEARCH) == ACK + FOUND


async def test_without_a_field_there_is_no_card(chip: Chip) -> None:
    await chip.ready()
    await chip.ask(OFF)
    chip.twin.place("DEADBEEF")
    assert await chip.ask(SEARCH) == ACK + NOBODY


async def test_a_card_that_was_swiped_goes_away_by_itself(chip: Chip) -> None:
    await chip.ready()
    chip.twin.swipe("DEADBEEF")
    assert await chip.ask(SEARCH) == ACK + FOUND
    await chip.ask(OFF, ON)
    assert await chip.ask(SEARCH) == ACK + NOBODY


async def test_a_wrong_checksum_is_not_acknowledged_and_the_last_answer_is_said_again(chip: Chip) -> None:
    await chip.ready()
    assert await chip.ask(FIRMWARE[:-4] + "FF00") == NACK
    assert await chip.ask(FIRMWARE) == ACK + HAS_FIRMWARE
    assert await chip.ask(NACK) == HAS_FIRMWARE


async def test_what_it_does_not_know_is_an_error(chip: Chip) -> None:
    await chip.ready()
    assert await chip.ask("0000FF02FED4AA8200") == ACK + ERROR


async def test_what_is_no_frame_is_passed_over(chip: Chip) -> None:
    await chip.ready()
    assert await chip.ask("00FF1234FF00FF0300" + FIRMWARE) == ACK + HAS_FIRMWARE


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("silent", ""),
        ("no_answer", ACK),
        ("not_acknowledged", NACK),
        ("refuses", ACK + ERROR),
        ("checksum", ACK + HAS_FIRMWARE[:-4] + "BD00"),
    ],
)
async def test_each_fault_is_what_it_says(chip: Chip, fault: str, answer: str) -> None:
    await chip.ready()
    chip.twin.faults.add(fault)
    assert await chip.ask(FIRMWARE) == answer


async def test_noise_stands_before_every_frame(chip: Chip) -> None:
    await chip.ready()
    chip.twin.faults.add("garbage")
    told = await chip.ask(FIRMWARE)
    assert told.endswith(HAS_FIRMWARE)
    assert len(told) > len(ACK + HAS_FIRMWARE)
    assert set(PN532_FAULTS) == {"silent", "no_answer", "not_acknowledged", "checksum", "garbage", "refuses"}


async def test_without_power_it_forgets_what_it_was_told(chip: Chip) -> None:
    await chip.ready()
    chip.twin.lose_power()
    assert await chip.ask(SEARCH) == ""


@pytest.mark.parametrize("uid", ["", "E004010012345678", "DEADBEE", "no card"])
async def test_what_is_no_card_of_type_a_is_refused(chip: Chip, uid: str) -> None:
    with pytest.raises(RequestError, match="4, 7 or 10 bytes"):
        chip.twin.place(uid)
