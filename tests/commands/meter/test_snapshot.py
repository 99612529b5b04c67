"""`station meter snapshot`: the bytes are the meter's, the switching is asked for, the verdict is told."""

import asyncio
import io
import re
from pathlib import Path
from typing import Any

import pytest

from station.cli import MISUSED, main
from station.commands.meter.snapshot import DOUBTFUL, INVALID, Output, take
from station.core.records import Metadata, RecordKind
from station.errors import MeterError, SnapshotFailedError, StationError
from station.meter.evidence.verdict import examine
from station.meter.port import Switching
from tests.commands.meter.laptop import SERIAL, Laptop, Terminal, at_bench, at_fake


class Bytes(io.BytesIO):
    """Standard output, as bytes."""

    def __init__(self, *, terminal: bool = False) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


async def taken(laptop: Laptop, kind: RecordKind, **more: Any) -> tuple[int, bytes]:
    kept = Bytes()
    connection = more.pop("connection", laptop.connection)
    code = await take(connection, kind=kind, output=Output(None, kept), err=laptop.err, **more)
    return code, kept.getvalue()


@pytest.mark.parametrize("kind", list(RecordKind))
async def test_every_kind_gives_the_meters_own_bytes_and_its_verdict(tmp_path: Path, kind: RecordKind) -> None:
    async with at_bench(tmp_path) as (_, laptop):
        await laptop.connection.meter.set_time(None)
        code, ocmf = await taken(laptop, kind)
        identity = await laptop.connection.meter.identify()
        verdict = examine(ocmf, identity.public_key)
        assert (code, verdict.exit_status) == (0, 0)
        assert verdict.record is not None
        assert verdict.record.kind is kind
    assert "result VALID by the meter's own key record meter" in laptop.advised
    assert f"meter {SERIAL}, counter 1" in laptop.advised
    assert ("output on, and it stays so" in laptop.advised) is (kind is RecordKind.TURN_ON)


async def test_only_a_turn_on_leaves_the_output_on() -> None:
    with at_fake() as (device, laptop):
        await taken(laptop, RecordKind.START)
        assert not device.output_on
        await taken(laptop, RecordKind.TURN_ON)
        assert device.output_on
        await taken(laptop, RecordKind.TURN_OFF)
        assert not device.output_on


async def test_metadata_is_written_before_and_signed() -> None:
    with at_fake() as (device, laptop):
        device.put("bsm", "Meta2", "of somebody else")
        _, ocmf = await taken(laptop, RecordKind.CURRENT, metadata=Metadata("for Anna", "", "x"))
        _, again = await taken(laptop, RecordKind.CURRENT)
    assert b'"ID":"for Anna","X3":"x"' in ocmf
    assert b'"ID":"for Anna","X3":"x"' in again
    assert "Meta1 for Anna Meta3 x" in laptop.advised


async def test_a_doubtful_record_is_told_why_and_by_the_exit_code() -> None:
    with at_fake() as (_, laptop):
        code, ocmf = await taken(laptop, RecordKind.CURRENT)
    assert code == DOUBTFUL
    assert ocmf.startswith(b"OCMF|")
    assert "VALID by the meter's own key, but doubtful doubtful The meter's clock had not been set" in laptop.advised


async def test_a_key_that_is_not_the_one_in_the_settings_makes_a_record_doubtful() -> None:
    with at_fake() as (device, laptop):
        device.set_clock(int(laptop.clock.now().timestamp()), 60)
        known = laptop.with_place(public_key=device.public_key)
        assert (await taken(laptop, RecordKind.CURRENT, connection=known))[0] == 0
        other = laptop.with_place(public_key=b"another")
        assert (await taken(laptop, RecordKind.CURRENT, connection=other))[0] == DOUBTFUL
    assert laptop.advised.count("The meter's key is not the one in the settings.") == 1


async def test_a_record_that_cannot_be_trusted_is_kept_all_the_same() -> None:
    with at_fake() as (device, laptop):
        device.faults.bad_signature = True
        code, ocmf = await taken(laptop, RecordKind.TURN_ON)
        assert code == INVALID
        assert ocmf.startswith(b"OCMF|")
        assert not device.output_on
    assert "result INVALID: unit 42 on tty: its record cannot be used" in laptop.advised


async def test_a_failed_snapshot_has_no_bytes() -> None:
    with at_fake() as (device, laptop):
        device.faults.fail_with = 5
        with pytest.raises(SnapshotFailedError, match="feedback on DI"):
            await taken(laptop, RecordKind.TURN_OFF)
    assert "failed (" in laptop.advised


async def test_a_station_that_switches_by_itself_lets_the_meter_turn_nothing_on(tmp_path: Path) -> None:
    async with at_bench(tmp_path, switching=Switching.EXTERNAL) as (_, laptop):
        with pytest.raises(MeterError, match="does not switch here"):
            await taken(laptop, RecordKind.TURN_ON)


async def test_an_interrupted_turn_on_leaves_the_output_off(tmp_path: Path) -> None:
    async with at_bench(tmp_path) as (_, laptop):
        task = asyncio.create_task(taken(laptop, RecordKind.TURN_ON))
        await asyncio.sleep(8)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        left_over = await laptop.connection.meter.left_over(None)
    assert not left_over.output_on
    assert "interrupted (" in laptop.advised


async def test_seconds_are_counted_on_a_terminal_and_two_lines_stand_elsewhere(tmp_path: Path) -> None:
    async with at_bench(tmp_path) as (_, laptop):
        await taken(laptop, RecordKind.CURRENT)
        terminal = Terminal()
        await take(laptop.connection, kind=RecordKind.CURRENT, output=Output(None, Bytes()), err=terminal)
    shown = re.findall(r"please wait \((.*?) s\)", terminal.getvalue())
    assert len(shown) > 10
    assert sorted(set(shown), key=float) == shown
    assert re.match(r"current snapshot .*: done \(\d\.\d s\)$", terminal.screen()[0])


async def test_begin_and_end_are_told_where_there_is_no_terminal() -> None:
    with at_fake() as (_, laptop):
        await taken(laptop, RecordKind.TURN_OFF)
    begin, end, *_ = laptop.err.getvalue().splitlines()
    assert begin == "turn-off snapshot of meter 001BZR1521070006, which takes up to 8 s or so ..."
    assert re.fullmatch(r"turn-off snapshot .*: done \(0\.\d s\)", end)


@pytest.mark.parametrize(("terminal", "end"), [(True, b"\n"), (False, b"")])
def test_a_new_line_is_added_for_eyes_only(terminal: bool, end: bytes) -> None:
    stdout = Bytes(terminal=terminal)
    Output(None, stdout).write(b"OCMF|1|2")
    assert stdout.getvalue() == b"OCMF|1|2" + end


def test_what_cannot_be_written_to_a_file_is_not_lost(tmp_path: Path) -> None:
    stdout, file = Bytes(), tmp_path / "record"
    Output(file, stdout).write(b"OCMF|1|2")
    assert (file.read_bytes(), stdout.getvalue()) == (b"OCMF|1|2", b"")
    with pytest.raises(StationError, match=f"{tmp_path}/no/record cannot be written, see above"):
        Output(tmp_path / "no" / "record", stdout).write(b"OCMF|1|2")
    assert stdout.getvalue() == b"OCMF|1|2"


@pytest.mark.parametrize(
    ("kind", "what"), [("turn-on", "the outlet may become live"), ("turn-off", "whoever charges there is cut off")]
)
def test_switching_has_to_be_asked_for(capsys: pytest.CaptureFixture[str], kind: str, what: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(["meter", "snapshot", kind, "--port", "/dev/null"])
    assert end.value.code == MISUSED
    told = capsys.readouterr().err
    assert what in told
    assert "add --switch" in told


def test_metadata_that_would_break_the_record_is_refused_before_anything_is_sent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["meter", "snapshot", "--port", "/dev/null", "--meta2", "a|b"])
    assert end.value.code == MISUSED
    assert "meta2 has '|'" in capsys.readouterr().err
