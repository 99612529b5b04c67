"""What is said to the CSMS when the connection comes, while it lasts, and when it goes."""

import asyncio
import contextlib
import json

import pytest
from ocpp.v201.datatypes import ChargingStationType
from ocpp.v201.enums import BootReasonEnumType

from station.core.security_events import SecurityEvent
from station.ocpp.blocks.availability import Availability
from station.ocpp.blocks.diagnostics import Diagnostics
from station.ocpp.blocks.security import Security
from station.ocpp.heartbeat import Heartbeat
from station.ocpp.outbox import Attempts, OutboxSender
from station.ocpp.registration import Registration
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.ocpp.uplink import Uplink
from station.storage.outbox import Outbox
from station.storage.security_log import SecurityLog
from tests.ocpp.csms import NOW, SILENCE, Csms
from tests.ocpp.fake_wire import FakeWire
from tests.ocpp.yard import Yard, transactions_of

THRESHOLD_S = 5.0
HEARTBEAT_S = 4.0


class FakeLink:
    """Connects when the test says so, and serves until the wire is cut."""

    def __init__(self):
        self._wires = asyncio.Queue()
        self.served = 0

    async def run(self, serve):
        while True:
            await serve(await self._wires.get())
            self.served += 1

    @contextlib.asynccontextmanager
    async def connected(self):
        csms = Csms(FakeWire())
        self._wires.put_nowait(csms.wire)
        answering = asyncio.create_task(csms.run())
        served = self.served
        try:
            yield csms
        finally:
            csms.wire.lose()
            while self.served == served:
                await asyncio.sleep(0.01)
            answering.cancel()


class Station:
    """All that Uplink holds together, around EVSEs on fake devices."""

    def __init__(self, yard):
        self.yard, self.link = yard, FakeLink()
        now = yard.clock.now
        self.store = Outbox(yard.database)
        self.security = Security(self.store, SecurityLog(yard.database), now=now, ring=yard.mail.set)
        session = RpcSession(
            Router(),
            timeout_s=lambda: 30.0,
            outgoing_gate=lambda action: self.registration.permit_outgoing(action),
            on_invalid=self.security.invalid_message,
        )
        self.registration = Registration(
            session,
            station=ChargingStationType(vendor_name="Tests", model="Bench"),
            reason=BootReasonEnumType.power_up,
            set_time=lambda time: None,
            on_accepted=lambda interval_s: None,
        )
        self.sender = OutboxSender(
            self.store,
            session,
            postmen={
                "TransactionEvent": transactions_of(yard.evses),
                "NotifyEvent": Diagnostics(now=now),
                Security.action: self.security,
            },
            attempts=lambda: Attempts(3, 60.0),
            mail=yard.mail,
            now=now,
        )
        heartbeat = Heartbeat(session, interval_s=lambda: HEARTBEAT_S, set_time=lambda time: None)
        self.uplink = Uplink(
            self.link,
            session,
            registration=self.registration,
            outbox=self.sender,
            availability=Availability(yard.evses, session, news=yard.news, now=now, minimum_duration_s=lambda: 0.0),
            security=self.security,
            routines={"heartbeat": heartbeat.run},
            offline_threshold_s=lambda: THRESHOLD_S,
        )


@pytest.fixture
async def station(tmp_path):
    yard = Yard(tmp_path, evses=2)
    async with yard.open():
        station = Station(yard)
        running = asyncio.create_task(station.uplink.run())
        try:
            yield station
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def told(csms):
    return [(status["evseId"], status["connectorStatus"]) for status in csms.of("StatusNotification")]


@pytest.mark.ocpp("B01.FR.05", "B01.FR.08")
async def test_the_boot_comes_first_and_then_every_status_and_the_queue(station):
    station.security.notify(SecurityEvent.STARTUP_OF_THE_DEVICE)
    async with station.link.connected() as csms:
        await csms.hear("StatusNotification", 2)
        await station.sender.wait_empty()
        assert csms.actions[0] == "BootNotification"
        assert csms.actions.count("BootNotification") == 1
        assert sorted(told(csms)) == [(1, "Available"), (2, "Available")]
        assert csms.of("SecurityEventNotification")[0]["type"] == "StartupOfTheDevice"


@pytest.mark.ocpp("B02.FR.02", "B02.FR.06")
async def test_while_the_csms_hesitates_nothing_is_told_and_the_connection_stays(station):
    station.security.notify(SecurityEvent.STARTUP_OF_THE_DEVICE)
    async with station.link.connected() as csms:
        pending = {"currentTime": NOW, "interval": 10, "status": "Pending"}
        csms.answer("BootNotification", pending, pending | {"status": "Accepted"})
        await asyncio.sleep(9)
        assert csms.actions == ["BootNotification"]
        assert station.link.served == 0
        assert not station.uplink.online
        await csms.hear("StatusNotification", 2)
        assert station.uplink.online


@pytest.mark.ocpp("G02.FR.02")
async def test_heartbeats_go_as_long_as_the_connection_lasts(station):
    async with station.link.connected() as csms:
        await asyncio.sleep(3.5 * HEARTBEAT_S)
        assert len(csms.of("Heartbeat")) == 3
    heard = len(csms.asked)
    await asyncio.sleep(2 * HEARTBEAT_S)
    assert len(csms.asked) == heard


@pytest.mark.ocpp("B04.FR.02")
async def test_after_a_short_time_offline_only_what_changed_is_told(station):
    async with station.link.connected() as csms:
        await csms.hear("StatusNotification", 2)
    assert not station.uplink.online
    await station.yard.plug(2)
    async with station.link.connected() as csms:
        await asyncio.sleep(2)
        assert told(csms) == [(2, "Occupied")]
        assert "BootNotification" not in csms.actions


@pytest.mark.ocpp("B04.FR.01")
async def test_after_a_long_time_offline_every_status_is_told(station):
    async with station.link.connected() as csms:
        await csms.hear("StatusNotification", 2)
    await station.yard.plug(2)
    await asyncio.sleep(THRESHOLD_S + 1)
    async with station.link.connected() as csms:
        await asyncio.sleep(2)
        assert sorted(told(csms)) == [(1, "Available"), (2, "Occupied")]


@pytest.mark.ocpp("B04.FR.01")
async def test_a_connection_that_was_too_short_to_tell_everything_does_not_make_it_known(station):
    async with station.link.connected() as csms:
        await csms.hear("StatusNotification", 2)
    await asyncio.sleep(THRESHOLD_S + 1)
    async with station.link.connected() as csms:
        csms.answer("StatusNotification", SILENCE)
        await csms.hear("StatusNotification")
    async with station.link.connected() as csms:
        await asyncio.sleep(2)
        assert sorted(told(csms)) == [(1, "Available"), (2, "Available")]


@pytest.mark.ocpp("E04.FR.03", "E11.FR.07", "E12.FR.02")
async def test_what_happens_offline_and_what_was_not_answered_before_is_marked_so(station):
    yard = station.yard
    async with station.link.connected() as csms:
        await csms.hear("StatusNotification", 2)
        await yard.charge(1)
        await csms.hear("TransactionEvent")
        await station.sender.wait_empty()
        assert "offline" not in csms.of("TransactionEvent")[0]
        csms.answer("TransactionEvent", SILENCE)
        await csms.hear("TransactionEvent", len(csms.of("TransactionEvent")) + 1)
    yard.online = False
    await yard.unplug(1)
    await yard.until(lambda: yard.evses[1].session.transaction is None)
    yard.online = True
    async with station.link.connected() as csms:
        await station.sender.wait_empty()
        events = csms.of("TransactionEvent")
    assert events[-1]["eventType"] == "Ended"
    assert [event["offline"] for event in events] == [True] * len(events)
    assert [event["seqNo"] for event in events] == sorted(event["seqNo"] for event in events)


async def test_what_was_queued_before_the_start_is_sent_as_offline(tmp_path):
    yard = Yard(tmp_path)
    async with yard.open():
        station = Station(yard)
        await yard.charge()
        assert not all(row.offline for row in station.store.head(10))
        running = asyncio.create_task(station.uplink.run())
        await asyncio.sleep(1)
        assert all(row.offline for row in station.store.head(10))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.ocpp("A04.FR.02")
async def test_invalid_messages_are_told_once_a_connection(station):
    async with station.link.connected() as csms:
        await csms.hear("StatusNotification", 2)
        for _ in range(3):
            csms.wire.say("nonsense")
        await asyncio.sleep(2)
        assert [event["type"] for event in csms.of("SecurityEventNotification")] == ["InvalidMessages"]
    async with station.link.connected() as csms:
        csms.wire.say(json.dumps([9]))
        assert (await csms.hear("SecurityEventNotification"))["type"] == "InvalidMessages"


@pytest.mark.ocpp("B10.FR.10", "B01.FR.05")
async def test_another_csms_is_told_everything_from_the_boot_on(station):
    async with station.link.connected() as csms:
        await csms.hear("StatusNotification", 2)
    station.registration.announce_again()
    async with station.link.connected() as csms:
        await csms.hear("StatusNotification", 2)
        assert csms.actions[0] == "BootNotification"
        assert sorted(told(csms)) == [(1, "Available"), (2, "Available")]


@pytest.mark.ocpp("B01.FR.08")
async def test_whoever_announces_the_station_again_silences_it_until_the_next_connection(station):
    async with station.link.connected() as csms:
        await csms.hear("StatusNotification", 2)
        station.registration.announce_again()
        heard = len(csms.asked)
        await station.yard.plug(1)
        station.security.notify(SecurityEvent.STARTUP_OF_THE_DEVICE)
        await asyncio.sleep(3 * HEARTBEAT_S)
        assert len(csms.asked) == heard
        assert not station.uplink.online
    async with station.link.connected() as csms:
        await csms.hear("SecurityEventNotification")
        assert csms.actions[0] == "BootNotification"


async def test_everything_is_told_when_the_queue_is_empty_and_every_status_is_confirmed(station):
    async with station.link.connected() as csms:
        await csms.hear("StatusNotification", 2)
        await station.uplink.wait_told()
        csms.answer("StatusNotification", SILENCE, {})
        await station.yard.plug(1)
        waiting = asyncio.create_task(station.uplink.wait_told())
        await asyncio.sleep(20)
        assert not waiting.done()
        await asyncio.wait_for(waiting, 60)
        assert told(csms)[2:] == [(1, "Occupied")] * 2


async def test_without_the_csms_there_is_nobody_to_tell_a_status(station):
    async with station.link.connected() as csms:
        await csms.hear("StatusNotification", 2)
        await station.uplink.wait_told()
    await station.yard.plug(1)
    await asyncio.wait_for(station.uplink.wait_told(), 1)
