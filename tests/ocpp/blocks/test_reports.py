"""The CSMS asks what the station is made of: acknowledged first, reported in pages."""

import asyncio
import json

import pytest
import structlog

from station.core import variables as var
from station.core.device_model import DeviceModel, EvseFacts, rows_for
from station.core.inventory import PageSize
from station.ocpp.blocks.reports import MOST_REPORTS, PAGE, Reports
from station.ocpp.router import Router
from station.ocpp.rpc_errors import NotPermitted
from station.ocpp.session import RpcSession
from tests.fakes_clock import START
from tests.ocpp.csms import SILENCE, Refusal, talking
from tests.ocpp.fake_wire import settle

HEARTBEAT = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}


class Registry:
    """A device model with its reports; `tasks` are those that go on without a connection."""

    def __init__(self, *, page=PAGE):
        rows = rows_for([EvseFacts(1), EvseFacts(2)])
        self.model = DeviceModel(rows, stored={}, presets={}, save=lambda _address, _text: None)
        self.tasks = set()
        self.closed = False
        router = Router()
        self.session = RpcSession(router, timeout_s=lambda: 30.0, outgoing_gate=self._gate)
        router.add(Reports(self.model, self.session, now=lambda: START, spawn=self._spawn, page=page))

    def _spawn(self, name, work):
        self.tasks.add(asyncio.create_task(work, name=name))

    def _gate(self, action):
        if self.closed:
            raise NotPermitted(action)

    async def finish(self):
        await asyncio.gather(*self.tasks)

    async def base(self, csms, base="FullInventory", request_id=7):
        return (await csms.call("GetBaseReport", requestId=request_id, reportBase=base))[2]

    async def custom(self, csms, *wanted, request_id=7, **payload):
        if wanted:
            payload["componentVariable"] = list(wanted)
        return (await csms.call("GetReport", requestId=request_id, **payload))[2]


@pytest.fixture
async def registry():
    registry = Registry()
    yield registry
    await registry.finish()


def told(csms):
    return [item for page in csms.of("NotifyReport") for item in page["reportData"]]


def value_of(items, name, **evse):
    wanted = {"name": name.split(".")[0]} | ({"evse": evse} if evse else {})
    return next(
        item for item in items if (item["component"], item["variable"]["name"]) == (wanted, name.split(".")[1])
    )


@pytest.mark.ocpp("B07.FR.01", "B07.FR.03", "B07.FR.04", "B07.FR.08", "B07.FR.10", "B07.FR.12")
async def test_a_base_report_is_acknowledged_first_and_then_sent(registry):
    async with talking(registry.session) as csms:
        assert await registry.base(csms) == {"status": "Accepted"}
        await registry.finish()
    frames = [json.loads(frame) for frame in csms.wire.sent]
    assert [frame[0] for frame in frames][:2] == [3, 2]
    pages = csms.of("NotifyReport")
    assert [page["seqNo"] for page in pages] == list(range(len(pages)))
    assert {page["requestId"] for page in pages} == {7}
    assert all(page["generatedAt"] == "2026-12-01T12:00:00.000Z" for page in pages)
    assert len(told(csms)) == len(list(registry.model))


@pytest.mark.ocpp("B07.FR.08", "B07.FR.11", "B08.FR.12")
async def test_all_is_told_of_a_variable(registry):
    async with talking(registry.session) as csms:
        await registry.base(csms)
        await registry.finish()
    items = told(csms)
    assert value_of(items, "OCPPCommCtrlr.HeartbeatInterval") == HEARTBEAT | {
        "variableAttribute": [
            {"type": "Actual", "value": "300", "mutability": "ReadWrite", "persistent": True, "constant": False}
        ],
        "variableCharacteristics": {
            "unit": "s",
            "dataType": "integer",
            "minLimit": 1,
            "maxLimit": 2147483647,
            "supportsMonitoring": False,
        },
    }
    power = value_of(items, "EVSE.Power", id=2)
    assert power["variableCharacteristics"]["maxLimit"] == 11040
    assert power["variableAttribute"][0]["value"] == ""
    state = value_of(items, "Connector.AvailabilityState", id=1, connectorId=1)
    assert state["variableCharacteristics"]["valuesList"] == "Available,Occupied,Reserved,Unavailable,Faulted"
    phases = value_of(items, "Connector.SupplyPhases", id=1, connectorId=1)
    assert phases["variableAttribute"] == [
        {"type": "Actual", "value": "3", "mutability": "ReadOnly", "persistent": False, "constant": True}
    ]


@pytest.mark.ocpp("B07.FR.03", "B08.FR.03")
async def test_a_secret_is_listed_without_its_value(registry):
    secret = "correct horse battery"
    registry.model.set_actual(var.BASIC_AUTH_PASSWORD.address, secret)
    async with talking(registry.session) as csms:
        await registry.base(csms, "ConfigurationInventory")
        await registry.finish()
        await registry.custom(csms, {"component": {"name": "SecurityCtrlr"}})
        await registry.finish()
    attributes = [
        item["variableAttribute"][0] for item in told(csms) if item["variable"]["name"] == "BasicAuthPassword"
    ]
    assert len(attributes) == 2
    assert all("value" not in attribute and attribute["mutability"] == "WriteOnly" for attribute in attributes)
    assert not any(secret in frame for frame in csms.wire.sent)


@pytest.mark.ocpp("B07.FR.07")
async def test_the_configuration_inventory_lists_only_what_can_be_set(registry):
    async with talking(registry.session) as csms:
        await registry.base(csms, "ConfigurationInventory")
        await registry.finish()
    assert {item["variableAttribute"][0]["mutability"] for item in told(csms)} == {"ReadWrite", "WriteOnly"}
    assert all("variableCharacteristics" in item for item in told(csms))


@pytest.mark.ocpp("B07.FR.09")
async def test_the_summary_inventory_is_short(registry):
    async with talking(registry.session) as csms:
        await registry.base(csms, "SummaryInventory")
        await registry.finish()
    assert {item["variable"]["name"] for item in told(csms)} == {"AvailabilityState"}
    assert len(told(csms)) == 5


@pytest.mark.ocpp("B07.FR.10", "B08.FR.14")
@pytest.mark.parametrize("page", [PageSize(items=10, bytes=10**6), PageSize(items=10**6, bytes=4000)])
async def test_a_long_report_is_divided_by_items_and_by_bytes(page):
    registry = Registry(page=page)
    async with talking(registry.session) as csms:
        await registry.base(csms)
        await registry.finish()
    pages = csms.of("NotifyReport")
    assert len(pages) > 5
    assert [one["seqNo"] for one in pages] == list(range(len(pages)))
    assert [one["tbc"] for one in pages] == [True] * (len(pages) - 1) + [False]
    assert all(len(one["reportData"]) <= page.items for one in pages)
    longest = max(len(frame) for frame in csms.wire.sent)
    assert longest <= page.bytes + 200
    assert len(told(csms)) == len(list(registry.model))


async def test_a_page_is_no_larger_than_it_may_be_by_default(registry):
    async with talking(registry.session) as csms:
        await registry.base(csms)
        await registry.finish()
    assert max(len(frame) for frame in csms.wire.sent) <= PAGE.bytes + 200
    assert len(csms.of("NotifyReport")) <= 3


@pytest.mark.ocpp("B08.FR.01", "B08.FR.04", "B08.FR.11", "B08.FR.12", "B08.FR.21")
async def test_a_custom_report_holds_what_was_asked_for(registry):
    wanted = {"component": {"name": "DeviceDataCtrlr"}, "variable": {"name": "ItemsPerMessage"}}
    async with talking(registry.session) as csms:
        assert await registry.custom(csms, wanted, request_id=9) == {"status": "Accepted"}
        await registry.finish()
    (page,) = csms.of("NotifyReport")
    assert (page["requestId"], page["seqNo"], page["tbc"]) == (9, 0, False)
    assert [item["variable"]["instance"] for item in page["reportData"]] == [
        "GetReport",
        "GetVariables",
        "SetVariables",
    ]
    assert all("variableCharacteristics" in item for item in page["reportData"])


@pytest.mark.ocpp("B08.FR.05", "B08.FR.10", "B08.FR.15", "B08.FR.23")
async def test_criteria_limit_a_custom_report_and_nothing_found_is_said_at_once(registry):
    wanted = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}
    async with talking(registry.session) as csms:
        assert await registry.custom(csms, wanted, componentCriteria=["Available"]) == {"status": "Accepted"}
        await registry.finish()
        answer = await registry.custom(csms, wanted, componentCriteria=["Problem"])
        assert answer == {"status": "EmptyResultSet"}
        assert await registry.custom(csms, {"component": {"name": "NoCtrlr"}}) == {"status": "EmptyResultSet"}
        await registry.finish()
    (item,) = told(csms)
    assert item["component"] == {"name": "EVSE", "evse": {"id": 1}}


@pytest.mark.ocpp("B08.FR.01")
async def test_a_custom_report_without_any_limit_holds_everything(registry):
    async with talking(registry.session) as csms:
        assert await registry.custom(csms) == {"status": "Accepted"}
        await registry.finish()
    assert len(told(csms)) == len(list(registry.model))


@pytest.mark.ocpp("B08.FR.17", "B08.FR.18")
async def test_a_request_that_is_too_long_is_refused(registry):
    async with talking(registry.session) as csms:
        many = [HEARTBEAT] * (registry.model[var.ITEMS_PER_MESSAGE_GET_REPORT] + 1)
        refused = await csms.call("GetReport", requestId=7, componentVariable=many)
        assert (refused[0], refused[2]) == (4, "OccurrenceConstraintViolation")
        heavy = HEARTBEAT | {"customData": {"vendorId": "x", "note": "-" * 70_000}}
        refused = await csms.call("GetReport", requestId=7, componentVariable=[heavy])
        assert (refused[0], refused[2]) == (4, "FormatViolation")
        await settle()
    assert csms.of("NotifyReport") == []


@pytest.mark.ocpp("B07.FR.13", "B08.FR.16")
async def test_one_report_more_than_the_station_keeps_in_mind_is_rejected():
    registry = Registry(page=PageSize(items=1, bytes=10**6))
    async with talking(registry.session) as csms:
        csms.answer("NotifyReport", SILENCE)
        for request_id in range(MOST_REPORTS):
            assert await registry.base(csms, request_id=request_id) == {"status": "Accepted"}
        answer = await registry.base(csms, request_id=99)
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "Unspecified")
        assert (await registry.custom(csms, request_id=99))["status"] == "Rejected"
    await registry.finish()


async def test_two_reports_are_not_mixed():
    registry = Registry(page=PageSize(items=3, bytes=10**6))
    async with talking(registry.session) as csms:
        await registry.custom(csms, {"component": {"name": "DeviceDataCtrlr"}}, request_id=1)
        await registry.custom(csms, {"component": {"name": "ClockCtrlr"}}, request_id=2)
        await registry.finish()
    ids = [page["requestId"] for page in csms.of("NotifyReport")]
    assert ids == sorted(ids)
    assert [page["seqNo"] for page in csms.of("NotifyReport")] == [0, 1, 2, 0]


async def test_a_request_id_is_free_again_with_the_last_page_and_not_before():
    registry = Registry(page=PageSize(items=20, bytes=10**6))
    async with talking(registry.session) as csms:
        csms.answer("NotifyReport", SILENCE)
        await registry.base(csms, "ConfigurationInventory")
        await csms.hear("NotifyReport")
        answer = await registry.base(csms, "ConfigurationInventory")
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "DuplicateRequestId")
    await registry.finish()
    async with talking(registry.session) as csms:
        csms.answer("NotifyReport", SILENCE)
        await registry.base(csms, "SummaryInventory")
        last = await csms.hear("NotifyReport")
        assert last["tbc"] is False
        assert await registry.base(csms, "SummaryInventory") == {"status": "Accepted"}
    await registry.finish()


async def test_a_report_ends_with_its_connection_and_the_next_one_may_ask_anew():
    registry = Registry(page=PageSize(items=10, bytes=10**6))
    with structlog.testing.capture_logs() as logs:
        async with talking(registry.session) as csms:
            csms.answer("NotifyReport", {}, {}, SILENCE)
            await registry.base(csms)
            await csms.hear("NotifyReport", times=3)
        await registry.finish()
    assert [entry["request"] for entry in logs if entry["event"] == "report_given_up"] == [7]
    async with talking(registry.session) as csms:
        await settle()
        assert csms.of("NotifyReport") == []
        assert await registry.base(csms) == {"status": "Accepted"}
        await registry.finish()
    assert csms.of("NotifyReport")[0]["seqNo"] == 0
    assert len(told(csms)) == len(list(registry.model))


@pytest.mark.parametrize("answer", [Refusal(), SILENCE], ids=["callerror", "timeout"])
async def test_a_page_that_the_csms_does_not_take_ends_its_report_and_no_other(answer):
    registry = Registry(page=PageSize(items=10, bytes=10**6))
    async with talking(registry.session) as csms:
        csms.answer("NotifyReport", {}, answer, {})
        await registry.base(csms, request_id=1)
        await registry.base(csms, "SummaryInventory", request_id=2)
        await registry.finish()
    assert [page["requestId"] for page in csms.of("NotifyReport")] == [1, 1, 2]


async def test_a_report_that_may_not_be_sent_yet_is_given_up(registry):
    async with talking(registry.session) as csms:
        registry.closed = True
        await registry.base(csms)
        await registry.finish()
    assert csms.of("NotifyReport") == []


async def test_nothing_is_reported_before_the_acknowledgement_is_written(registry):
    async with talking(registry.session) as csms:
        csms.wire.jam()
        csms.wire.say([2, "1", "GetBaseReport", {"requestId": 7, "reportBase": "FullInventory"}])
        await settle()
        assert json.loads(csms.wire.sent[0])[:2] == [3, "1"]
        assert registry.tasks == set()
