"""Block E: what becomes of events that cannot be delivered, and how the CSMS asks for them."""

import asyncio
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from simulators.mock_csms.replies import ErrorReply
from tests.conformance.site import Site
from tests.conformance.states import transaction_event
from tests.conformance.states_authorization import MEMBER, id_token_cached, id_token_listed
from tests.conformance.states_sessions import SETTLE_S, Visit, configured, offline
from tests.flows.house import CARD, OTHER_CARD, until

BACK_OFF_S = 120
ATTEMPTS, INTERVAL_S = 3, 10
TOLERANCE_S = 4.0
"""What test laboratories grant."""
ATTEMPTS_NAME = "OCPPCommCtrlr__MessageAttempts[TransactionEvent]"
INTERVAL_NAME = "OCPPCommCtrlr__MessageAttemptInterval[TransactionEvent]"


@pytest.fixture
async def patient_site(site: Site) -> Site:
    """A station that does not take a short outage for a long one."""
    await configured(
        site,
        SampledDataCtrlr__TxUpdatedInterval="30",
        OCPPCommCtrlr__OfflineThreshold=str(BACK_OFF_S + 60),
        OCPPCommCtrlr__RetryBackOffWaitMinimum=str(BACK_OFF_S),
        OCPPCommCtrlr__RetryBackOffRandomRange="0",
    )
    return site


@pytest.mark.conformance("TC_E_29_CS")
@pytest.mark.ocpp("E14.FR.02", "E14.FR.04", "E11.FR.01", "E11.FR.02", "E11.FR.03")
async def test_tc_e_29_cs(patient_site: Site) -> None:
    """A transaction goes on, and events of it wait."""
    site = patient_site
    visit = await Visit.at(site)
    await visit.energy_transfer_started()
    await asyncio.sleep(SETTLE_S)
    async with offline(site):
        after = site.now
        await asyncio.sleep(BACK_OFF_S)
        _hesitate(site)
    assert await _asked_about(visit) == {"ongoingIndicator": True, "messagesInQueue": True}
    event = await transaction_event(site, after=after, transactionId=visit.transaction_id)
    assert event["eventType"] == "Updated"
    assert event["meterValue"]
    assert event["offline"] is True


@pytest.mark.conformance("TC_E_31_CS")
@pytest.mark.ocpp("E14.FR.03", "E14.FR.04", "E08.FR.01", "E08.FR.03")
async def test_tc_e_31_cs(patient_site: Site) -> None:
    """A transaction has ended, and events of it wait."""
    site = patient_site
    await configured(site, OCPPCommCtrlr__UnlockOnEVSideDisconnect="true")
    visit = await Visit.at(site)
    await visit.energy_transfer_started()
    await asyncio.sleep(SETTLE_S)
    async with offline(site):
        after = site.now
        site.bench.reader(1).swipe(visit.card)
        await until(lambda: not site.bench.evse(1).controller.locked, "a plug that is free")
        site.bench.evse(1).unplug()
        await asyncio.sleep(BACK_OFF_S)
        _hesitate(site)
    assert await _asked_about(visit) == {"ongoingIndicator": False, "messagesInQueue": True}
    await transaction_event(
        site, after=after, transactionId=visit.transaction_id, triggerReason="StopAuthorized", eventType="Ended"
    )
    visit.ended = True
    await visit.settled()


@pytest.mark.conformance("TC_E_41_CS")
@pytest.mark.ocpp("E13.FR.01", "E13.FR.02", "E13.FR.03", "E13.FR.04")
async def test_tc_e_41_cs(site: Site) -> None:
    """An event that nobody answers is repeated, each time later, and then given up."""
    timeout_s = float(await site.get("OCPPCommCtrlr.MessageTimeout[Default]"))
    after = await _about_to_charge(site)
    site.csms.override(site.seen.id, "TransactionEvent", silent=True)
    times = await _attempts(site, after, ATTEMPTS)
    for attempt, (earlier, later) in enumerate(pairwise(times), 1):
        assert later - earlier == pytest.approx(INTERVAL_S * attempt + timeout_s, abs=TOLERANCE_S)
    await asyncio.sleep(INTERVAL_S * ATTEMPTS + timeout_s + TOLERANCE_S)
    assert len(_charging_events(site, after)) == ATTEMPTS


@pytest.mark.conformance("TC_E_51_CS")
@pytest.mark.ocpp("E13.FR.01", "E13.FR.02", "E13.FR.03")
async def test_tc_e_51_cs(site: Site) -> None:
    """An event that is answered at the second attempt is not sent a third time."""
    timeout_s = float(await site.get("OCPPCommCtrlr.MessageTimeout[Default]"))
    after = await _about_to_charge(site)
    site.csms.override(site.seen.id, "TransactionEvent", error=ErrorReply("InternalError"), times=1)
    first, second = await _attempts(site, after, 2)
    assert INTERVAL_S - TOLERANCE_S <= second - first <= INTERVAL_S + timeout_s + TOLERANCE_S
    site.csms.override(site.seen.id, "TransactionEvent", error=ErrorReply("InternalError"))
    await asyncio.sleep(INTERVAL_S * 2 + timeout_s + TOLERANCE_S)
    assert len(_charging_events(site, after)) == 2


@pytest.mark.conformance("TC_E_43_CS")
@pytest.mark.ocpp("E12.FR.01", "E12.FR.02")
async def test_tc_e_43_cs(site: Site) -> None:
    """Somebody comes, charges and goes while the CSMS is away."""
    await configured(site, AuthCtrlr__OfflineTxForUnknownIdEnabled="true")
    async with offline(site):
        after = site.now
        await _charged(site)
        site.bench.reader(1).swipe(CARD)
        await _gone(site)
    events = await _queued(site, after)
    assert [event["offline"] for event in events] == [True] * len(events)
    assert [event["eventType"] for event in events].count("Started") == 1


@pytest.mark.conformance("TC_E_45_CS")
@pytest.mark.ocpp("E08.FR.02", "E08.FR.03", "E08.FR.04", "E08.FR.05", "E08.FR.06", "E08.FR.07", "E08.FR.08")
async def test_tc_e_45_cs(patient_site: Site) -> None:
    """While the CSMS is away, another card of the same group stops."""
    site = patient_site
    for card in (CARD, OTHER_CARD):
        site.csms.tokens.put(card, MEMBER)
    await id_token_cached(site, OTHER_CARD)
    await id_token_listed(site, OTHER_CARD)
    visit = await Visit.at(site)
    await visit.energy_transfer_started()
    await asyncio.sleep(SETTLE_S)
    async with offline(site):
        after = site.now
        site.bench.reader(1).swipe(OTHER_CARD)
        await _gone(site)
    events = await _queued(site, after)
    assert [event["offline"] for event in events] == [True] * len(events)
    assert {event["transactionInfo"]["transactionId"] for event in events} == {visit.transaction_id}
    visit.ended = True
    await visit.settled()


def _hesitate(site: Site) -> None:
    """Let the CSMS take its time, so that the queue is still there when it asks."""
    site.csms.override(site.seen.id, "TransactionEvent", delay_s=5)


async def _asked_about(visit: Visit) -> Mapping[str, Any]:
    answer = await visit.site.call("GetTransactionStatus", transactionId=visit.transaction_id)
    assert set(answer) <= {"ongoingIndicator", "messagesInQueue"}
    return dict(answer)


async def _about_to_charge(site: Site) -> int:
    """Bring the station to the event that tells that energy flows; return the place in the record before it."""
    await configured(site, **{ATTEMPTS_NAME: str(ATTEMPTS), INTERVAL_NAME: str(INTERVAL_S)})
    visit = await Visit.at(site)
    site.bench.evse(1).set_vehicle(wants_power=False)
    await visit.authorized()
    await visit.ev_connected_pre_session()
    await asyncio.sleep(SETTLE_S)
    after = site.now
    site.bench.evse(1).set_vehicle(wants_power=True)
    return after


def _charging_events(site: Site, after: int) -> list[Any]:
    """Return the event that tells that energy flows, as often as it came; how many phases it uses, follows later."""
    told = [
        event
        for event in site.requests("TransactionEvent", after=after)
        if event["transactionInfo"].get("chargingState") == "Charging"
    ]
    return [event for event in told if event["seqNo"] == told[0]["seqNo"]]


async def _attempts(site: Site, after: int, count: int) -> list[float]:
    """Return when each attempt to tell that energy flows came, by the loop's clock."""
    times: list[float] = []
    while len(times) < count:
        await until(lambda: len(_charging_events(site, after)) > len(times), f"attempt {len(times) + 1}", seconds=600)
        times.append(asyncio.get_running_loop().time())
    return times


async def _charged(site: Site) -> None:
    """Plug in, present the card, and charge."""
    site.bench.evse(1).plug()
    site.bench.reader(1).swipe(CARD)
    await until(lambda: bool(site.bench.state()["evses"][0]["power_w"] > 0), "power")
    await asyncio.sleep(SETTLE_S)


async def _gone(site: Site) -> None:
    """Wait until charging is over, and take the cable away."""
    await until(lambda: not site.bench.evse(1).controller.locked, "a plug that is free")
    site.bench.evse(1).unplug()
    await asyncio.sleep(SETTLE_S)


async def _queued(site: Site, after: int) -> list[Any]:
    """Return what has waited for the CSMS, the end of the transaction last."""
    await transaction_event(site, after=after, eventType="Ended")
    await asyncio.sleep(SETTLE_S)
    return site.requests("TransactionEvent", after=after)
