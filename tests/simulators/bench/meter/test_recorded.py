"""Frames that went between real meters and their masters: with the same registers the twin answers the same bytes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.bench.meter.recorded import Recorded, words_at
from simulators.bench.pdu import Device, parse
from station.meter.codec import to_words
from tests.simulators.bench.meter.rig import Direct, rig
from tests.simulators.bench.places import META1, SNAPSHOTS
from tests.simulators.bench.wire import NoAnswerError, RefusalError, checksum

VECTORS = json.loads(Path("tests/data/vectors.json").read_text("utf-8"))
PLACES = {"scs": 40523, "stons": 40777, "stoffs": 41031, "sss": 41285, "ses": 41539}
GOOD = [
    row
    for row in VECTORS["rtu_frames"]
    if row["request_crc_ok"] and row["response_crc_ok"] and row["length_ok"] and not row["old_register_map"]
]
READS = [row for row in GOOD if row["what"].startswith("read")]
WRITES = [row for row in GOOD if row["what"].startswith("write")]
DA, RTE = 40068, 40082


def asked(row: dict[str, Any]) -> bytes:
    return bytes.fromhex(row["request_hex"])


def told(row: dict[str, Any]) -> bytes:
    return bytes.fromhex(row["response_hex"])


def piece(row: dict[str, Any]) -> dict[int, int]:
    """The registers that a read frame tells."""
    return words_at(int.from_bytes(asked(row)[2:4], "big"), to_words(told(row)[3:-2]))


def dumps() -> Iterator[dict[int, int]]:
    """Whole blocks out of the maker's dumps, which were made without these frames."""
    for row in VECTORS["register_blocks"]:
        yield words_at(row["first_protocol_address"], to_words(bytes.fromhex(row["hex"])))
    for row in VECTORS["snapshots"]:
        if row["payload_hex"]:
            yield words_at(PLACES[row["kind"]], to_words(bytes.fromhex(row["payload_hex"])))


DUMPS = list(dumps())


def dump_of(row: dict[str, Any]) -> dict[int, int] | None:
    """The dump of the same meter at the same time, if there is one."""
    wanted = piece(row).items()
    return next((dump for dump in DUMPS if wanted <= dump.items()), None)


def document_of(row: dict[str, Any]) -> dict[int, int]:
    """What all frames of the same document tell, together."""
    words: dict[int, int] = {}
    for other in READS:
        if set(other["origin"]) & set(row["origin"]):
            words |= piece(other)
    return words | piece(row)


async def exchange(device: Device, frame: bytes) -> bytes:
    """What comes back on a line for a whole frame."""
    assert checksum(frame[:-2]) == frame[-2:]
    assert frame[0] == device.unit
    pdu = await device.execute(parse(frame[1:-2]))
    assert pdu is not None
    body = frame[:1] + pdu
    device.answered()
    return body + checksum(body)


def test_no_frame_is_left_out() -> None:
    assert (len(VECTORS["rtu_frames"]), len(GOOD), len(READS), len(WRITES)) == (70, 60, 51, 9)
    assert sum(dump_of(row) is not None for row in READS) == 43


@pytest.mark.parametrize("row", READS, ids=lambda row: row["what"])
async def test_a_real_read_is_answered_as_the_real_meter_did(row: dict[str, Any]) -> None:
    meter = Recorded(dump_of(row) or document_of(row))
    assert await exchange(meter, asked(row)) == told(row)


@pytest.mark.parametrize("row", WRITES, ids=lambda row: row["what"])
async def test_a_real_write_is_acknowledged_as_the_real_meter_did(row: dict[str, Any], tmp_path: Path) -> None:
    unit = asked(row)[0]
    assert await exchange(Recorded({DA: unit}), asked(row)) == told(row)
    async with rig(tmp_path, unit=unit) as live:
        assert await exchange(live.meter, asked(row)) == told(row)


async def test_the_makers_write_over_two_headers_changes_address_and_speed_and_nothing_else(tmp_path: Path) -> None:
    (row,) = (row for row in WRITES if row["what"] == "write 16 from 40068")
    async with rig(tmp_path) as live:
        before = await live.read_bytes(40004, 86)
        await exchange(live.meter, asked(row))
        after = await live.read_bytes(40004, 86)
        assert (live.meter.unit, live.meter.baud) == (1, 115200)
    assert after[128:130] == b"\0\x01"
    assert after[156:160] == (115200).to_bytes(4, "big")
    assert (after[:128], after[130:156], after[160:]) == (before[:128], before[130:156], before[160:])


async def test_a_recording_follows_the_write_rules() -> None:
    line = Direct(Recorded(words_at(META1, [0x4141] * 70)))
    await line.write_text(META1, "b" * 140, 70)
    assert await line.read_bytes(META1, 70) == b"b" * 140
    with pytest.raises(RefusalError) as refused:
        await line.write(META1 + 1, 0)
    assert refused.value.code == 2
    assert await line.read_bytes(META1, 70) == b"b" * 140
    await line.write(40070, *[0] * 12)
    assert await line.read(40070, 2) == [10, 4]


async def test_a_recording_takes_a_command_and_stays_as_it_is() -> None:
    line = Direct(Recorded({SNAPSHOTS["turn_on"] + 1: 0}))
    await line.write(SNAPSHOTS["turn_on"] + 1, 2)
    assert await line.read(SNAPSHOTS["turn_on"] + 1) == [0]


async def test_a_recording_moves_to_the_address_and_speed_that_are_written() -> None:
    meter = Recorded({DA: 7, RTE: 0, RTE + 1: 9600})
    assert (meter.unit, meter.baud) == (7, 9600)
    line = Direct(meter)
    await line.write(DA, 9)
    await line.write(RTE, 1, 0xC200)
    assert (meter.unit, meter.baud) == (9, 115200)
    assert await line.read(DA) == [9]
    assert await line.read(RTE, 2) == [1, 0xC200]


async def test_what_was_not_recorded_reads_not_available_between_the_headers() -> None:
    line = Direct(Recorded({}))
    assert await line.read_bytes(40000, 4) == b"SunS\0\x01\0\x42"
    assert await line.read(40260, 3) == [0xFFFF, 0xFFFF, 0x8000]
    assert await line.read(DA) == [42]


@pytest.mark.parametrize(("address", "count"), [(39999, 2), (44292, 2)])
async def test_a_recording_refuses_as_it_is_told(address: int, count: int) -> None:
    with pytest.raises(RefusalError) as refused:
        await Direct(Recorded({}, refusal=3)).read(address, count)
    assert refused.value.code == 3
    with pytest.raises(NoAnswerError):
        await Direct(Recorded({}, refusal=0)).read(address, count)
