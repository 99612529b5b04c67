import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings
from tests.simulators.mock_csms.payloads import BOOT, SENT_KEY, begin_sample, end_sample, event
from tests.simulators.mock_csms.peer import bare_station, library_station

Answer = tuple[int, Any]


class Client:
    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url

    async def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        content = {} if body is None else {"json": body}
        async with self._http.request(method, self._url + path, **content, **options) as response:
            assert response.content_type == "application/json"
            return response.status, await response.json()


@pytest.fixture
async def csms() -> AsyncIterator[MockCsms]:
    async with MockCsms(Settings(api_port=0)) as running:
        yield running


@pytest.fixture
async def api(csms: MockCsms) -> AsyncIterator[Client]:
    assert csms.api_url is not None
    async with aiohttp.ClientSession() as http:
        yield Client(http, csms.api_url)


async def test_stations_are_listed_with_what_they_told(csms: MockCsms, api: Client) -> None:
    assert await api("GET", "/stations") == (200, [])
    status = {"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": "2026-01-01T00:00:00Z"}
    async with bare_station(csms, "RDAM 123") as station:
        await station.told("BootNotification", BOOT)
        await station.told("StatusNotification", status)
        _, [shown] = await api("GET", "/stations")
        assert shown["connected"] is True
        assert shown["boot"] == BOOT
        assert shown["registration"] == "Accepted"
        assert shown["connectors"] == [{"evseId": 1, "connectorId": 1, "connectorStatus": "Available"}]
    await csms.station("RDAM 123").wait_connected(connected=False)
    _, gone = await api("GET", "/stations/RDAM%20123")
    assert gone["connected"] is False


async def test_messages_are_shown_as_they_were_sent(csms: MockCsms, api: Client) -> None:
    async with bare_station(csms) as station:
        await station.told("Heartbeat", {})
        await station.ask("Heartbeat", {"x": 1})
    _, messages = await api("GET", "/stations/CS1/messages")
    assert [(entry["direction"], entry["kind"], entry["action"], entry["valid"]) for entry in messages] == [
        ("in", "CALL", "Heartbeat", True),
        ("out", "CALLRESULT", "Heartbeat", True),
        ("in", "CALL", "Heartbeat", False),
        ("out", "CALLERROR", "Heartbeat", True),
    ]
    assert json.loads(messages[0]["text"]) == [2, "m-1", "Heartbeat", {}]
    _, later = await api("GET", "/stations/CS1/messages?since=3")
    assert [entry["number"] for entry in later] == [4]


async def test_what_is_said_about_a_token_can_be_changed(csms: MockCsms, api: Client) -> None:
    info = {"status": "Blocked", "groupIdToken": {"idToken": "FLEET", "type": "Central"}}
    assert await api("PUT", "/tokens/04aa", info) == (200, info)
    assert await api("PUT", "/tokens/*", json="Unknown") == (200, {"status": "Unknown"})
    assert await api("GET", "/tokens") == (200, {"04AA": info, "*": {"status": "Unknown"}})
    async with bare_station(csms) as station:
        ask = {"idToken": {"idToken": "04AA", "type": "ISO14443"}}
        assert await station.told("Authorize", ask) == {"idTokenInfo": info}
    assert await api("DELETE", "/tokens/04AA") == (200, {"forgotten": True})
    assert await api("DELETE", "/tokens/04AA") == (200, {"forgotten": False})
    status, answer = await api("PUT", "/tokens/04AA", {"groupIdToken": "FLEET"})
    assert (status, answer["problem"]) == (400, "idTokenInfo.groupIdToken: object expected")


async def test_meter_values_are_shown_by_evse(csms: MockCsms, api: Client) -> None:
    values = [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [begin_sample(key=SENT_KEY)]}]
    async with bare_station(csms) as station:
        await station.told("MeterValues", {"evseId": 2, "meterValue": values})
    _, shown = await api("GET", "/stations/CS1")
    [meter] = shown["meters"]
    assert (meter["evseId"], meter["messages"], meter["meterValue"]) == (2, 1, values)
    assert [value["signature"] for value in meter["signedValues"]] == ["valid"]


async def test_transactions_are_shown_with_their_signed_values(csms: MockCsms, api: Client) -> None:
    async with bare_station(csms) as station:
        await station.told("TransactionEvent", event(0, begin_sample(key=SENT_KEY), evse={"id": 1}))
        await station.told("TransactionEvent", event(2, end_sample(), kind="Ended", offline=True))
    _, shown = await api("GET", "/transactions/tx-1")
    assert (shown["energyWh"], shown["signedEnergyWh"], shown["evse"]) == (160, 150, {"id": 1})
    assert (shown["gaps"], shown["complete"], shown["ended"]) == ([1], False, True)
    assert shown["problems"] == ["seqNo 1 missing"]
    assert [entry["offline"] for entry in shown["events"]] == [False, True]
    assert (shown["end"]["signature"], shown["end"]["keySource"]) == ("valid", "transaction")
    assert shown["begin"]["pagination"] == 4276
    assert await api("GET", "/stations/CS1/transactions") == (200, [shown])


async def test_a_transaction_id_of_two_stations_has_to_be_told_apart(csms: MockCsms, api: Client) -> None:
    for identity in ("CS1", "CS2"):
        async with bare_station(csms, identity) as station:
            await station.told("TransactionEvent", event(0))
    status, refusal = await api("GET", "/transactions/tx-1")
    assert (status, refusal["allowed"]) == (400, ["CS1", "CS2"])
    assert (await api("GET", "/transactions/tx-1?station=CS2"))[1]["station"] == "CS2"


async def test_a_call_returns_the_answer_or_the_error_of_the_station(csms: MockCsms, api: Client) -> None:
    payload = {"idToken": {"idToken": "good", "type": "Central"}, "remoteStartId": 7, "evseId": 1}
    async with library_station(csms):
        body = {"action": "RequestStartTransaction", "payload": payload}
        assert await api("POST", "/stations/CS1/calls", body) == (200, {"result": {"status": "Accepted"}})
        error = {"code": "SecurityError", "description": "not before noon", "details": {"noon": "12:00"}}
        body = {"action": "Reset", "payload": {"type": "Immediate"}}
        assert await api("POST", "/stations/CS1/calls", body) == (200, {"error": error})


async def test_a_call_without_an_answer_is_a_gateway_timeout(csms: MockCsms, api: Client) -> None:
    async with bare_station(csms):
        status, refusal = await api("POST", "/stations/CS1/calls", {"action": "ClearCache", "timeout_s": 2})
    assert status == 504
    assert "did not answer ClearCache within 2 s" in refusal["problem"]


async def test_a_call_to_a_station_that_left_is_a_conflict(csms: MockCsms, api: Client) -> None:
    async with bare_station(csms):
        pass
    await csms.station("CS1").wait_connected(connected=False)
    assert await api("POST", "/stations/CS1/calls", {"action": "ClearCache"}) == (
        409,
        {"problem": "station CS1 is not connected", "allowed": []},
    )


async def test_garbage_can_be_sent(csms: MockCsms, api: Client) -> None:
    async with bare_station(csms) as station:
        assert await api("POST", "/stations/CS1/calls", {"raw": "[2,"}) == (200, {"sent": 1})
        assert await station.websocket.recv() == "[2,"


async def test_answers_are_overridden_before_a_station_connects_and_reset(csms: MockCsms, api: Client) -> None:
    path = "/stations/CS1/replies/BootNotification"
    status, shown = await api("PUT", path, {"payload": {"status": "Pending"}})
    assert (status, shown) == (200, {"payload": {"status": "Pending"}, "delay_s": 0.0, "times": None})
    async with bare_station(csms) as station:
        assert (await station.told("BootNotification", BOOT))["status"] == "Pending"
        assert (await api("GET", "/stations/CS1/replies"))[1] == {"BootNotification": shown}
        assert await api("DELETE", path) == (200, {"reset": True})
        assert (await station.told("BootNotification", BOOT))["status"] == "Accepted"
    error = {"error": {"code": "InternalError", "description": "no"}, "times": 1}
    assert (await api("PUT", path, error))[1]["error"] == {
        "code": "InternalError",
        "description": "no",
        "details": {},
    }
    assert (await api("PUT", path, {"silent": True}))[1]["silent"] is True


async def test_a_station_is_sent_away(csms: MockCsms, api: Client) -> None:
    async with bare_station(csms) as station:
        assert (await api("POST", "/stations/CS1/disconnect", {"code": 1012}))[0] == 200
        await station.websocket.wait_closed()
        assert station.websocket.close_code == 1012
    async with bare_station(csms) as station:
        assert (await api("POST", "/stations/CS1/disconnect", {"abruptly": True}))[0] == 200
        await station.websocket.wait_closed()
        assert station.websocket.close_code == 1006


async def test_the_csms_goes_away_and_comes_back(csms: MockCsms, api: Client) -> None:
    assert await api("POST", "/listen", {"on": False}) == (200, {"listening": False, "ocpp": csms.url})
    with pytest.raises(ConnectionRefusedError):
        async with bare_station(csms):
            pass
    assert await api("POST", "/listen", {"on": True}) == (200, {"listening": True, "ocpp": csms.url})
    async with bare_station(csms):
        pass


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "why"),
    [
        ("GET", "/stations/CS2", None, 404, "CS1"),
        ("GET", "/stations/CS2/messages", None, 404, "CS1"),
        ("POST", "/stations/CS2/calls", {"action": "Reset"}, 404, "CS1"),
        ("DELETE", "/stations/CS2/replies/Heartbeat", None, 404, "CS1"),
        ("GET", "/transactions/nope", None, 404, "tx-1"),
        ("PUT", "/stations/CS1/replies/Reset", {"silent": True}, 404, "Heartbeat"),
        ("PUT", "/stations/CS1/replies/Heartbeat", {"silnt": True}, 400, "silent"),
        ("PUT", "/stations/CS1/replies/Heartbeat", {}, 400, "payload"),
        ("POST", "/stations/CS1/calls", {}, 400, "action"),
        ("POST", "/stations/CS1/calls", [], 400, "action"),
        ("POST", "/stations/CS1/calls", {"action": "Reset", "payload": []}, 400, "payload"),
        ("POST", "/stations/CS1/calls", {"action": "Reset", "wait": 1}, 400, "timeout_s"),
        ("POST", "/stations/CS1/calls", {"action": "Reset", "timeout_s": "1"}, 400, "seconds"),
        ("POST", "/stations/CS1/calls", {"raw": 5}, 400, "text"),
        ("POST", "/stations/CS1/disconnect", {"code": 1005}, 400, "1000"),
        ("POST", "/stations/CS1/disconnect", {"code": "1000"}, 400, "number"),
        ("POST", "/listen", {"on": "yes"}, 400, "true"),
        ("GET", "/stations/CS1/messages?since=x", None, 400, "number"),
        ("GET", "/nowhere", None, 404, "/stations/{id}/messages"),
        ("DELETE", "/stations", None, 405, "GET"),
    ],
)
async def test_a_refusal_is_json_and_says_what_is_allowed(
    csms: MockCsms, api: Client, method: str, path: str, body: Any, status: int, why: str
) -> None:
    async with bare_station(csms) as station:
        await station.told("TransactionEvent", event(0))
        answer, refusal = await api(method, path, body)
    assert answer == status
    assert why in refusal["problem"] + " ".join(refusal["allowed"])


async def test_a_body_that_is_no_json_is_refused(api: Client) -> None:
    status, refusal = await api("POST", "/listen", data=b"{")
    assert status == 400
    assert "no JSON" in refusal["problem"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9001", "127.0.0.1.evil.example", "[::2]:80", ""])
async def test_a_foreign_host_header_is_refused(api: Client, host: str) -> None:
    status, refusal = await api("GET", "/stations", headers={"Host": host})
    assert status == 403
    assert "127.0.0.1" in refusal["allowed"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9001", "[::1]:9001", "127.0.0.1"])
async def test_every_name_of_this_machine_is_welcome(api: Client, host: str) -> None:
    assert (await api("GET", "/stations", headers={"Host": host}))[0] == 200
