"""The driver on the twin of its controller, over a real line: what happens to the plug."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from simulators.bench.bench import Bench
from simulators.bench.settings import plain
from station.errors import DeviceError
from station.hardware.phoenix import EvCcAc1
from station.hardware.places import ControllerPlace
from station.hardware.ports import LockError, PilotLetter
from station.meter.bus import Line


@asynccontextmanager
async def fitted(folder, *, cable="socket", **options):
    settings = plain(folder)
    row = replace(settings.evses[0], cable=cable)
    async with Bench(replace(settings, evses=(row,))) as bench:
        evse = bench.evse(1)
        line = Line(evse.controller.path, parity="N")
        driver = EvCcAc1(
            ControllerPlace(line.device(1, urgent=True), "controller of EVSE 1", cable == "fixed", options)
        )
        try:
            await driver.prepare()
            yield evse, driver
        finally:
            line.close()


async def test_a_locked_plug_is_held_until_it_is_released(tmp_path):
    async with fitted(tmp_path) as (evse, driver):
        evse.plug()
        assert not evse.plug_held
        await driver.lock()
        assert evse.plug_held
        evse.unplug()
        assert evse.plug_held
        await driver.unlock()
        assert not evse.plug_held
        assert not evse.vehicle.at_station


async def test_a_jammed_lock_that_should_hold_leaves_the_plug_free(tmp_path):
    async with fitted(tmp_path) as (evse, driver):
        evse.plug()
        evse.fault("controller_lock_jammed", on=True)
        with pytest.raises(LockError, match="lock_failed"):
            await driver.lock()
        assert not evse.plug_held
        evse.fault("controller_lock_jammed", on=False)
        await asyncio.sleep(5)
        assert not evse.plug_held, "nobody asked for it any more"
        await driver.lock()
        assert evse.plug_held


async def test_a_jammed_lock_that_should_let_go_holds_the_plug_until_it_is_tried_again(tmp_path):
    async with fitted(tmp_path) as (evse, driver):
        evse.plug()
        await driver.lock()
        evse.fault("controller_lock_jammed", on=True)
        for _ in range(2):
            with pytest.raises(LockError, match="unlock_failed"):
                await driver.unlock()
        assert evse.plug_held
        assert (await driver.status()).errors == {"unlock_failed"}
        evse.fault("controller_lock_jammed", on=False)
        await driver.unlock()
        assert not evse.plug_held


async def test_a_station_that_starts_with_a_jammed_lock_tries_it_again(tmp_path):
    async with fitted(tmp_path) as (evse, driver):
        evse.plug()
        await driver.lock()
        evse.fault("controller_lock_jammed", on=True)
        with pytest.raises(LockError):
            await driver.unlock()
        evse.fault("controller_lock_jammed", on=False)
        await driver.prepare()
        await driver.unlock()
        assert not evse.plug_held


async def test_the_pilot_is_seen_while_the_lock_moves(tmp_path):
    async with fitted(tmp_path) as (evse, driver):
        evse.plug()
        locking = asyncio.create_task(driver.lock())
        await asyncio.sleep(0.05)
        status = await driver.status()
        assert (status.letter, locking.done()) == (PilotLetter.B, False)
        await locking
        assert evse.plug_held


async def test_a_fixed_cable_is_neither_locked_nor_waited_for(tmp_path):
    async with fitted(tmp_path, cable="fixed") as (evse, driver):
        evse.fault("controller_lock_jammed", on=True)
        await driver.lock()
        await driver.unlock()
        assert not evse.plug_held


async def test_the_contactor_monitor_reports_a_weld_if_the_options_want_it(tmp_path):
    for wanted in (False, True):
        async with fitted(tmp_path, contactor_monitor=wanted) as (evse, driver):
            evse.fault("contactor_welded", on=True)
            await asyncio.sleep(1)
            assert (await driver.status()).errors == ({"contactor_stuck"} if wanted else set())


async def test_a_residual_current_stops_the_offer_and_is_named(tmp_path):
    async with fitted(tmp_path, residual_current_monitor=True) as (evse, driver):
        evse.plug()
        await driver.offer(16)
        assert (await driver.status()).pwm_on
        evse.fault("controller_rcm_tripped", on=True)
        status = await driver.status()
        assert (status.pwm_on, status.errors) == (False, {"residual_current"})


async def test_the_residual_current_monitor_is_tested_and_ready_again(tmp_path):
    async with fitted(tmp_path, residual_current_monitor=True) as (evse, driver):
        await driver.test_residual_current_monitor()
        assert (await driver.status()).errors == set()
        evse.fault("controller_rcm_dead", on=True)
        with pytest.raises(DeviceError, match="does not trip at its test"):
            await driver.test_residual_current_monitor()


async def test_ventilation_is_allowed_if_the_options_want_it(tmp_path):
    for wanted in (False, True):
        async with fitted(tmp_path, ventilation=wanted) as (evse, driver):
            evse.set_vehicle(needs_ventilation=True)
            evse.plug()
            await driver.offer(16)
            await asyncio.sleep(2)
            status = await driver.status()
            assert (status.letter, bool(status.errors), evse.controller.output) == (PilotLetter.D, not wanted, wanted)
