"""`station meter watch`: nothing old is ever shown as new."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from station.commands.meter.watch import Display, Lines, Screen, watch
from station.errors import LineSilentError
from station.meter.registers import address
from tests.commands.meter.laptop import Laptop, Terminal, at_bench, at_fake

LIVE = address("tpm", "A")


@contextlib.asynccontextmanager
async def watching(
    laptop: Laptop, display: Display, interval_s: float = 1.0
) -> AsyncIterator[Callable[[float], Awaitable[None]]]:
    task = asyncio.create_task(watch(laptop.connection, display=display, interval_s=interval_s))
    yield asyncio.sleep
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_each_reading_is_one_line_where_there_is_no_terminal(tmp_path: Path) -> None:
    out = io.StringIO()
    async with at_bench(tmp_path) as (_, laptop), watching(laptop, Lines(out, laptop.clock.now)) as later:
        await later(5.5)
    lines = out.getvalue().splitlines()
    assert len(lines) in (5, 6)
    assert len(set(lines)) == len(lines)
    assert all("energy 12.34 kWh  power 0 0 0 0 W" in line for line in lines)


async def test_the_interval_is_kept_however_long_a_reading_takes(tmp_path: Path) -> None:
    out = io.StringIO()
    async with at_bench(tmp_path) as (bench, laptop), watching(laptop, Lines(out, laptop.clock.now), 2.0) as later:
        await later(1.0)
        bench.evse(1).fault("meter_late", on=True, seconds=0.7)
        await later(19.5)
    assert len(out.getvalue().splitlines()) == 10


async def test_a_failed_reading_is_a_line_with_the_error_and_the_age_of_the_last_good_one() -> None:
    with at_fake() as (device, laptop):
        async with watching(laptop, Lines(laptop.out, laptop.clock.now), 2.0) as later:
            await later(1)
            device.faults.deaf_to.add(LIVE)
            await later(2.5)
            device.faults.deaf_to.clear()
            await later(2)
    good, bad, good_again = laptop.out.getvalue().splitlines()
    assert "power 11040" in good
    assert bad.endswith("no values: no answer; the last ones are 3.0 s old")
    assert "power 11040" in good_again


async def test_a_meter_that_never_told_anything_has_no_last_values() -> None:
    with at_fake() as (device, laptop):
        device.faults.deaf_to.add(LIVE)
        async with watching(laptop, Lines(laptop.out, laptop.clock.now)) as later:
            await later(1.5)
    assert laptop.told.endswith("no values: no answer; there were none so far")


async def test_a_table_on_a_terminal_is_painted_over_the_one_before() -> None:
    with at_fake() as (device, laptop):
        terminal = Terminal()
        async with watching(laptop, Screen(terminal, laptop.clock.now)) as later:
            await later(3.5)
            device.put("tpm", "W", 900)
            await later(1)
    seen = terminal.screen()
    assert sum("energy" in line for line in seen) == 1
    assert sum(line.startswith("power  ") and "9000" in line for line in seen) == 1
    assert seen[-2:] == ["Ctrl-C ends.", ""]


async def test_old_values_on_a_terminal_are_called_old_and_age() -> None:
    with at_fake() as (device, laptop):
        terminal = Terminal()
        async with watching(laptop, Screen(terminal, laptop.clock.now)) as later:
            await later(0.5)
            device.faults.deaf_to.add(LIVE)
            await later(2.0)
            assert terminal.screen()[0].startswith("NO NEW VALUES: no answer; the last ones are 2.0 s old")
            assert "\x1b[2m" in terminal.getvalue().split("NO NEW VALUES")[-1]
            await later(60)
            assert terminal.screen()[0].startswith("NO NEW VALUES: no answer; the last ones are 6")
            device.faults.deaf_to.clear()
            await later(3)
    assert "NO NEW VALUES" not in "".join(terminal.screen())


async def test_while_the_meter_has_not_answered_its_last_values_are_called_old(tmp_path: Path) -> None:
    terminal = Terminal()
    async with at_bench(tmp_path) as (bench, laptop), watching(laptop, Screen(terminal, laptop.clock.now)) as later:
        await later(1.5)
        assert "NO NEW VALUES" not in "".join(terminal.screen())
        bench.evse(1).fault("meter_silent", on=True)
        await later(2.5)
        assert terminal.screen()[0].startswith("NO NEW VALUES: the meter has not answered yet; the last ones are ")


async def test_a_problem_that_is_over_is_not_blamed_again() -> None:
    with at_fake() as (_, laptop):
        reading = await laptop.connection.meter.read()
        terminal = Terminal()
        screen = Screen(terminal, laptop.clock.now)
        screen.fail("the wire is off", reading)
        screen.show(reading)
        screen.wait(reading)
    assert terminal.screen()[0].startswith("NO NEW VALUES: the meter has not answered yet")


async def test_another_meter_that_is_plugged_in_meanwhile_is_named() -> None:
    with at_fake() as (device, laptop):
        terminal = Terminal()
        async with watching(laptop, Screen(terminal, laptop.clock.now)) as later:
            await later(0.5)
            device.faults.deaf_to.add(LIVE)
            await later(2)
            device.put("bsm", "MA1", "001BZR1521079999")
            device.faults.deaf_to.clear()
            await later(3)
    assert terminal.screen()[0].startswith("meter 001BZR1521079999")


async def test_without_a_meter_in_the_beginning_there_is_nothing_to_watch() -> None:
    with at_fake() as (device, laptop):
        device.faults.deaf_to.add(40000)
        with pytest.raises(LineSilentError):
            await watch(laptop.connection, display=Lines(laptop.out, laptop.clock.now), interval_s=1.0)


async def test_a_line_that_is_wider_than_the_terminal_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    with at_fake() as (device, laptop):
        terminal = Terminal()
        async with watching(laptop, Screen(terminal, laptop.clock.now)) as later:
            await later(0.5)
            device.faults.deaf_to.add(LIVE)
            await later(2)
    assert max(map(len, terminal.screen())) <= 30
