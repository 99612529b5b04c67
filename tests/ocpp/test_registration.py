"""The station speaks when the CSMS has accepted it, and not before."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import ChargingStationType, ModemType
from ocpp.v201.enums import (
    BootReasonEnumType,
    ClearCacheStatusEnumType,
    GenericDeviceModelStatusEnumType,
    RegistrationStatusEnumType,
    TriggerMessageStatusEnumType,
)

from station.ocpp.registration import OWN_RETRY_S, Registration
from station.ocpp.router import Reply, Router, on
from station.ocpp.rpc_errors import NotPermitted
from station.ocpp.session import RpcSession
from tests.ocpp.csms import NOW, SILENCE, Refusal, talking
from tests.ocpp.fake_wire import settle

STATION = ChargingStationType(vendor_name="Tests", model="Bench", firmware_version="1.0")
TIMEOUT_S = 30.0
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


class Desk:
    """A registration with its session, and what it brought."""

    def __init__(self, *, reason=BootReasonEnumType.power_up):
        self.times, self.intervals = [], []
        self.session = RpcSession(
            Router(self),
            timeout_s=lambda: TIMEOUT_S,
            outgoing_gate=lambda action: self.registration.permit_outgoing(action),
            incoming_gate=lambda action: self.registration.refuse_incoming(action),
        )
        self.registration = Registration(
            self.session,
            station=STATION,
            reason=reason,
            set_time=self.times.append,
            on_accepted=self.intervals.append,
        )
        self.errands = set()

    @on("TriggerMessage")
    async def trigger(self, request):
        """Send a Heartbeat in a task of its own, as every block does what takes longer."""
        answer = call_result.TriggerMessage(status=TriggerMessageStatusEnumType.accepted)
        return Reply(answer, then=lambda: self.errands.add(asyncio.create_task(self._beat())))

    @on("GetBaseReport")
    async def report(self, request):
        answer = call_result.GetBaseReport(status=GenericDeviceModelStatusEnumType.accepted)
        return Reply(answer, then=self._beat)

    @on("ClearCache")
    async def clear(self, request):
        answer = call_result.ClearCache(status=ClearCacheStatusEnumType.accepted)
        return Reply(answer, then=self._beat)

    async def _beat(self):
        await self.session.call(call.Heartbeat())

    @contextlib.asynccontextmanager
    async def connected(self):
        """Register over one connection for the length of the block."""
        async with talking(self.session) as csms:
            csms.registering = asyncio.create_task(self.registration.on_connected())
            try:
                yield csms
            finally:
                csms.registering.cancel()
                await asyncio.gather(csms.registering, return_exceptions=True)


def answered(status, interval=300):
    return {"currentTime": NOW, "interval": interval, "status": status}


@pytest.fixture
def desk():
    return Desk()


def seconds():
    return asyncio.get_running_loop().time()


@pytest.mark.ocpp("B01.FR.01", "B01.FR.04", "B01.FR.06", "B01.FR.09", "G02.FR.01")
async def test_the_station_announces_itself_and_takes_interval_and_time():
    desk = Desk(reason=BootReasonEnumType.remote_reset)
    async with desk.connected() as csms:
        boot = await csms.hear("BootNotification")
        await csms.registering
    assert boot == {
        "chargingStation": {"vendorName": "Tests", "model": "Bench", "firmwareVersion": "1.0"},
        "reason": "RemoteReset",
    }
    assert desk.registration.accepted
    assert not desk.registration.refused_for_now
    assert (desk.intervals, desk.times) == ([300], [NOON])


@pytest.mark.ocpp("B01.FR.08", "B02.FR.02")
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
async def test_nothing_else_is_sent_before_the_csms_accepts_the_station(desk, status):
    async with desk.connected() as csms:
        csms.answer("BootNotification", SILENCE)
        with pytest.raises(NotPermitted, match="Heartbeat has to wait"):
            await desk.session.call(call.Heartbeat())
    async with desk.connected() as csms:
        csms.answer("BootNotification", answered(status))
        await csms.hear("BootNotification")
        await settle()
        assert desk.registration.status == RegistrationStatusEnumType(status)
        assert desk.registration.refused_for_now
        with pytest.raises(NotPermitted):
            await desk.session.call(call.Heartbeat())
        assert set(csms.actions) == {"BootNotification"}
    assert desk.intervals == []


@pytest.mark.ocpp("B01.FR.06")
async def test_the_time_is_taken_from_an_answer_that_does_not_accept_too(desk):
    async with desk.connected() as csms:
        csms.answer("BootNotification", answered("Pending"))
        await csms.hear("BootNotification")
        await settle()
    assert desk.times == [NOON]


@pytest.mark.ocpp("B02.FR.04", "B02.FR.08", "B03.FR.02", "B03.FR.06")
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
async def test_the_next_announcement_comes_after_the_interval_and_not_before(desk, status):
    async with desk.connected() as csms:
        csms.answer("BootNotification", answered(status, 90), answered("Accepted"))
        await csms.hear("BootNotification")
        began = seconds()
        await csms.hear("BootNotification", 2)
        assert 90 <= seconds() - began < 91
        await csms.registering
    assert desk.registration.accepted


@pytest.mark.ocpp("B02.FR.07", "B03.FR.05")
async def test_without_an_interval_the_station_chooses_one_that_floods_nobody(desk):
    async with desk.connected() as csms:
        csms.answer("BootNotification", answered("Pending", 0))
        await csms.hear("BootNotification")
        began = seconds()
        await csms.hear("BootNotification", 2)
        assert seconds() - began >= OWN_RETRY_S


@pytest.mark.ocpp("B01.FR.04")
async def test_an_interval_of_0_with_accepted_is_handed_on_as_it_is(desk):
    async with desk.connected() as csms:
        csms.answer("BootNotification", answered("Accepted", 0))
        await csms.registering
    assert desk.intervals == [0]


@pytest.mark.ocpp("B02.FR.04", "B03.FR.06")
async def test_a_new_connection_is_no_reason_to_announce_it_before_the_interval_is_over(desk):
    async with desk.connected() as csms:
        csms.answer("BootNotification", answered("Rejected", 3600))
        await csms.hear("BootNotification")
        await settle()
        began = seconds()
    await asyncio.sleep(10)
    async with desk.connected() as csms:
        await csms.hear("BootNotification", within_s=7200)
        assert 3599.9 <= seconds() - began < 3601
        await csms.registering


@pytest.mark.parametrize("answer", [SILENCE, Refusal(), {"status": "Perhaps"}])
async def test_an_announcement_that_is_not_answered_is_repeated_after_a_while(desk, answer):
    async with desk.connected() as csms:
        csms.answer("BootNotification", answer, answered("Accepted"))
        began = seconds()
        await csms.hear("BootNotification", 2)
        assert OWN_RETRY_S <= seconds() - began <= OWN_RETRY_S + TIMEOUT_S + 1
        await csms.registering
    assert desk.registration.accepted


async def test_an_announcement_that_was_lost_with_its_connection_is_repeated_over_the_next_at_once(desk):
    async with desk.connected() as csms:
        csms.answer("BootNotification", SILENCE)
        await csms.hear("BootNotification")
    began = seconds()
    async with desk.connected() as csms:
        await csms.hear("BootNotification")
        assert seconds() - began < 1
        await csms.registering


async def test_a_reconnect_keeps_what_was_accepted(desk):
    async with desk.connected() as csms:
        await csms.registering
    async with desk.connected() as csms:
        await csms.registering
        assert csms.asked == []


@pytest.mark.ocpp("B03.FR.08")
async def test_a_csms_that_rejects_the_station_is_answered_with_a_security_error(desk):
    async with desk.connected() as csms:
        csms.answer("BootNotification", answered("Rejected"))
        await csms.hear("BootNotification")
        await settle()
        assert (await csms.call("Reset", type="Immediate"))[2] == "SecurityError"


@pytest.mark.ocpp("B02.FR.01")
async def test_a_csms_that_hesitates_is_answered(desk):
    async with desk.connected() as csms:
        csms.answer("BootNotification", answered("Pending"))
        await csms.hear("BootNotification")
        await settle()
        assert (await csms.call("Reset", type="Immediate"))[2] == "NotSupported"  # there is no block here


async def test_a_csms_with_an_impossible_time_accepts_the_station_nevertheless(desk):
    async with desk.connected() as csms:
        csms.answer("BootNotification", answered("Accepted") | {"currentTime": "0001-01-01T00:00:00Z"})
        await csms.registering
    assert desk.registration.accepted
    assert desk.times == []


# What the CSMS asks for while it hesitates


async def pending(desk, csms, interval=300):
    """Let the CSMS hesitate, and accept the station the next time."""
    csms.answer("BootNotification", answered("Pending", interval), answered("Accepted"))
    await csms.hear("BootNotification")
    await settle()


@pytest.mark.ocpp("B02.FR.01", "B02.FR.02")
@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}),
    ],
)
async def test_what_the_csms_asks_for_is_sent_while_it_hesitates(desk, action, payload):
    async with desk.connected() as csms:
        await pending(desk, csms)
        assert (await csms.call(action, **payload))[0] == 3
        await csms.hear("Heartbeat", within_s=5)
        with pytest.raises(NotPermitted):
            await desk.session.call(call.Heartbeat())


@pytest.mark.ocpp("B02.FR.02")
async def test_what_follows_from_another_request_has_to_wait(desk):
    async with desk.connected() as csms:
        await pending(desk, csms)
        await csms.call("TriggerMessage", requestedMessage="Heartbeat")
        await csms.hear("Heartbeat")
        assert (await csms.call("ClearCache"))[2] == {"status": "Accepted"}
        await asyncio.sleep(5)
        assert len(csms.of("Heartbeat")) == 1


@pytest.mark.ocpp("B03.FR.02")
async def test_what_was_asked_for_is_not_sent_once_the_csms_rejects_the_station(desk):
    async with desk.connected() as csms:
        csms.answer("BootNotification", answered("Pending", 60), answered("Rejected", 300))
        await csms.hear("BootNotification")
        await settle()
        desk.registration.refuse_incoming("TriggerMessage")  # in this task
        await csms.hear("BootNotification", 2)
        await settle()
        with pytest.raises(NotPermitted):
            await desk.session.call(call.Heartbeat())


@pytest.mark.ocpp("B02.FR.04", "B01.FR.09", "F06.FR.17")
async def test_a_triggered_announcement_does_not_wait_for_the_interval_and_says_why_it_comes(desk):
    async with desk.connected() as csms:
        await pending(desk, csms)
        began = seconds()
        await desk.registration.triggered(None)()
        await csms.registering
        assert seconds() - began < 1
        assert [boot["reason"] for boot in csms.of("BootNotification")] == ["PowerUp", "Triggered"]
        assert desk.registration.triggered(None) is None


async def test_an_announcement_that_failed_is_repeated_at_once_when_triggered(desk):
    async with desk.connected() as csms:
        csms.answer("BootNotification", Refusal(), answered("Accepted"))
        await csms.hear("BootNotification")
        await settle()
        began = seconds()
        await desk.registration.triggered(None)()
        await csms.registering
        assert seconds() - began < 1


async def test_after_a_trigger_that_did_not_help_the_interval_counts_again(desk):
    async with desk.connected() as csms:
        csms.answer("BootNotification", answered("Pending", 300), answered("Pending", 90), answered("Accepted"))
        await csms.hear("BootNotification")
        await settle()
        await desk.registration.triggered(None)()
        await csms.hear("BootNotification", 2)
        began = seconds()
        await csms.registering
        assert 90 <= seconds() - began < 91
        assert csms.of("BootNotification")[2]["reason"] == "PowerUp"


# Announced again


@pytest.mark.ocpp("B10.FR.10", "B01.FR.09")
async def test_a_station_that_goes_to_another_csms_announces_itself_there(desk):
    async with desk.connected() as csms:
        assert await csms.registering
    desk.registration.announce_again()
    assert not desk.registration.accepted
    assert not desk.registration.refused_for_now
    async with desk.connected() as csms:
        assert await csms.registering
        assert [boot["reason"] for boot in csms.of("BootNotification")] == ["Unknown"]
    async with desk.connected() as csms:
        assert not await csms.registering


@pytest.mark.ocpp("B01.FR.09")
async def test_what_one_csms_asked_for_is_not_what_another_one_is_told(desk):
    async with desk.connected() as csms:
        csms.answer("BootNotification", SILENCE)
        await csms.hear("BootNotification")
        await desk.registration.triggered(None)()
    desk.registration.announce_again()
    async with desk.connected() as csms:
        assert (await csms.hear("BootNotification"))["reason"] == "PowerUp"


@pytest.mark.ocpp("B10.FR.10")
async def test_another_csms_is_not_made_to_wait_for_the_interval_of_the_one_before(desk):
    async with desk.connected() as csms:
        csms.answer("BootNotification", answered("Rejected", 3600))
        await csms.hear("BootNotification")
        await settle()
    desk.registration.announce_again()
    began = seconds()
    async with desk.connected() as csms:
        await csms.registering
        assert seconds() - began < 1


@pytest.mark.ocpp("B01.FR.01")
async def test_what_changed_about_the_station_is_told_over_the_next_connection(desk):
    async with desk.connected() as csms:
        await csms.registering
        modem = ModemType(iccid="8949000000000000001", imsi="262010000000001")
        desk.registration.describe(replace(STATION, modem=modem))
        assert desk.registration.accepted
    async with desk.connected() as csms:
        assert await csms.registering
        [boot] = csms.of("BootNotification")
        assert boot["chargingStation"]["modem"]["iccid"] == "8949000000000000001"
    async with desk.connected() as csms:
        assert not await csms.registering


@pytest.mark.ocpp("B01.FR.03", "B01.FR.09")
@pytest.mark.parametrize("reason", BootReasonEnumType)
async def test_the_reason_of_the_boot_is_told_as_it_is(reason):
    desk = Desk(reason=reason)
    async with desk.connected() as csms:
        assert (await csms.hear("BootNotification"))["reason"] == reason.value
