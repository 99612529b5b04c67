"""`station meter confirm`: the meter that is there is the one that is meant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.bench.bench import Bench
from station.cli import MISUSED, main
from station.clock import SystemClock
from station.commands.meter.confirm import REFUSED, confirm
from station.core.session import Session
from station.errors import StationError, StorageError
from station.storage.database import Database
from station.storage.journal import Journal
from station.storage.meters import Meters
from tests.commands.meter.laptop import SERIAL, Laptop, at_bench

OTHER_KEY = b"the key of the meter that was here"


@asynccontextmanager
async def after_a_swap(
    folder: Path, *, serial: str = "001BZR1521079999"
) -> AsyncIterator[tuple[Bench, Laptop, Path]]:
    """A bench's meter where the station knows another one."""
    state = folder / "state"
    with Database.open(state, SystemClock()) as database:
        Meters(database).remember(1, "001BZR1521079999", OTHER_KEY, SystemClock().now())
    async with at_bench(folder) as (bench, laptop):
        yield bench, laptop, state


def known(state: Path) -> str:
    with Database.look(state) as database:
        meter = Meters(database).known(1)
    assert meter is not None
    return meter.serial


async def test_what_would_change_is_told_before_it_is_done(tmp_path: Path) -> None:
    async with after_a_swap(tmp_path) as (_, laptop, state):
        code = await confirm(laptop.connection, evse_id=1, state_dir=state, out=laptop.out, yes=False)
    assert code == REFUSED
    assert "is known meter 001BZR1521079999, key" in laptop.told
    assert f"is there meter {SERIAL}, key" in laptop.told
    assert "add --yes" in laptop.told
    assert known(state) == "001BZR1521079999"


async def test_the_meter_that_is_there_is_the_one_from_now_on(tmp_path: Path) -> None:
    async with after_a_swap(tmp_path) as (bench, laptop, state):
        assert await confirm(laptop.connection, evse_id=1, state_dir=state, out=laptop.out, yes=True) == 0
        key = bench.evse(1).meter.public_key
    with Database.look(state) as database:
        meter = Meters(database).known(1)
    assert meter is not None
    assert (meter.serial, meter.public_key) == (SERIAL, key)
    assert meter.confirmed_at is not None


async def test_the_same_meter_needs_no_confirmation(tmp_path: Path) -> None:
    async with after_a_swap(tmp_path) as (_, laptop, state):
        await confirm(laptop.connection, evse_id=1, state_dir=state, out=laptop.out, yes=True)
        assert await confirm(laptop.connection, evse_id=1, state_dir=state, out=laptop.out, yes=False) == 0
    assert "nothing to confirm" in laptop.told


async def test_what_the_old_meter_still_had_to_sign_is_named(tmp_path: Path) -> None:
    async with after_a_swap(tmp_path) as (_, laptop, state):
        with Database.open(state, SystemClock()) as database:
            owing = replace(Session(1), owed="transaction-7", owed_by="001BZR1521079999")
            Journal(database).commit(owing, (), now=SystemClock().now(), offline=False)
        await confirm(laptop.connection, evse_id=1, state_dir=state, out=laptop.out, yes=False)
    assert "given up the signed end of transaction transaction-7, owed by meter 001BZR1521079999" in laptop.told


async def test_a_key_in_the_settings_has_to_be_changed_there(tmp_path: Path) -> None:
    async with after_a_swap(tmp_path) as (bench, laptop, state):
        connection = laptop.with_place(public_key=OTHER_KEY)
        with pytest.raises(StationError, match=r"evse\.meter\.public_key of EVSE 1") as caught:
            await confirm(connection, evse_id=1, state_dir=state, out=laptop.out, yes=True)
        assert bench.evse(1).meter.public_key.hex() in str(caught.value)
    assert known(state) == "001BZR1521079999"


async def test_a_running_station_has_to_be_stopped_first(tmp_path: Path) -> None:
    async with after_a_swap(tmp_path) as (_, laptop, state):
        with Database.open(state, SystemClock()), pytest.raises(StorageError):
            await confirm(laptop.connection, evse_id=1, state_dir=state, out=laptop.out, yes=True)


def test_a_port_alone_says_nothing_about_a_station(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["meter", "confirm", "--port", "/dev/ttyNONE"])
    assert caught.value.code == MISUSED
    assert "confirm goes with --config" in capsys.readouterr().err
