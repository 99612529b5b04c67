"""The CSMS reads and sets variables, over the wire."""

import json

import pytest
import structlog

from station.core import variables as var
from station.core.datatypes import Integer
from station.core.device_model import DeviceModel, EvseFacts, Refusal, Rejected, rows_for
from station.core.variables import Variable
from station.errors import StorageError
from station.ocpp.blocks.variables import Variables
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from tests.ocpp.csms import talking

HEARTBEAT = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
ATTEMPTS = {
    "component": {"name": "OCPPCommCtrlr"},
    "variable": {"name": "MessageAttempts", "instance": "TransactionEvent"},
}
PASSWORD = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
BOOT_ROW = Variable("XCtrlr", "AtBoot", Integer(), 0, reboot_required=True)


class Desk:
    """A device model, what it saved, and a CSMS that asks about it."""

    def __init__(self):
        self.saved = {}
        self.disk_full = False
        rows = [*rows_for([EvseFacts(1), EvseFacts(2)]), BOOT_ROW]
        self.model = DeviceModel(rows, stored={}, presets={}, save=self._save)
        self.session = RpcSession(Router(Variables(self.model)), timeout_s=lambda: 30.0)

    def _save(self, address, text):
        if self.disk_full:
            raise StorageError("database or disk is full")
        self.saved[str(address)] = text

    async def ask(self, action, **payload):
        async with talking(self.session) as csms:
            return await csms.call(action, **payload)

    async def get(self, *items):
        kind, _, answer = await self.ask("GetVariables", getVariableData=list(items))
        assert kind == 3
        return answer["getVariableResult"]

    async def set(self, *items):
        kind, _, answer = await self.ask("SetVariables", setVariableData=list(items))
        assert kind == 3
        return answer["setVariableResult"]


@pytest.fixture
def desk():
    return Desk()


def at(component, variable, **evse):
    return {"component": {"name": component, "evse": evse}, "variable": {"name": variable}}


@pytest.mark.ocpp("B06.FR.01", "B06.FR.02", "B06.FR.04", "B06.FR.10", "B06.FR.11")
async def test_each_variable_that_is_asked_for_is_answered_in_order(desk):
    results = await desk.get(ATTEMPTS, HEARTBEAT, HEARTBEAT)
    assert results == [
        ATTEMPTS | {"attributeStatus": "Accepted", "attributeType": "Actual", "attributeValue": "5"},
        HEARTBEAT | {"attributeStatus": "Accepted", "attributeType": "Actual", "attributeValue": "300"},
        HEARTBEAT | {"attributeStatus": "Accepted", "attributeType": "Actual", "attributeValue": "300"},
    ]


@pytest.mark.ocpp("B06.FR.13")
async def test_what_is_not_known_at_present_is_an_empty_text_and_no_omission(desk):
    (got,) = await desk.get(at("EVSE", "Power", id=1))
    assert (got["attributeStatus"], got["attributeValue"]) == ("Accepted", "")


@pytest.mark.ocpp("B06.FR.03", "B06.FR.08", "B05.FR.03", "B05.FR.06")
@pytest.mark.parametrize("attribute", ["Target", "MinSet", "MaxSet"])
async def test_an_attribute_that_no_variable_has_is_named_in_the_answer(desk, attribute):
    item = HEARTBEAT | {"attributeType": attribute}
    (got,) = await desk.get(item)
    (put,) = await desk.set(item | {"attributeValue": "60"})
    assert got == put == item | {"attributeStatus": "NotSupportedAttributeType"}
    assert desk.saved == {}


@pytest.mark.ocpp("B05.FR.03", "B06.FR.03")
async def test_the_actual_value_may_be_named(desk):
    item = HEARTBEAT | {"attributeType": "Actual"}
    assert (await desk.get(item))[0]["attributeType"] == "Actual"
    assert (await desk.set(item | {"attributeValue": "60"}))[0]["attributeStatus"] == "Accepted"


@pytest.mark.parametrize(
    ("item", "status"),
    [
        ({"component": {"name": "NoCtrlr"}, "variable": {"name": "X"}}, "UnknownComponent"),
        ({"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "X"}}, "UnknownVariable"),
        ({"component": {"name": "OCPPCommCtrlr", "instance": "x"}, "variable": {"name": "X"}}, "UnknownComponent"),
        ({"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "MessageAttempts"}}, "UnknownVariable"),
        (
            {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "MessageAttempts", "instance": ""}},
            "UnknownVariable",
        ),
        (at("EVSE", "Power", id=3), "UnknownComponent"),
        (at("Connector", "ConnectorType", id=1, connectorId=2), "UnknownComponent"),
        (at("OCPPCommCtrlr", "HeartbeatInterval", id=1), "UnknownComponent"),
        ({"component": {"name": "EVSE"}, "variable": {"name": "Power"}}, "UnknownComponent"),
    ],
)
@pytest.mark.ocpp("B06.FR.06", "B06.FR.07", "B06.FR.15", "B05.FR.04", "B05.FR.05")
async def test_what_the_station_does_not_have_is_unknown(desk, item, status):
    wanted = item | {"attributeStatus": status, "attributeType": "Actual"}
    assert await desk.get(item) == [wanted]
    assert await desk.set(item | {"attributeValue": "1"}) == [wanted]


@pytest.mark.ocpp("B06.FR.14")
async def test_a_variable_is_found_at_its_evse_and_by_its_instance_in_any_case(desk):
    shouted = {
        "component": {"name": "OCPPCOMMCTRLR"},
        "variable": {"name": "messageattempts", "instance": "TRANSACTIONEVENT"},
    }
    results = await desk.get(at("Connector", "SupplyPhases", id=2, connectorId=1), at("EVSE", "Power", id=1), shouted)
    assert [result["attributeValue"] for result in results] == ["3", "", "5"]
    assert results[2]["component"] == {"name": "OCPPCOMMCTRLR"}


@pytest.mark.ocpp("B06.FR.09", "A01.FR.01")
async def test_a_secret_is_set_and_never_read_or_logged(desk):
    secret = "correct horse battery"
    with structlog.testing.capture_logs() as logs:
        (put,) = await desk.set(PASSWORD | {"attributeValue": secret})
        (got,) = await desk.get(PASSWORD)
    assert put["attributeStatus"] == "Accepted"
    assert got["attributeStatus"] == "Rejected"
    assert got["attributeStatusInfo"] == {"reasonCode": "WriteOnly"}
    assert "attributeValue" not in got
    assert any(entry["event"] == "variable_set" for entry in logs)
    assert secret not in repr(logs)


@pytest.mark.ocpp("B05.FR.07")
async def test_a_secret_that_is_refused_is_not_repeated(desk):
    with structlog.testing.capture_logs() as logs:
        answer = await desk.set(PASSWORD | {"attributeValue": "short secret"})
    assert answer[0]["attributeStatus"] == "Rejected"
    assert "short secret" not in json.dumps(answer) + repr(logs)


@pytest.mark.ocpp("B05.FR.01", "B05.FR.02", "B05.FR.10", "B05.FR.12")
async def test_what_is_set_is_accepted_saved_and_in_force(desk):
    results = await desk.set(HEARTBEAT | {"attributeValue": "60"}, ATTEMPTS | {"attributeValue": "7"})
    assert results == [
        HEARTBEAT | {"attributeStatus": "Accepted", "attributeType": "Actual"},
        ATTEMPTS | {"attributeStatus": "Accepted", "attributeType": "Actual"},
    ]
    assert desk.saved == {
        "OCPPCommCtrlr.HeartbeatInterval": "60",
        "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "7",
    }
    assert desk.model[var.HEARTBEAT_INTERVAL] == 60


@pytest.mark.ocpp("B05.FR.01")
async def test_of_several_values_for_one_variable_the_last_counts_and_each_is_answered(desk):
    values = ("60", "soon", "90")
    results = await desk.set(*(HEARTBEAT | {"attributeValue": value} for value in values))
    assert [result["attributeStatus"] for result in results] == ["Accepted", "Rejected", "Accepted"]
    assert desk.model[var.HEARTBEAT_INTERVAL] == 90


@pytest.mark.parametrize(
    ("item", "value", "reason_code"),
    [
        (HEARTBEAT, "soon", "InvalidValue"),
        (HEARTBEAT, "0", "ValueTooLow"),
        (HEARTBEAT, "2147483648", "ValueTooHigh"),
        (at("EVSE", "Power", id=1), "1", "ReadOnly"),
        ({"component": {"name": "ClockCtrlr"}, "variable": {"name": "TimeSource"}}, "Sundial", "InvalidValue"),
    ],
)
@pytest.mark.ocpp("B05.FR.07", "B05.FR.08", "B05.FR.09")
async def test_a_value_that_cannot_be_set_is_rejected_with_the_reason(desk, item, value, reason_code):
    (result,) = await desk.set(item | {"attributeValue": value})
    assert result["attributeStatus"] == "Rejected"
    assert result["attributeStatusInfo"]["reasonCode"] == reason_code
    assert desk.saved == {}


async def test_a_reason_is_cut_to_what_a_message_holds(desk):
    desk.model.guard(var.HEARTBEAT_INTERVAL, lambda _: Rejected(Refusal.REJECTED, "InvalidValue", "because " * 100))
    (result,) = await desk.set(HEARTBEAT | {"attributeValue": "60"})
    assert len(result["attributeStatusInfo"]["additionalInfo"]) == 512


@pytest.mark.ocpp("B05.FR.09")
async def test_what_cannot_be_saved_is_rejected_and_not_in_force_but_the_rest_is(desk):
    desk.disk_full = True
    (result,) = await desk.set(HEARTBEAT | {"attributeValue": "60"})
    assert result["attributeStatus"] == "Rejected"
    assert result["attributeStatusInfo"]["reasonCode"] == "InternalError"
    assert desk.model[var.HEARTBEAT_INTERVAL] == 300
    desk.disk_full = False
    assert (await desk.set(HEARTBEAT | {"attributeValue": "60"}))[0]["attributeStatus"] == "Accepted"


async def test_what_needs_a_restart_says_so(desk):
    item = {"component": {"name": "XCtrlr"}, "variable": {"name": "AtBoot"}, "attributeValue": "1"}
    (result,) = await desk.set(item)
    assert result["attributeStatus"] == "RebootRequired"
    assert desk.saved == {"XCtrlr.AtBoot": "1"}


@pytest.mark.ocpp("B06.FR.16")
@pytest.mark.parametrize("action", ["GetVariables", "SetVariables"])
async def test_more_items_than_the_station_takes_are_refused_as_a_whole(desk, action):
    item = HEARTBEAT | ({"attributeValue": "60"} if action == "SetVariables" else {})
    name = action[0].lower() + action[1:-1] + "Data"
    most = desk.model[var.ITEMS_PER_MESSAGE_GET_VARIABLES]
    kind, _, code, description, _ = await desk.ask(action, **{name: [item] * (most + 1)})
    assert (kind, code) == (4, "OccurrenceConstraintViolation")
    assert f"{most} are possible" in description
    assert desk.saved == {}
    assert (await desk.ask(action, **{name: [item] * most}))[0] == 3


@pytest.mark.ocpp("B06.FR.17")
@pytest.mark.parametrize("action", ["GetVariables", "SetVariables"])
async def test_more_bytes_than_the_station_takes_are_refused_as_a_whole(desk, action):
    item = HEARTBEAT | ({"attributeValue": "60"} if action == "SetVariables" else {})
    heavy = item | {
        "customData": {"vendorId": "x", "note": "ü" * (desk.model[var.BYTES_PER_MESSAGE_GET_VARIABLES] // 2)}
    }
    name = action[0].lower() + action[1:-1] + "Data"
    kind, _, code, description, _ = await desk.ask(action, **{name: [heavy]})
    assert (kind, code) == (4, "FormatViolation")
    assert "bytes" in description
    assert desk.saved == {}
