"""A whole station with each charge controller, on each kind of line: signed sessions, whatever happens to them."""

from dataclasses import replace
from pathlib import Path

import pytest

from simulators.bench.place import TcpPlace
from simulators.bench.settings import Settings, plain
from station.hardware import drivers
from station.hardware.places import traits_of
from tests.flows.house import SETTINGS, House, until

KINDS = ("phoenix-ev-cc", "phoenix-em-cp-pp-eth", "evse-wb")
METER_LINE = 'name = "meter"\nport = "{folder}/meter1"\nparity = "none"\n'
CONTROLLER_LINE = 'name = "controller"\nport = "{folder}/controller1"\nparity = "none"\n'
CONTROLLER = 'type = "phoenix-ev-cc"\nline = "controller"\n'


def bench(folder: Path, kind: str, *, wire: str) -> Settings:
    settings = plain(folder, energy_scale=60)
    row = settings.evses[0]
    unit = traits_of(drivers.charge_controller(kind)).unit
    controller = replace(row.controller, type=kind, unit=unit)
    if wire == "tcp":
        controller = replace(controller, port=TcpPlace("tcp", "127.0.0.1", 0, "controller"))
    meter = row.meter if wire == "serial" else replace(row.meter, port=TcpPlace("tcp", "127.0.0.1", 0, "meter"))
    return replace(settings, evses=(replace(row, cable="fixed", meter=meter, controller=controller),))


class FixedCableHouse(House):
    """A house whose lines are where its bench opened them."""

    def __init__(self, folder: Path, kind: str, *, wire: str) -> None:
        text = SETTINGS.replace(CONTROLLER, f'type = "{kind}"\nline = "controller"\nfixed_cable = true\n')
        text = text.replace('"sType2"', '"cType2"')
        if wire == "tcp":
            for line, name in ((METER_LINE, "meter"), (CONTROLLER_LINE, "controller")):
                assert line in text
                text = text.replace(line, f'name = "{name}"\nport = "{{{name}_port}}"\n')
        super().__init__(folder, settings=text, bench=bench(folder, kind, wire=wire))

    async def start(self, **how: object) -> None:
        evse = self.bench.evse(1)
        self.say(meter_port=evse.meter.path, controller_port=evse.controller.path)
        await super().start(**how)

    async def charging(self) -> None:
        self.plug()
        self.swipe()
        await self.power()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wire", ["serial", "tcp"])
async def test_a_session_is_signed_from_plug_to_plug(tmp_path: Path, kind: str, wire: str) -> None:
    async with FixedCableHouse(tmp_path, kind, wire=wire) as house:
        await house.charging()
        house.unplug()
        await house.event(kind="Ended")
        assert house.transactions_whole() == [True]
        assert not house.contactor_closed
        await house.status("Available")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_controller_that_restarts_leaves_the_session_as_it_is(tmp_path: Path, kind: str) -> None:
    async with FixedCableHouse(tmp_path, kind, wire="tcp") as house:
        await house.charging()
        house.fault("controller_power_cycle")
        await until(lambda: not house.contactor_closed, "an open contactor")
        house.fault("controller_power_cycle", on=False)
        await house.power()
        house.swipe()
        await house.event(kind="Ended")
        assert len(house.csms.transactions) == 1
        assert house.transactions_whole() == [True]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_controller_that_stays_away_ends_the_session_signed(tmp_path: Path, kind: str) -> None:
    async with FixedCableHouse(tmp_path, kind, wire="tcp") as house:
        await house.charging()
        house.fault("controller_silent")
        await house.event(kind="Ended")
        assert house.transactions_whole() == [True]
        assert not house.contactor_closed
        await house.status("Faulted")
        house.fault("controller_silent", on=False)
        house.unplug()
        await house.status("Available")
