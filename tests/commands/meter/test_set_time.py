"""`station meter set-time`: no more often than needed, and it says what it did."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from station.cli import MISUSED, main
from station.commands.meter.set_time import REFUSED, set_time
from station.errors import MeterError, StationError
from station.meter.registers import address
from tests.commands.meter.laptop import at_bench, at_fake

BERLIN = "Europe/Berlin"


def epoch(at: datetime) -> int:
    return int(at.timestamp())


async def test_a_meter_without_time_gets_it_in_the_zone_that_was_asked_for(tmp_path: Path) -> None:
    async with at_bench(tmp_path, timezone=BERLIN) as (_, laptop):
        assert await set_time(laptop.connection, out=laptop.out) == 0
    assert "before not set since power-up after 2026-12-01 13:00:" in laptop.told
    assert "+01:00, right by this computer's clock" in laptop.told
    assert "EpochSetCnt 0 before, 1 now" in laptop.told
    assert "more often than every 24 hours" in laptop.told


async def test_a_clock_that_is_right_is_left_alone_unless_that_is_meant() -> None:
    with at_fake(timezone="UTC") as (device, laptop):
        device.set_clock(epoch(laptop.clock.now() - timedelta(seconds=50)), 0)
        assert await set_time(laptop.connection, out=laptop.out) == REFUSED
        assert device.writes == []
        assert "less than a minute off: it needs no setting" in laptop.told
        assert "add --yes" in laptop.told
        assert await set_time(laptop.connection, out=laptop.out, yes=True) == 0
        assert device.writes == [(address("bsm", "Epoch"), 2)]
    assert "EpochSetCnt 7 before, 7 now: an update, which counts as no setting" in laptop.told


@pytest.mark.parametrize(("off_s", "offset_min"), [(61, 0), (-61, 0), (0, 60)])
async def test_a_clock_that_is_wrong_is_set_without_more_ado(off_s: int, offset_min: int) -> None:
    with at_fake(timezone="UTC") as (device, laptop):
        device.set_clock(epoch(laptop.clock.now() + timedelta(seconds=off_s)), offset_min)
        assert await set_time(laptop.connection, out=laptop.out) == 0
        assert abs(device.number("bsm", "Epoch") - epoch(laptop.clock.now())) <= 1
        assert device.number("bsm", "TZO") == 0
    assert "EpochSetCnt 7 before, 8 now" in laptop.told


async def test_a_clock_is_not_moved_under_a_session_unless_that_is_meant() -> None:
    with at_fake() as (device, laptop):
        device.put("bsm", "DO", 1)
        assert await set_time(laptop.connection, out=laptop.out) == REFUSED
        assert device.writes == []
        assert "a session may be under way" in laptop.told
        assert await set_time(laptop.connection, out=laptop.out, yes=True) == 0


async def test_a_computer_that_follows_no_ntp_gives_no_time() -> None:
    with at_fake() as (device, laptop):
        laptop.clock.follows = False
        with pytest.raises(StationError, match="follows no NTP; compare it with one that is right, then add --force"):
            await set_time(laptop.connection, out=laptop.out, yes=True)
        assert device.requests == []


async def test_a_computer_whose_clock_cannot_be_right_gives_no_time() -> None:
    with at_fake() as (device, laptop):
        laptop.clock.shift((datetime(2020, 1, 1, tzinfo=UTC) - laptop.clock.now()).total_seconds())
        with pytest.raises(StationError, match=r"says 2020-01-01 .* cannot be right: set it first"):
            await set_time(laptop.connection, out=laptop.out, yes=True)
        assert device.requests == []


async def test_a_meter_that_does_not_take_the_time_is_said_so() -> None:
    with at_fake(timezone="UTC") as (device, laptop):
        device.set_clock(epoch(laptop.clock.now() - timedelta(hours=1)), 0)
        device.faults.ignores.add(address("bsm", "Epoch"))
        with pytest.raises(MeterError, match="unit 42 on tty: did not take the time"):
            await set_time(laptop.connection, out=laptop.out)
    assert "after 2026-12-01 11:00:00+00:00, 1.0 hours behind" in laptop.told


def test_a_zone_that_is_not_known_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["meter", "set-time", "--port", "/dev/null", "--timezone", "Europe/Berlim"])
    assert end.value.code == MISUSED
    assert "Europe/Berlim: unknown here" in capsys.readouterr().err
