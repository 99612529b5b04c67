"""What the device model says about hardware that works, charges, fails or is silent."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from station import __version__
from station.core import variables as var
from station.core.device_model import DeviceModel, EvseFacts, rows_for
from station.core.events import FaultRaised
from station.core.faults import COMPONENTS, VARIABLES, Fault
from station.core.powermeter import Phases, Powermeter
from station.core.session import Session
from station.device_facts import SOURCES, connect, evse_facts
from station.meter.keys import oca_public_key
from station.settings import load
from tests.ocpp.yard import Yard
from tests.settings.files import MINIMAL

CONFIG = Path(__file__).parents[1] / "config" / "station.toml"


class Plant:
    """A yard, and the device model that looks at it."""

    def __init__(self, folder, *, evses=2):
        self.yard = Yard(folder, evses=evses)
        for meter in self.yard.meters.values():
            meter.now = self.yard.clock.now
        rows = rows_for([EvseFacts(evse_id) for evse_id in self.yard.evses])
        self.model = DeviceModel(rows, stored={}, presets={}, save=lambda _address, _text: None)
        connect(self.model, settings(folder), self.yard.evses, self.yard.clock)

    def text(self, row, evse_id=1):
        return self.model.text(row.at(evse_id))


def settings(folder, text=MINIMAL):
    path = folder / "station.toml"
    path.write_text(text)
    return load(path)


@pytest.fixture
async def plant(tmp_path):
    plant = Plant(tmp_path)
    async with plant.yard.open():
        yield plant


async def test_the_station_says_who_it_is(tmp_path):
    plant = Plant(tmp_path)
    config = settings(tmp_path)
    assert plant.model[var.STATION_VENDOR_NAME] == config.station.vendor_name
    assert plant.model[var.STATION_MODEL] == config.station.model
    assert plant.model[var.STATION_SERIAL_NUMBER] == (config.station.serial_number or "")
    assert plant.model[var.STATION_FIRMWARE_VERSION] == __version__
    assert plant.model[var.IDENTITY] == config.station.identity
    assert plant.model[var.SECURITY_PROFILE] == config.csms.security_profile
    assert plant.model[var.ADDITIONAL_ROOT_CERTIFICATE_CHECK] is config.security.additional_root_check
    plant.yard.database.close()


async def test_the_time_is_that_of_the_clock(plant):
    plant.yard.clock.shift(3600)
    assert abs(plant.model[var.DATE_TIME] - plant.yard.clock.now()) < timedelta(seconds=5)


async def test_a_meter_that_was_not_met_is_not_described(tmp_path):
    plant = Plant(tmp_path)
    rows = (var.FISCAL_SERIAL_NUMBER, var.FISCAL_MODEL, var.FISCAL_FIRMWARE_VERSION, var.FISCAL_PUBLIC_KEY)
    measured = (var.EVSE_POWER, var.FEED_VOLTAGE[0], var.FISCAL_ENERGY_IMPORT_REGISTER, var.FEED_FREQUENCY)
    assert [plant.text(row) for row in (*rows, *measured)] == [""] * 8
    plant.yard.database.close()


async def test_a_meter_is_described_as_it_introduced_itself(plant):
    meter = plant.yard.evses[2].identity
    assert plant.text(var.FISCAL_MANUFACTURER, 2) == meter.manufacturer
    assert plant.text(var.FISCAL_MODEL, 2) == meter.model
    assert plant.text(var.FISCAL_SERIAL_NUMBER, 2) == meter.serial
    assert plant.text(var.FISCAL_FIRMWARE_VERSION, 2) == meter.meter_firmware
    assert plant.text(var.FISCAL_COMMUNICATION_FIRMWARE_VERSION, 2) == meter.communication_firmware
    assert plant.text(var.FISCAL_PUBLIC_KEY, 2) == oca_public_key(meter.public_key)


def a_reading(clock):
    return Powermeter(
        clock.now(),
        Phases(81935.4),
        power_w=Phases(7360.1234, 2453.0, 2453.5, 2453.6),
        voltage_v=Phases(None, 230.1, 231.0, 229.9),
        current_a=Phases(32.0, 10.6, 10.7, 10.66),
        frequency_hz=Phases(49.98),
    )


MEASURED = {
    var.EVSE_POWER: "7360.123",
    var.FEED_POWER: "7360.123",
    var.FEED_FREQUENCY: "49.98",
    var.FISCAL_ENERGY_IMPORT_REGISTER: "81935.4",
    var.FEED_PHASE_POWER[0]: "2453.0",
    var.FEED_PHASE_POWER[2]: "2453.6",
    var.FEED_VOLTAGE[0]: "230.1",
    var.FEED_VOLTAGE[1]: "231.0",
    var.FEED_CURRENT[1]: "10.7",
    var.FEED_CURRENT[2]: "10.66",
}


async def test_measurements_are_those_of_the_last_reading(plant):
    evse = SimpleNamespace(reading=a_reading(plant.yard.clock))
    assert {row: row.type.format(SOURCES[row](evse)) for row in MEASURED} == MEASURED


async def test_measurements_are_read_from_the_meter_while_they_are_news(plant):
    await plant.yard.until(lambda: plant.yard.evses[1].reading)
    assert plant.text(var.FEED_VOLTAGE[0]) == "230.0"
    plant.yard.clock.shift(3600)
    assert plant.text(var.FEED_VOLTAGE[0]) == ""


async def test_states_follow_the_vehicle(plant):
    model = plant.model
    assert plant.text(var.EVSE_AVAILABILITY_STATE) == "Available"
    assert (plant.text(var.CONTROLLER_STATE), plant.text(var.CONTROLLER_ACTIVE)) == ("A", "false")
    await plant.yard.charge(1)
    assert plant.text(var.EVSE_AVAILABILITY_STATE) == "Occupied"
    assert model.text(var.CONNECTOR_AVAILABILITY_STATE.at(1, 1)) == "Occupied"
    assert model.text(var.CONNECTOR_AVAILABILITY_STATE.at(2, 1)) == "Available"
    assert (plant.text(var.CONTROLLER_STATE), plant.text(var.CONTROLLER_ACTIVE)) == ("C", "true")


async def test_the_station_is_as_available_as_its_best_evse(plant):
    model = plant.model
    assert model.text(var.STATION_AVAILABILITY_STATE) == "Available"
    assert model[var.STATION_PROBLEM] is False
    plant.yard.evses[2].post(FaultRaised(Fault.PILOT))
    await plant.yard.charge(1)
    assert plant.text(var.EVSE_AVAILABILITY_STATE, 2) == "Faulted"
    assert model.text(var.STATION_AVAILABILITY_STATE) == "Occupied"
    assert model[var.STATION_PROBLEM] is True
    plant.yard.evses[1].post(FaultRaised(Fault.PILOT))
    await plant.yard.until(lambda: plant.yard.evses[1].session.faults)
    assert model.text(var.STATION_AVAILABILITY_STATE) == "Faulted"


@pytest.mark.parametrize(
    ("fault", "row"),
    [
        (Fault.CONTACTOR, var.CONTACTOR_PROBLEM),
        (Fault.LOCK, var.LOCK_PROBLEM),
        (Fault.PILOT, var.CONTROLLER_PROBLEM),
        (Fault.GROUND, var.RCD_PROBLEM),
        (Fault.UNFIT, var.FISCAL_PROBLEM),
        (Fault.EMERGENCY, var.EMERGENCY_STOP_ACTIVE),
        (Fault.DOOR, var.DOOR_SENSOR_ACTIVE),
    ],
)
def test_a_fault_is_a_problem_of_its_component_and_of_its_evse(fault, row):
    problems = (
        var.CONTACTOR_PROBLEM,
        var.LOCK_PROBLEM,
        var.CONTROLLER_PROBLEM,
        var.FISCAL_PROBLEM,
        var.RCD_PROBLEM,
        var.EMERGENCY_STOP_ACTIVE,
        var.DOOR_SENSOR_ACTIVE,
        var.EVSE_PROBLEM,
    )
    faulty = SimpleNamespace(session=Session(1, faults=frozenset({fault})))
    sound = SimpleNamespace(session=Session(1))
    assert {one for one in problems if SOURCES[one](faulty)} == {row, var.EVSE_PROBLEM}
    assert not any(SOURCES[one](sound) for one in problems)


def test_every_component_that_an_alert_names_is_in_the_device_model():
    told = {(row.component, row.name) for row in SOURCES}
    assert {(component, VARIABLES.get(fault, "Problem")) for fault, component in COMPONENTS.items()} <= told


def test_the_rows_of_an_evse_are_those_of_its_settings():
    (first, *_) = load(CONFIG).evses
    facts = evse_facts(load(CONFIG))[0]
    assert (facts.evse_id, facts.phases, facts.max_current_a) == (first.id, first.phases, first.max_current_a)
    assert (facts.connector_type, facts.name) == (first.connector, first.name)
    assert facts.fixed_cable is first.controller.fixed_cable
    assert facts.bay_sensor is False


def test_a_bay_that_is_watched_is_a_fact(tmp_path):
    bay = '[evse.bay]\ntype = "value-file"\npath = "bay"\n'
    (facts,) = evse_facts(settings(tmp_path, MINIMAL + bay))
    assert facts.bay_sensor is True


def test_inputs_of_an_evse_are_facts(tmp_path):
    wire = '[[input]]\nname = "{0}"\nchip = "wires/"\nline = "{0}"\nmeaning = "{0}"\n'
    (facts,) = evse_facts(settings(tmp_path, MINIMAL + wire.format("door")))
    assert (facts.emergency_stop, facts.door_sensor) == (False, True)
    (facts,) = evse_facts(settings(tmp_path, MINIMAL + wire.format("emergency-stop")))
    assert (facts.emergency_stop, facts.door_sensor) == (True, False)


@pytest.mark.parametrize("occupied", [False, True])
def test_the_sensor_of_a_bay_is_active_while_somebody_stands_there(occupied):
    assert SOURCES[var.BAY_SENSOR_ACTIVE](SimpleNamespace(session=Session(1, bay_occupied=occupied))) is occupied
