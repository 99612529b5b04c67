"""The charge controller's twin over its line: states, outputs, lock, registers (docs/bench.md)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.bench.bench import Bench
from simulators.bench.errors import RefusedError
from simulators.bench.settings import plain
from simulators.bench.world import Evse
from tests.simulators.bench.places import allow, until
from tests.simulators.bench.wire import Master, NoAnswerError, RefusalError, master, pdu


@asynccontextmanager
async def controller(folder: Path, *, cable: str = "socket", rating: int = 32) -> AsyncIterator[tuple[Evse, Master]]:
    settings = plain(folder)
    row = replace(settings.evses[0], cable=cable, cable_rating_a=rating)
    async with Bench(replace(settings, evses=(row,))) as bench:
        evse = bench.evse(1)
        async with master(evse.controller.path, unit=1) as line:
            yield evse, line


async def state(line: Master) -> str:
    (word,) = await line.read(24000, function=4)
    return word.to_bytes(2, "big").decode("ascii")


async def test_nothing_is_offered_before_it_is_told_to(tmp_path: Path) -> None:
    async with controller(tmp_path) as (evse, line):
        assert await state(line) == "A1"
        evse.plug()
        assert await state(line) == "B1"
        await line.coil(20000, True)
        assert await state(line) == "B1"
        await line.write(4000, 3)
        assert await state(line) == "B2"


async def test_a_charge_from_plug_to_plug(tmp_path: Path) -> None:
    async with controller(tmp_path) as (evse, line):
        await allow(line, amps=16)
        await line.coil(20000, False)
        seen = [await state(line)]
        evse.plug()
        seen.append(await state(line))
        await line.coil(20000, True)
        seen.append(await state(line))
        await asyncio.sleep(1)
        seen.append(await state(line))
        assert await line.read(24005) == [1]
        await line.coil(20000, False)
        seen.append(await state(line))
        assert await line.read(24005) == [0]
        await asyncio.sleep(4)
        seen.append(await state(line))
        evse.unplug()
        seen.append(await state(line))
        assert seen == ["A1", "B1", "B2", "C2", "C1", "B1", "A1"]


async def test_the_output_follows_c2_by_a_tenth_of_a_second_and_falls_at_once(tmp_path: Path) -> None:
    async with controller(tmp_path) as (evse, line):
        await allow(line)
        began = asyncio.get_running_loop().time()
        evse.plug()
        await until(lambda: evse.controller.output)
        # Half a second passes before the vehicle asks.
        assert 0.6 <= asyncio.get_running_loop().time() - began < 2
        evse.set_vehicle(wants_power=False)
        assert not evse.controller.output
        assert await state(line) == "B2"


@pytest.mark.parametrize(("asked", "duty"), [(6, 10), (16, 27), (32, 53)])
async def test_the_limit_is_read_back_as_current_and_duty_cycle(tmp_path: Path, asked: int, duty: int) -> None:
    async with controller(tmp_path) as (evse, line):
        await allow(line, amps=asked)
        assert await line.read(24002, 2) == [0, 0]
        evse.plug()
        assert await line.read(24002, 2, function=4) == [duty, asked]


@pytest.mark.parametrize(("cable", "proximity"), [("socket", 20), ("fixed", 0)])
async def test_a_cable_limits_what_is_offered(tmp_path: Path, cable: str, proximity: int) -> None:
    async with controller(tmp_path, cable=cable, rating=20) as (evse, line):
        await allow(line, amps=32)
        evse.plug()
        assert await line.read(24001) == [proximity]
        assert await line.read(24003) == [20]


async def test_a_cable_without_vehicle_is_seen_by_its_resistor_only(tmp_path: Path) -> None:
    async with controller(tmp_path) as (evse, line):
        assert await line.read(24000, 2) == [0x4131, 0]
        evse.plug("station")
        assert await line.read(24000, 2) == [0x4131, 32]
        evse.plug("vehicle")
        assert await line.read(24000, 2) == [0x4231, 32]


async def test_the_lock_holds_the_plug_until_it_is_released(tmp_path: Path) -> None:
    async with controller(tmp_path) as (evse, line):
        await line.write(4002, 3)
        evse.plug()
        await asyncio.sleep(1)
        assert await line.read(24004) == [0]
        await line.coil(20002, True)
        await asyncio.sleep(1)
        assert await line.read(24004, 2) == [2, 2]
        assert evse.plug_held
        evse.unplug()
        assert await state(line) == "A1"
        assert evse.vehicle.at_station
        assert evse.plug_held
        await line.coil(20002, False)
        await asyncio.sleep(1)
        assert not evse.vehicle.at_station
        assert not evse.plug_held
        assert await line.read(24004) == [0]


async def test_a_fixed_cable_cannot_be_locked_nor_pulled_out_of_the_station(tmp_path: Path) -> None:
    async with controller(tmp_path, cable="fixed") as (evse, line):
        await line.write(4002, 3)
        await line.coil(20002, True)
        evse.plug("vehicle")
        await asyncio.sleep(1)
        assert await line.read(24004) == [0]
        with pytest.raises(RefusedError, match="fixed cable"):
            evse.unplug("station")
        evse.unplug()
        assert await state(line) == "A1"


@pytest.mark.parametrize(
    ("fault", "state_then", "error_bit"),
    [("controller_pilot_short", "E0", 3), ("controller_rcm_tripped", "C1", 14)],
)
async def test_faults_stop_the_offer_until_they_are_gone(
    tmp_path: Path, fault: str, state_then: str, error_bit: int
) -> None:
    async with controller(tmp_path) as (evse, line):
        await allow(line)
        evse.plug()
        await asyncio.sleep(1)
        assert evse.controller.output
        evse.fault(fault, on=True)
        assert await state(line) == state_then
        assert await line.read(24025, function=4) == [1 << error_bit]
        assert await line.read(24005) == [0]
        evse.fault(fault, on=False)
        await asyncio.sleep(1)
        assert await state(line) == "C2"
        assert await line.read(24025) == [0]


async def test_a_station_that_is_not_available_shows_f(tmp_path: Path) -> None:
    async with controller(tmp_path) as (evse, line):
        await allow(line)
        evse.plug()
        await line.write(4001, 2)
        assert await state(line) == "F0"
        assert await line.read(24025) == [1 << 4]
        await line.coil(20001, True)
        assert await state(line) == "B2"


@pytest.mark.parametrize(("lock", "bit"), [(True, 5), (False, 6)])
async def test_a_jammed_lock_is_reported(tmp_path: Path, lock: bool, bit: int) -> None:
    async with controller(tmp_path) as (evse, line):
        await line.write(4002, 3)
        evse.plug()
        await line.coil(20002, not lock)
        await asyncio.sleep(1)
        evse.fault("controller_lock_jammed", on=True)
        await line.coil(20002, lock)
        await asyncio.sleep(1)
        assert await line.read(24025) == [1 << bit]
        assert evse.plug_held is not lock
        evse.fault("controller_lock_jammed", on=False)
        await asyncio.sleep(1)
        assert await line.read(24025) == [0]
        assert evse.controller.locked is lock


async def test_the_monitor_reports_a_contactor_that_stays_closed(tmp_path: Path) -> None:
    async with controller(tmp_path) as (evse, line):
        evse.fault("contactor_welded", on=True)
        await asyncio.sleep(1)
        assert await line.read(24025) == [0]
        await line.write(4006, 1)
        await asyncio.sleep(1)
        assert await line.read(24025) == [1 << 11]


async def test_ventilation_is_refused_unless_allowed(tmp_path: Path) -> None:
    async with controller(tmp_path) as (evse, line):
        evse.set_vehicle(needs_ventilation=True)
        await allow(line)
        evse.plug()
        await asyncio.sleep(2)
        assert await state(line) == "D2"
        assert await line.read(24025) == [1 << 10]
        assert await line.read(24005) == [0]
        await line.write(4010, 1)
        await asyncio.sleep(1)
        assert await line.read(24005) == [1 | 4]


async def test_coils_and_registers_are_read_back(tmp_path: Path) -> None:
    async with controller(tmp_path) as (_, line):
        await line.ask(pdu(6, 22000, 20))
        await line.ask(pdu(15, 20000, 3) + b"\x01\x05")
        assert await line.read(22000) == [20]
        assert (await line.ask(pdu(1, 20000, 5)))[2:] == b"\x05"
        await line.coil(20003, True)
        assert (await line.ask(pdu(1, 20003, 1)))[2:] == b"\0"


@pytest.mark.parametrize(
    ("request_pdu", "code"),
    [
        (pdu(3, 4003, 1), 2),
        (pdu(4, 22000, 1), 2),
        (pdu(3, 24005, 2), 2),
        (pdu(1, 20005, 1), 2),
        (pdu(6, 24000, 1), 2),
        (pdu(5, 20005, 0xFF00), 2),
        (pdu(6, 22000, 5), 3),
        (pdu(6, 22000, 64), 3),
        (pdu(6, 4000, 0), 3),
        (pdu(16, 4000, 2) + b"\x04\0\x03\0\x09", 3),
        (pdu(5, 20000, 1), 3),
        (pdu(3, 4000, 0), 3),
        (pdu(2, 20000, 1), 1),
    ],
)
async def test_what_it_cannot_do_is_refused(tmp_path: Path, request_pdu: bytes, code: int) -> None:
    async with controller(tmp_path) as (_, line):
        with pytest.raises(RefusalError) as refused:
            await line.ask(request_pdu)
        assert refused.value.code == code
        assert await line.read(4000) == [2]


async def test_a_silent_controller_goes_on_with_what_it_was_told(tmp_path: Path) -> None:
    async with controller(tmp_path) as (evse, line):
        await allow(line)
        evse.fault("controller_silent", on=True)
        evse.plug()
        with pytest.raises(NoAnswerError):
            await line.read(24000, patience_s=2)
        evse.fault("controller_silent", on=False)
        assert await state(line) == "C2"


async def test_without_supply_it_offers_nothing_and_forgets_its_coils(tmp_path: Path) -> None:
    async with controller(tmp_path) as (evse, line):
        await allow(line, amps=20)
        await line.coil(20002, True)
        evse.plug()
        await asyncio.sleep(1)
        evse.fault("controller_power_cycle", on=True)
        assert (evse.controller.state, evse.controller.output, evse.plug_held) == ("E0", False, True)
        with pytest.raises(NoAnswerError):
            await line.read(24000, patience_s=2)
        evse.fault("controller_power_cycle", on=False)
        assert (await line.ask(pdu(1, 20000, 5)))[2:] == b"\0"
        assert await line.read(22000) == [16]
        assert await line.read(4000, 3) == [3, 1, 3]
        await asyncio.sleep(1)
        assert not evse.plug_held, "its coil says so"


async def test_the_residual_current_monitor_trips_at_its_test_until_it_is_reset(tmp_path: Path) -> None:
    async with controller(tmp_path) as (evse, line):
        await allow(line)
        evse.plug()
        await line.coil(20003, True)
        assert await state(line) == "B1"
        assert await line.read(24025) == [1 << 14]
        await line.coil(20004, True)
        assert await line.read(24025) == [0]
        evse.fault("controller_rcm_dead", on=True)
        await line.coil(20003, True)
        assert await line.read(24025) == [0]
