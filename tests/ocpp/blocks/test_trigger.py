"""What the CSMS asks for is sent after the answer, and it is told at once what will not come."""

import asyncio
import contextlib

import pytest
from ocpp.v201 import call
from ocpp.v201.datatypes import StatusInfoType
from ocpp.v201.enums import MeasurandEnumType as Measurand
from ocpp.v201.enums import MessageTriggerEnumType as Wanted
from ocpp.v201.enums import TriggerMessageStatusEnumType

from station.core.events import StopCause, StopRequested
from station.ocpp.blocks.availability import Availability
from station.ocpp.blocks.meter_values import MeterValues, Shown
from station.ocpp.blocks.trigger import AGAIN_S, ATTEMPTS, Trigger
from station.ocpp.idle_statuses import IdleStatuses
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from tests.fakes import reports_in
from tests.ocpp.csms import SILENCE, Refusal, talking
from tests.ocpp.yard import Yard, transactions_of

MEASURANDS = {Measurand.energy_active_import_register, Measurand.voltage}


class Office:
    """A yard with two EVSEs, and everything that can be asked for here."""

    def __init__(self, yard):
        self.yard = yard
        self.tasks = set()
        self.asked_for = []
        router = Router()
        self.session = RpcSession(router, timeout_s=lambda: 5.0)
        idle = IdleStatuses(self.session)
        sources = {
            Wanted.status_notification: Availability(
                yard.evses, self.session, news=yard.news, now=yard.clock.now, minimum_duration_s=lambda: 0.0
            ).triggered,
            Wanted.transaction_event: transactions_of(yard.evses).triggered,
            Wanted.meter_values: MeterValues(
                yard.evses, self.session, measurands=lambda: MEASURANDS, shown=Shown
            ).triggered,
            Wanted.log_status_notification: idle.log_status,
            Wanted.firmware_status_notification: idle.firmware_status,
            Wanted.boot_notification: lambda _evse: None,
            Wanted.sign_charging_station_certificate: lambda _evse: self._sign,
        }
        router.add(Trigger(sources, spawn=self._spawn))

    async def _sign(self):
        self.asked_for.append("certificate")

    def _spawn(self, name, work):
        self.tasks.add(asyncio.create_task(work, name=name))

    @contextlib.asynccontextmanager
    async def connected(self):
        async with talking(self.session) as csms:
            yield csms
            await asyncio.gather(*self.tasks, return_exceptions=True)


async def trigger(csms, message, **evse):
    """Return the status of the answer, and check that the answer came before anything else."""
    return (await ask(csms, message, **evse))["status"]


async def ask(csms, message, **evse):
    before = len(csms.asked)
    payload = {"requestedMessage": message} | ({"evse": evse} if evse else {})
    kind, _, answer = await csms.call("TriggerMessage", **payload)
    assert kind == 3
    assert len(csms.asked) == before
    return answer


@pytest.fixture
async def office(tmp_path):
    yard = Yard(tmp_path, evses=2)
    async with yard.open():
        await yard.until(lambda: all(evse.reading for evse in yard.evses.values()))
        yield Office(yard)


@pytest.mark.ocpp("F06.FR.08")
@pytest.mark.parametrize(
    "message", ["PublishFirmwareStatusNotification", "SignV2GCertificate", "SignCombinedCertificate"]
)
async def test_what_this_station_lacks_is_not_implemented(office, message):
    async with office.connected() as csms:
        assert await trigger(csms, message) == "NotImplemented"
    assert csms.asked == []


@pytest.mark.ocpp("F06.FR.05")
async def test_what_will_not_be_sent_is_rejected(office):
    async with office.connected() as csms:
        assert await trigger(csms, "BootNotification") == "Rejected"
    assert csms.asked == []


@pytest.mark.ocpp("F06.FR.04", "F06.FR.10", "F06.FR.12")
async def test_the_status_of_a_connector_is_told_as_it_is(office):
    await office.yard.plug(2)
    async with office.connected() as csms:
        assert await trigger(csms, "StatusNotification", id=2, connectorId=1) == "Accepted"
        status = await csms.hear("StatusNotification")
        assert (status["evseId"], status["connectorId"], status["connectorStatus"]) == (2, 1, "Occupied")
        assert len(csms.asked) == 1


@pytest.mark.ocpp("F06.FR.05", "F06.FR.12")
@pytest.mark.parametrize(
    ("evse", "code"),
    [
        ({}, "MissingParam"),
        ({"id": 1}, "MissingParam"),
        ({"id": 0}, "MissingParam"),
        ({"id": 1, "connectorId": 2}, "UnknownConnectorId"),
        ({"id": 3, "connectorId": 1}, "UnknownEvse"),
    ],
)
async def test_a_status_that_is_of_no_connector_is_rejected_with_the_reason(office, evse, code):
    async with office.connected() as csms:
        answer = await ask(csms, "StatusNotification", **evse)
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", code)
    assert csms.asked == []


@pytest.mark.ocpp("F06.FR.10")
async def test_what_was_accepted_and_not_answered_is_sent_again_as_it_is_then(office):
    async with office.connected() as csms:
        csms.answer("StatusNotification", SILENCE, {})
        assert await trigger(csms, "StatusNotification", id=1, connectorId=1) == "Accepted"
        await csms.hear("StatusNotification")
        await office.yard.plug(1)
        await csms.hear("StatusNotification", 2)
        await asyncio.sleep(5 * AGAIN_S)
        assert [status["connectorStatus"] for status in csms.of("StatusNotification")] == ["Available", "Occupied"]


@pytest.mark.ocpp("F06.FR.10")
async def test_what_was_accepted_is_sent_over_the_next_connection_if_that_comes_soon(office):
    async with office.connected() as csms:
        csms.answer("StatusNotification", SILENCE)
        assert await trigger(csms, "StatusNotification", id=1, connectorId=1) == "Accepted"
        await csms.hear("StatusNotification")
        gone = csms
        await gone.wire.close()
        async with office.connected() as csms:
            await csms.hear("StatusNotification")


async def test_nobody_is_told_for_ever_who_does_not_listen(office):
    async with office.connected() as csms:
        csms.answer("StatusNotification", SILENCE)
        await trigger(csms, "StatusNotification", id=1, connectorId=1)
        await asyncio.gather(*office.tasks)
        assert len(csms.of("StatusNotification")) == ATTEMPTS


@pytest.mark.ocpp("F06.FR.09")
async def test_a_status_that_nobody_knows_yet_is_rejected(tmp_path):
    yard = Yard(tmp_path)
    yard.meters[1].be_silent()
    async with yard.open(awake=False):
        office = Office(yard)
        async with office.connected() as csms:
            assert await trigger(csms, "StatusNotification", id=1, connectorId=1) == "Rejected"


@pytest.mark.ocpp("F06.FR.06", "F06.FR.11")
async def test_the_values_of_every_meter_are_told_or_of_the_one_that_is_named(office):
    async with office.connected() as csms:
        assert await trigger(csms, "MeterValues") == "Accepted"
        await csms.hear("MeterValues", 2)
        assert await trigger(csms, "MeterValues", id=2) == "Accepted"
        await csms.hear("MeterValues", 3)
        assert await trigger(csms, "MeterValues", id=3) == "Rejected"
    told = csms.of("MeterValues")
    assert [message["evseId"] for message in told] == [1, 2, 2]
    [meter_value] = told[0]["meterValue"]
    values = {(value["measurand"], value.get("phase")): value for value in meter_value["sampledValue"]}
    assert values["Energy.Active.Import.Register", None]["value"] == 1000
    assert values["Voltage", "L1-N"]["value"] == 230
    assert {value["context"] for value in values.values()} == {"Trigger"}


@pytest.mark.ocpp("F06.FR.09")
async def test_values_of_a_meter_that_is_silent_are_not_told_as_new(office):
    office.yard.meters[1].be_silent()
    await office.yard.until(lambda: office.yard.evses[1].reading is None)
    async with office.connected() as csms:
        assert await trigger(csms, "MeterValues", id=1) == "Rejected"
        assert await trigger(csms, "MeterValues") == "Accepted"
        assert (await csms.hear("MeterValues"))["evseId"] == 2


@pytest.mark.ocpp("F06.FR.07", "F06.FR.11")
async def test_each_running_transaction_tells_how_it_is(office):
    ids = {await office.yard.charge(1), await office.yard.charge(2)}
    before = len(reports_in(office.yard.database))
    async with office.connected() as csms:
        assert await trigger(csms, "TransactionEvent") == "Accepted"
    await office.yard.until(lambda: len(reports_in(office.yard.database)) == before + 2)
    told = reports_in(office.yard.database)[before:]
    assert {report.transaction_id for report in told} == ids
    assert {(report.trigger, report.charging_state) for report in told} == {("Trigger", "Charging")}
    assert all(report.samples for report in told)


@pytest.mark.ocpp("F06.FR.05")
async def test_where_no_transaction_runs_there_is_none_to_tell_of(office):
    await office.yard.charge(2)
    async with office.connected() as csms:
        assert await trigger(csms, "TransactionEvent", id=1) == "Rejected"
        office.yard.evses[2].post(StopRequested(StopCause.CARD))
        await office.yard.until(lambda: not office.yard.charging(2))
        assert await trigger(csms, "TransactionEvent") == "Rejected"


@pytest.mark.ocpp("F06.FR.03", "F06.FR.15", "F06.FR.16")
@pytest.mark.parametrize("evse", [{}, {"id": 1}, {"id": 9}])
async def test_tasks_that_are_not_under_way_are_idle_whatever_evse_is_named(office, evse):
    async with office.connected() as csms:
        for message in ("LogStatusNotification", "FirmwareStatusNotification"):
            assert await trigger(csms, message, **evse) == "Accepted"
            assert await csms.hear(message) == {"status": "Idle"}


@pytest.mark.ocpp("F06.FR.04")
async def test_a_certificate_is_asked_for_after_the_answer(office):
    async with office.connected() as csms:
        assert await trigger(csms, "SignChargingStationCertificate") == "Accepted"
        await asyncio.sleep(0.1)
    assert office.asked_for == ["certificate"]


async def test_a_triggered_message_that_the_csms_refuses_hurts_nobody(office):
    async with office.connected() as csms:
        csms.answer("LogStatusNotification", Refusal())
        assert await trigger(csms, "LogStatusNotification") == "Accepted"
        await csms.hear("LogStatusNotification")
        await asyncio.gather(*office.tasks)
        assert await trigger(csms, "FirmwareStatusNotification") == "Accepted"
        await csms.hear("FirmwareStatusNotification")


@pytest.mark.ocpp("F06.FR.05")
async def test_the_answer_says_why_something_cannot_be_sent(office):
    why = StatusInfoType(reason_code="MissingDevModelInfo", additional_info="a name is not set")
    block = Trigger({Wanted.heartbeat: lambda _evse: why}, spawn=lambda name, work: None)
    answer = await block.trigger(call.TriggerMessage(requested_message=Wanted.heartbeat))
    assert (answer.status, answer.status_info) == (TriggerMessageStatusEnumType.rejected, why)
