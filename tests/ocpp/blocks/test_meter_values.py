"""MeterValues: what the meters of idle EVSEs measure, by the clock or because the CSMS asks."""

import base64
import contextlib
from datetime import timedelta

import pytest
import structlog
from ocpp.v201.datatypes import EVSEType
from ocpp.v201.enums import MeasurandEnumType as Measurand

from station.core.variables import MEASURANDS
from station.meter.keys import oca_public_key
from station.ocpp.blocks.meter_values import MeterValues, Shown
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from tests.fakes_clock import START
from tests.meter.vectors import DEMO_KEY
from tests.ocpp.csms import SILENCE, Refusal, talking
from tests.ocpp.yard import Yard

ENERGY = Measurand.energy_active_import_register
NOW = START + timedelta(minutes=15)


class Office:
    """A yard with two EVSEs whose meters are told about; `shown` is what the variables say."""

    def __init__(self, yard, **shown):
        self.yard = yard
        self.shown = Shown(**{"measurands": (ENERGY,), **shown})
        self.session = RpcSession(Router(), timeout_s=lambda: 5.0)
        self.values = MeterValues(
            yard.evses, self.session, measurands=lambda: {Measurand.voltage}, shown=lambda: self.shown
        )

    async def tell(self, evse_id=1):
        await self.values.clock_struck(self.yard.evses[evse_id], NOW)


@pytest.fixture
async def yard(tmp_path):
    yard = Yard(tmp_path, evses=2)
    for meter in yard.meters.values():
        meter.hardware.key = DEMO_KEY
    async with yard.open():
        await yard.until(lambda: all(evse.reading for evse in yard.evses.values()))
        yield yard


def sampled(message):
    [meter_value] = message["meterValue"]
    return meter_value["sampledValue"]


@pytest.mark.ocpp("J01.FR.02", "J01.FR.05", "J01.FR.06", "J01.FR.07", "J01.FR.08", "J01.FR.09", "J01.FR.17")
async def test_values_say_what_where_why_and_when(yard):
    office = Office(yard)
    yard.meters[2].hardware.flow(230)
    async with talking(office.session) as csms:
        await office.tell(2)
        message = await csms.hear("MeterValues")
    assert message == {
        "evseId": 2,
        "meterValue": [
            {
                "timestamp": "2026-12-01T12:15:00.000Z",
                "sampledValue": [
                    {
                        "value": 1230.0,
                        "context": "Sample.Clock",
                        "measurand": "Energy.Active.Import.Register",
                        "location": "Outlet",
                        "unitOfMeasure": {"unit": "Wh"},
                    }
                ],
            }
        ],
    }


@pytest.mark.ocpp("J01.FR.10", "J01.FR.14")
async def test_every_measurand_and_phase_that_is_wanted_and_there_is_told(yard):
    office = Office(yard, measurands=MEASURANDS.values)
    async with talking(office.session) as csms:
        await office.tell()
        told = sampled(await csms.hear("MeterValues"))
    assert [(value["measurand"], value.get("phase")) for value in told] == [
        ("Energy.Active.Import.Register", None),
        ("Power.Active.Import", None),
        *(("Current.Import", phase) for phase in ("L1", "L2", "L3")),
        *(("Voltage", phase) for phase in ("L1-N", "L2-N", "L3-N")),
    ]
    assert {value["location"] for value in told} == {"Outlet"}


async def test_what_no_meter_has_is_no_message(yard):
    office = Office(yard, measurands=(Measurand.frequency,))
    async with talking(office.session) as csms:
        await office.tell()
    assert csms.asked == []


@pytest.mark.ocpp("J01.FR.21")
@pytest.mark.parametrize("with_key", [False, True])
async def test_signed_values_are_the_meters_bytes_with_its_key_where_every_value_has_it(yard, with_key):
    office = Office(yard, signed=True, with_key=with_key)
    async with talking(office.session) as csms:
        await office.tell()
        [value] = sampled(await csms.hear("MeterValues"))
    [record] = yard.meters[1].hardware.signed
    signed = value["signedMeterValue"]
    assert base64.b64decode(signed["signedMeterData"]) == record.ocmf
    assert (signed["signingMethod"], signed["encodingMethod"]) == ("", "OCMF")
    assert signed["publicKey"] == (oca_public_key(record.public_key) if with_key else "")
    assert value["value"] == record.energy_wh


async def test_nothing_is_signed_unless_that_is_wanted(yard):
    office = Office(yard)
    async with talking(office.session) as csms:
        await office.tell()
        assert "signedMeterValue" not in sampled(await csms.hear("MeterValues"))[0]
    assert yard.meters[1].hardware.signed == []


async def test_nothing_is_signed_where_no_energy_is_told(yard):
    office = Office(yard, signed=True, measurands=(Measurand.voltage,))
    async with talking(office.session) as csms:
        await office.tell()
        await csms.hear("MeterValues")
    assert yard.meters[1].hardware.signed == []


async def test_a_csms_that_refuses_signed_values_is_not_asked_again_and_the_operator_learns_what_to_do(yard):
    office = Office(yard, signed=True)
    async with talking(office.session) as csms:
        csms.answer("MeterValues", Refusal("SecurityError"))
        with structlog.testing.capture_logs() as lines:
            await office.tell()
        assert len(csms.of("MeterValues")) == 1
    [line] = [line for line in lines if line["event"] == "meter_values_refused"]
    assert line["remedy"] == "AlignedDataCtrlr.SignReadings = false"


@pytest.mark.parametrize("connected", [False, True], ids=["offline", "no answer"])
async def test_what_cannot_be_delivered_is_not_kept_for_later(yard, connected):
    office = Office(yard)
    async with talking(office.session) if connected else contextlib.nullcontext() as csms:
        if csms:
            csms.answer("MeterValues", SILENCE)
        with structlog.testing.capture_logs() as lines:
            await office.tell()
    assert [line["event"] for line in lines if line["event"].startswith("meter_values")] == [
        "meter_values_not_delivered"
    ]
    assert yard.database.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


async def test_a_meter_that_has_just_fallen_silent_tells_its_newest_values(yard):
    office = Office(yard)
    yard.meters[1].be_silent()
    async with talking(office.session) as csms:
        await office.tell()
        assert (await csms.hear("MeterValues"))["evseId"] == 1
        await yard.until(lambda: yard.evses[1].reading is None)
        await office.tell()
        assert len(csms.of("MeterValues")) == 1


# Because the CSMS asks


@pytest.mark.ocpp("F06.FR.06")
async def test_who_asks_gets_the_aligned_measurands_as_they_are_now(yard):
    office = Office(yard, measurands=(ENERGY, Measurand.power_active_import))
    async with talking(office.session) as csms:
        work = office.values.triggered(EVSEType(id=1))
        yard.meters[1].hardware.flow(70)
        await work()
        [energy, power] = sampled(await csms.hear("MeterValues"))
    assert (energy["value"], energy["context"], power["measurand"]) == (1070.0, "Trigger", "Power.Active.Import")


@pytest.mark.ocpp("F06.FR.06")
async def test_without_aligned_measurands_those_of_transactions_are_told(yard):
    office = Office(yard, measurands=())
    async with talking(office.session) as csms:
        await office.values.triggered(None)()
        await csms.hear("MeterValues", 2)
        told = [value["measurand"] for message in csms.of("MeterValues") for value in sampled(message)]
    assert set(told) == {"Voltage"}


@pytest.mark.ocpp("F06.FR.05")
async def test_who_wants_no_measurands_at_all_is_told_none(yard):
    values = MeterValues(yard.evses, Office(yard).session, measurands=frozenset, shown=Shown)
    assert values.triggered(None) is None


async def test_one_refusal_does_not_keep_the_values_of_other_evses_back(yard):
    office = Office(yard)
    async with talking(office.session) as csms:
        csms.answer("MeterValues", Refusal("InternalError"), {})
        await office.values.triggered(None)()
        assert [message["evseId"] for message in csms.of("MeterValues")] == [1, 2]
