"""Each driver on the twin of its controller, over the lines that it may hang on: it charges, whatever happens."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from simulators.bench.bench import Bench
from simulators.bench.place import TcpPlace
from simulators.bench.settings import plain
from station.errors import DeviceError, LineRefusedError, LineSilentError
from station.hardware import drivers
from station.hardware.places import ControllerPlace, traits_of
from station.hardware.ports import PilotLetter
from station.meter.lines import line_at

KINDS = ("phoenix-ev-cc", "phoenix-em-cp-pp-eth", "evse-wb")
WIRES = ("serial", "tcp")
LINE_FAULTS = ("silent", "crc", "wrong_unit", "exception", "late", "truncated", "garbage")
SWITCHING_S = 1.0
"""The vehicle asks after half a second, the output follows a tenth later."""
LOOK_S = 0.25


@dataclass
class Outlet:
    """A fixed cable behind a controller that switches the contactor alone, and its driver."""

    bench: Bench
    driver: object
    line: object

    @property
    def evse(self):
        return self.bench.evse(1)

    @property
    def port(self):
        return self.evse.controller.path

    def fault(self, name, on=True, **more):
        self.evse.fault(f"controller_{name}", on, **more)

    async def look(self):
        await asyncio.sleep(LOOK_S)
        return await self.driver.status()

    async def charge(self, amps=10):
        self.evse.plug()
        await self.driver.offer(amps)
        await asyncio.sleep(SWITCHING_S)

    @property
    def drawn_a(self):
        return self.evse.meter.measuring.currents_a[0]


@asynccontextmanager
async def fitted(folder, kind, wire="serial", *, prepared=True):
    driver = drivers.charge_controller(kind)
    traits = traits_of(driver)
    settings = plain(folder)
    row = settings.evses[0]
    twin = replace(row.controller, type=kind, unit=traits.unit, baud=9600 if kind == "evse-wb" else 19200)
    if wire == "tcp":
        twin = replace(twin, port=TcpPlace("tcp", "127.0.0.1", 0))
    row = replace(row, controller=twin, cable="fixed", switched_by="controller")
    async with Bench(replace(settings, evses=(row,))) as bench:
        line = line_at(bench.evse(1).controller.path, baud=twin.baud, parity="N")
        device = line.device(traits.unit, urgent=True, gap_s=traits.gap_s)
        outlet = Outlet(bench, driver(ControllerPlace(device, "controller of EVSE 1", fixed_cable=True)), line)
        try:
            if prepared:
                await outlet.driver.prepare()
            yield outlet
        finally:
            line.close()


on_each_line = pytest.mark.parametrize(("kind", "wire"), [(kind, wire) for kind in KINDS for wire in WIRES])


@on_each_line
async def test_a_vehicle_charges_from_plug_to_plug(tmp_path, kind, wire):
    async with fitted(tmp_path, kind, wire) as outlet:
        seen = [await outlet.look()]
        outlet.evse.plug()
        seen.append(await outlet.look())
        await outlet.driver.offer(10)
        await asyncio.sleep(SWITCHING_S)
        seen.append(await outlet.look())
        assert outlet.drawn_a == 10
        await outlet.driver.withhold()
        await asyncio.sleep(0.1)
        assert not outlet.evse.contactor.closed
        await asyncio.sleep(5)
        seen.append(await outlet.look())
        outlet.evse.unplug()
        seen.append(await outlet.look())
    assert [(status.letter.value, status.pwm_on) for status in seen] == [
        ("A", False), ("B", False), ("C", True), ("B", False), ("A", False),
    ]  # fmt: skip
    assert not any(status.errors for status in seen)


@on_each_line
async def test_the_limit_can_be_changed_while_it_charges(tmp_path, kind, wire):
    async with fitted(tmp_path, kind, wire) as outlet:
        await outlet.charge(16)
        for amps in (6, 12, 16):
            await outlet.driver.offer(amps)
            await asyncio.sleep(LOOK_S)
            assert outlet.drawn_a == amps


@on_each_line
async def test_who_is_unplugged_is_seen(tmp_path, kind, wire):
    async with fitted(tmp_path, kind, wire) as outlet:
        await outlet.charge()
        outlet.evse.unplug()
        assert not outlet.evse.contactor.enabled
        assert (await outlet.look()).letter is PilotLetter.A


@on_each_line
async def test_a_controller_that_offers_from_before_our_restart_is_stopped(tmp_path, kind, wire):
    async with fitted(tmp_path, kind, wire) as outlet:
        await outlet.charge()
        driver = type(outlet.driver)(ControllerPlace(outlet.driver._device, "c", fixed_cable=True))
        await driver.prepare()
        await asyncio.sleep(0.1)
        assert not outlet.evse.contactor.closed
        assert not (await driver.status()).pwm_on


@on_each_line
async def test_a_look_before_everything_else_changes_nothing(tmp_path, kind, wire):
    """Whoever only wants to know how things stand must not end a charge."""
    async with fitted(tmp_path, kind, wire) as outlet:
        await outlet.charge()
        driver = type(outlet.driver)(ControllerPlace(outlet.driver._device, "c", fixed_cable=True))
        assert (await driver.status()).pwm_on
        outlet.fault("power_cycle")
        outlet.fault("power_cycle", on=False)
        before = outlet.evse.controller.limit_a, outlet.evse.controller.state
        await driver.status()
        assert (outlet.evse.controller.limit_a, outlet.evse.controller.state) == before


@on_each_line
async def test_a_controller_that_restarts_in_the_middle_of_a_charge_goes_on(tmp_path, kind, wire):
    async with fitted(tmp_path, kind, wire) as outlet:
        await outlet.charge(12)
        outlet.fault("power_cycle")
        assert not outlet.evse.controller.output, "the contactor opens without anybody's help"
        await asyncio.sleep(0.3)
        outlet.fault("power_cycle", on=False)
        assert (await outlet.look()).pwm_on
        await asyncio.sleep(4)
        assert outlet.drawn_a == 12


@on_each_line
async def test_a_controller_that_restarts_while_nothing_is_offered_offers_nothing_for_long(tmp_path, kind, wire):
    async with fitted(tmp_path, kind, wire) as outlet:
        outlet.evse.plug()
        await outlet.look()
        outlet.fault("power_cycle")
        with pytest.raises(LineSilentError, match=outlet.port):
            await outlet.look()
        outlet.fault("power_cycle", on=False)
        assert not (await outlet.look()).pwm_on
        await asyncio.sleep(5)
        assert not outlet.evse.contactor.closed
        assert (await outlet.look()).letter is PilotLetter.B


@on_each_line
async def test_what_was_withheld_while_the_controller_was_away_stays_withheld(tmp_path, kind, wire):
    async with fitted(tmp_path, kind, wire) as outlet:
        await outlet.charge()
        outlet.fault("silent")
        with pytest.raises(LineSilentError):
            await outlet.driver.withhold()
        assert outlet.evse.contactor.closed, "it never heard it"
        outlet.fault("silent", on=False)
        assert not (await outlet.look()).pwm_on
        await asyncio.sleep(0.1)
        assert not outlet.evse.contactor.closed


@on_each_line
@pytest.mark.parametrize("fault", LINE_FAULTS)
async def test_a_fault_of_the_line_is_an_error_that_names_the_port_and_goes_away(tmp_path, kind, wire, fault):
    if (wire, fault) == ("tcp", "crc"):
        pytest.skip("Modbus TCP has no checksum")
    async with fitted(tmp_path, kind, wire) as outlet:
        await outlet.charge(16)
        outlet.fault(fault, seconds=7, code=4)
        expected = LineRefusedError if fault == "exception" else LineSilentError
        with pytest.raises(expected, match=outlet.port):
            await outlet.look()
        outlet.fault(fault, on=False)
        await asyncio.sleep(10)
        status = await outlet.look()
        assert (status.letter, status.pwm_on) == (PilotLetter.C, True)
        await outlet.driver.offer(8)
        await asyncio.sleep(LOOK_S)
        assert outlet.drawn_a == 8


@on_each_line
@pytest.mark.parametrize("seconds", [0.9, 1.1, 1.7, 2.5])
async def test_answers_that_come_late_are_never_taken_for_others(tmp_path, kind, wire, seconds):
    """Current comes and goes while each answer is late; what is seen is always what is so."""
    async with fitted(tmp_path, kind, wire) as outlet:
        await outlet.charge(16)
        outlet.fault("late", seconds=seconds)
        seen = 0
        for wants_power in (False, True) * 4:
            outlet.evse.set_vehicle(wants_power=wants_power)
            await asyncio.sleep(5)
            try:
                status = await outlet.driver.status()
            except DeviceError:
                continue
            seen += 1
            assert status.letter is (PilotLetter.C if wants_power else PilotLetter.B)
        assert seen or seconds >= 1
        outlet.fault("late", on=False)
        await asyncio.sleep(10)
        assert (await outlet.look()).letter is PilotLetter.C


@on_each_line
async def test_a_line_that_was_cut_works_again_when_it_is_mended(tmp_path, kind, wire):
    async with fitted(tmp_path, kind, wire) as outlet:
        await outlet.charge()
        outlet.bench.line(2).cut(True)
        for _ in range(3):
            with pytest.raises(LineSilentError, match=outlet.port):
                await outlet.look()
        assert outlet.evse.contactor.closed, "the controller goes on with what it was told"
        outlet.bench.line(2).cut(False)
        await asyncio.sleep(5)
        assert (await outlet.look()).pwm_on


@pytest.mark.parametrize("kind", KINDS)
async def test_a_shorted_pilot_is_a_state_of_its_own(tmp_path, kind):
    async with fitted(tmp_path, kind) as outlet:
        await outlet.charge()
        outlet.fault("pilot_short")
        status = await outlet.look()
        assert (status.letter, status.pwm_on) == (PilotLetter.E, False)
        assert not outlet.evse.contactor.enabled


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("asked", KINDS)
async def test_a_probe_finds_its_own_kind_and_no_other(tmp_path, kind, asked):
    async with fitted(tmp_path, kind, prepared=False) as outlet:
        found = await drivers.charge_controller(asked).probe(outlet.line.device(traits_of(type(outlet.driver)).unit))
        assert (found is not None) == (kind == asked)
        if found is not None:
            assert found.endswith("A1" if kind == "phoenix-ev-cc" else "state A")


async def test_a_controller_with_hundredths_gets_them(tmp_path):
    settings = plain(tmp_path)
    row = settings.evses[0]
    twin = replace(row.controller, type="evse-wb", fine_steps=True)
    row = replace(row, controller=twin, cable="fixed", switched_by="controller")
    async with Bench(replace(settings, evses=(row,))) as bench:
        line = line_at(bench.evse(1).controller.path, parity="N")
        driver = drivers.charge_controller("evse-wb")(
            ControllerPlace(line.device(1, gap_s=0.1), "c", fixed_cable=True)
        )
        await driver.prepare()
        bench.evse(1).plug()
        await driver.offer(10.55)
        await asyncio.sleep(SWITCHING_S)
        assert bench.evse(1).meter.measuring.currents_a[0] == 10.55
        line.close()
