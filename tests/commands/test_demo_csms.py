"""What the demo sees at the CSMS: its own session, whatever an earlier one left to be told."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.asyncio.client import connect

from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings
from station.commands.demo_csms import Csms

pytestmark = pytest.mark.realtime

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def event(transaction_id: str, kind: str, at: datetime, seq_no: int) -> str:
    payload: dict[str, Any] = {
        "eventType": kind,
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "triggerReason": "Authorized",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": transaction_id},
        "evse": {"id": 1, "connectorId": 1},
    }
    return json.dumps([2, f"{transaction_id}-{seq_no}", "TransactionEvent", payload])


async def test_a_transaction_of_before_is_not_taken_for_the_one_that_began() -> None:
    async with MockCsms(Settings(api_port=0)) as csms:
        seen = Csms({"api": csms.api_url, "ocpp": csms.url, "profiles": {}}, "DEMO-1")
        async with connect(csms.url_of("DEMO-1"), subprotocols=["ocpp2.0.1"]) as station:  # type: ignore[list-item]
            told = (
                event("half", "Ended", NOW - timedelta(hours=1), 2),
                event("whole", "Started", NOW - timedelta(minutes=1), 0),
                event("this", "Started", NOW + timedelta(seconds=3), 0),
            )
            for text in told[:2]:
                await station.send(text)
                await station.recv()
            assert await asyncio.to_thread(seen.started, NOW) is None
            await station.send(told[2])
            await station.recv()
            assert await asyncio.to_thread(seen.started, NOW) == "this"
            assert await asyncio.to_thread(seen.ended, "this") is None
            assert await asyncio.to_thread(seen.ended, "half") is None  # no signed record came with it


def asked(number: int, card: str) -> str:
    token = {"idToken": card, "type": "ISO14443"}
    return json.dumps([2, str(number), "Authorize", {"idToken": token}])


def alert(number: int, component: str, value: str) -> str:
    data = {
        "eventId": number,
        "timestamp": "2026-12-01T12:00:00Z",
        "trigger": "Alerting",
        "actualValue": value,
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": component, "evse": {"id": 1}},
        "variable": {"name": "Problem"},
    }
    payload = {"generatedAt": "2026-12-01T12:00:00Z", "seqNo": 0, "eventData": [data]}
    return json.dumps([2, str(number), "NotifyEvent", payload])


async def test_cards_alerts_and_transactions_are_found_by_whose_they_are() -> None:
    async with MockCsms(Settings(api_port=0)) as csms:
        seen = Csms({"api": csms.api_url, "ocpp": csms.url, "profiles": {}}, "DEMO-1")
        async with connect(csms.url_of("DEMO-1"), subprotocols=["ocpp2.0.1"]) as station:  # type: ignore[list-item]
            await asyncio.to_thread(seen.say_of, "04BAD0", "Unknown")
            for text in (
                asked(1, "04BAD0"),
                asked(2, "04A2B3"),
                alert(3, "RCD", "true"),
                alert(4, "PowerContactor", "true"),
                alert(5, "PowerContactor", "false"),
                event("one", "Started", NOW, 0),
            ):
                await station.send(text)
                await station.recv()
            assert await asyncio.to_thread(seen.verdicts, "04BAD0") == ["Unknown"]
            assert await asyncio.to_thread(seen.verdicts, "04A2B3") == ["Accepted"]
            alerts = await asyncio.to_thread(seen.alerts, "PowerContactor")
            assert [told["actualValue"] for told in alerts] == ["true", "false"]
            before = NOW - timedelta(seconds=1)
            assert await asyncio.to_thread(seen.started, before, 2) is None
            assert await asyncio.to_thread(seen.started, before, 1) == "one"
            await asyncio.to_thread(seen.judge, "one", "Invalid")
            await station.send(event("two", "Started", NOW, 0))
            assert "Invalid" not in str(await station.recv())
            await station.send(event("one", "Updated", NOW, 1))
            assert "Invalid" in str(await station.recv())
