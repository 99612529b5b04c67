import asyncio
from typing import Any

import pytest

from simulators.mock_csms.keys import KeyRing
from simulators.mock_csms.server import MockCsms, utc_now
from simulators.mock_csms.station import Station
from simulators.mock_csms.verify import Verdict
from tests.simulators.mock_csms.payloads import SENT_KEY, begin_sample, event
from tests.simulators.mock_csms.peer import bare_station

PROBLEM = {
    "eventId": 1,
    "timestamp": "2026-01-01T00:00:00Z",
    "trigger": "Alerting",
    "actualValue": "true",
    "eventNotificationType": "HardWiredNotification",
    "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}},
    "variable": {"name": "Problem"},
}


def told(*payloads: tuple[str, dict[str, Any]]) -> Station:
    station = Station("CS1", keys=KeyRing(), keep=10)
    for action, payload in payloads:
        station.observe(action, payload, at=utc_now())
    return station


def notify(**members: Any) -> tuple[str, dict[str, Any]]:
    return "NotifyEvent", {"eventData": [{**PROBLEM, **members}]}


def test_connector_states_come_from_status_notifications_and_events() -> None:
    status = {"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": "2026-01-01T00:00:00Z"}
    changed = notify(trigger="Delta", variable={"name": "AvailabilityState"}, actualValue="Occupied")
    assert told(("StatusNotification", status), changed).connectors == {(1, 1): "Available", (1, 2): "Occupied"}


@pytest.mark.parametrize("trigger", ["Alerting", "Delta"])
def test_a_problem_stands_until_there_is_none_any_more(trigger: str) -> None:
    problem, gone = notify(trigger=trigger), {"trigger": trigger, "actualValue": "false"}
    assert list(told(problem).faults) == ["Connector[1.2].Problem"]
    assert told(problem, notify(**gone, cleared=True)).faults == {}
    assert told(problem, notify(**gone)).faults == {}


def test_a_problem_stands_when_only_one_of_several_is_over() -> None:
    assert told(notify(), notify(cleared=True)).faults


def test_an_alert_about_another_variable_stands_until_it_is_cleared() -> None:
    hot = {"variable": {"name": "Temperature"}, "actualValue": "90"}
    assert list(told(notify(**hot)).faults) == ["Connector[1.2].Temperature"]
    assert told(notify(**hot), notify(**hot, cleared=True)).faults == {}


def test_an_event_that_is_no_alert_is_no_fault() -> None:
    assert told(notify(trigger="Periodic", variable={"name": "Temperature"}, actualValue="20")).faults == {}


def test_signed_values_outside_of_transactions_are_verified_too() -> None:
    station = Station("CS1", keys=KeyRing(), keep=10)
    values = [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [begin_sample(key=SENT_KEY)]}]
    notes = station.observe("MeterValues", {"evseId": 1, "meterValue": values}, at=utc_now())
    assert notes == ("Transaction.Begin signature valid",)
    assert [value.verdict for value in station.meters[1].signed] == [Verdict.VALID]


def test_what_was_metered_last_is_known_by_evse() -> None:
    first, last, other = (
        [{"timestamp": f"2026-01-01T00:0{n}:00Z", "sampledValue": [{"value": n}]}] for n in range(3)
    )
    reports = [{"evseId": evse, "meterValue": values} for evse, values in ((1, first), (1, last), (0, other))]
    meters = told(*(("MeterValues", report) for report in reports)).meters
    assert {evse: (metered.messages, list(metered.last)) for evse, metered in meters.items()} == {
        1: (2, last),
        0: (1, other),
    }


async def test_waiting_returns_what_was_seen_already(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        await station.told("TransactionEvent", event(0))
        await station.told("TransactionEvent", event(1))
    payload = await csms.station("CS1").wait_for("TransactionEvent", lambda payload: payload["seqNo"] == 1)
    assert payload == event(1)


async def test_waiting_for_later_ones_leaves_out_what_was_seen(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        await station.told("Heartbeat", {})
        waiting = asyncio.create_task(csms.station("CS1").wait_for("Heartbeat", later=True))
        await asyncio.sleep(1)
        assert not waiting.done()
        await station.told("Heartbeat", {})
        assert await waiting == {}


async def test_waiting_in_vain_says_what_came_instead(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        await station.told("Heartbeat", {})
        with pytest.raises(TimeoutError, match=r"no TransactionEvent from CS1 within 7 s; it sent: Heartbeat"):
            await csms.station("CS1").wait_for("TransactionEvent", timeout_s=7)


async def test_waiting_for_a_station_that_never_comes_ends(csms: MockCsms) -> None:
    with pytest.raises(TimeoutError):
        await csms.station("CS1").wait_connected(timeout_s=7)
