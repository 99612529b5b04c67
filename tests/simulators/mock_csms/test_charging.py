from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ocpp.routing import on
from ocpp.v201 import ChargePoint, call_result
from websockets.asyncio.client import connect

from simulators.mock_csms.server import MockCsms
from tests.simulators.mock_csms.payloads import event
from tests.simulators.mock_csms.peer import bare_station, running


class ListStation(ChargePoint):
    """A station that keeps a local list, and remembers what else it was asked."""

    def __init__(self, identity: str, websocket: Any) -> None:
        super().__init__(identity, websocket)
        self.version = 0
        self.tokens: dict[str, Any] = {}
        self.asked: list[Any] = []

    @on("SendLocalList")
    async def take_list(
        self, version_number: int, update_type: str, local_authorization_list: Any = (), **_: Any
    ) -> call_result.SendLocalList:
        if update_type == "Full":
            self.tokens.clear()
        for row in local_authorization_list:
            self.tokens[row["id_token"]["id_token"]] = row.get("id_token_info")
        self.version = version_number
        return call_result.SendLocalList(status="Accepted")

    @on("GetLocalListVersion")
    async def tell_version(self, **_: Any) -> call_result.GetLocalListVersion:
        return call_result.GetLocalListVersion(version_number=self.version)

    @on("ClearCache")
    async def clear_cache(self, **_: Any) -> call_result.ClearCache:
        return call_result.ClearCache(status="Rejected")

    @on("GetTransactionStatus")
    async def tell_status(self, **asked: Any) -> call_result.GetTransactionStatus:
        self.asked.append(asked)
        return call_result.GetTransactionStatus(messages_in_queue=True)

    @on("UnlockConnector")
    async def unlock(self, **asked: Any) -> call_result.UnlockConnector:
        self.asked.append(asked)
        return call_result.UnlockConnector(status="Unlocked")


@asynccontextmanager
async def list_station(csms: MockCsms) -> AsyncIterator[ListStation]:
    async with connect(csms.url_of("CS1"), subprotocols=["ocpp2.0.1"]) as websocket:
        station = ListStation("CS1", websocket)
        async with running(station):
            yield station


async def test_a_local_list_is_sent_and_changed(csms: MockCsms) -> None:
    async with list_station(csms) as station:
        charging = csms.charging("CS1")
        assert await charging.list_version() == 0
        assert await charging.send_list(3, {"04AA": "Blocked", "04BB": {"language1": "de"}}) == "Accepted"
        assert station.tokens == {"04AA": {"status": "Blocked"}, "04BB": {"status": "Accepted", "language1": "de"}}
        await charging.send_list(4, {"04AA": None}, differential=True)
        assert station.tokens["04AA"] is None
        assert await charging.list_version() == 4
        await charging.send_list(5)
        assert station.tokens == {}


async def test_the_rest_is_asked_as_it_is_meant(csms: MockCsms) -> None:
    async with list_station(csms) as station:
        charging = csms.charging("CS1")
        assert await charging.clear_cache() == "Rejected"
        assert await charging.transaction_status() == {"messagesInQueue": True}
        await charging.transaction_status("tx-1")
        assert await charging.unlock(2) == "Unlocked"
        assert station.asked == [{}, {"transaction_id": "tx-1"}, {"evse_id": 2, "connector_id": 1}]


async def test_the_driver_of_a_running_transaction_is_judged_once(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        assert await station.told("TransactionEvent", event(0)) == {}
        csms.charging("CS1").judge("tx-1")
        assert await station.told("TransactionEvent", event(0, tx="tx-2")) == {}
        assert await station.told("TransactionEvent", event(1)) == {"idTokenInfo": {"status": "Invalid"}}
        assert await station.told("TransactionEvent", event(2)) == {}
