"""What a vendor agreed on with an operator reaches the vendor's hook, and the other way round."""

import asyncio
import math
import sys
from types import ModuleType

import pytest

from station.errors import SettingsError
from station.ocpp.blocks.data_transfer import HOOK_TIMEOUT_S, Answer, DataTransfer, Status
from station.ocpp.router import Router
from station.ocpp.rpc_errors import Offline
from station.ocpp.session import RpcSession
from tests.ocpp.csms import talking

VENDOR = "com.example"
JSON = {"socketID": 1, "SoCket_id": [None, True, -0.5, "\u00e9", {"customData": {"vendorId": "x"}}]}


async def echo(message_id, data):
    """The hook of a vendor who knows two messages."""
    match message_id:
        case None | "echo":
            return Answer(Status.accepted, data)
        case "refuse":
            return Answer(Status.rejected, "not today")
    return Answer(Status.unknown_message_id)


async def faulty(message_id, data):
    match message_id:
        case "crash":
            raise RuntimeError("secret of the vendor")
        case "hang":
            await asyncio.sleep(3600)
        case "not_json":
            return Answer(Status.accepted, object())
        case "not_a_number":
            return Answer(Status.accepted, {"value": math.nan})
        case "no_status":
            return Answer("Perhaps")
    return {"status": "Accepted"}


class Talkative:
    """A hook that asks the CSMS before it answers."""

    def __init__(self, transfer):
        self._transfer = transfer

    async def __call__(self, message_id, data):
        return await self._transfer("question", data)


def plain(message_id, data):
    return Answer(Status.accepted)


@pytest.fixture(autouse=True)
def vendor_module(monkeypatch):
    """The module that a vendor would install beside the station."""
    module = ModuleType("vendor_hooks")
    module.__dict__.update(echo=echo, faulty=faulty, Talkative=Talkative, plain=plain, box=Talkative, number=5)
    monkeypatch.setitem(sys.modules, "vendor_hooks", module)


class Office:
    """A session whose DataTransfer goes to the hook of one vendor."""

    def __init__(self, hook="echo"):
        self.disabled = set()
        router = Router()
        self.session = RpcSession(router, timeout_s=lambda: 30.0)
        self.block = DataTransfer(
            self.session,
            vendors={VENDOR: f"vendor_hooks:{hook}"},
            enabled=lambda vendor: vendor not in self.disabled,
        )
        router.add(self.block)

    async def told(self, csms, **payload):
        kind, _, answer = await csms.call("DataTransfer", **{"vendorId": VENDOR, **payload})
        assert kind == 3
        return answer


@pytest.mark.ocpp("P01.FR.03", "P01.FR.04", "P01.FR.07")
@pytest.mark.parametrize("data", [JSON, [1, 2], "text", 5, False, "x" * 100_000])
async def test_the_hook_of_a_vendor_gets_what_was_sent_and_its_answer_goes_back_as_it_is(data):
    office = Office()
    async with talking(office.session) as csms:
        assert await office.told(csms, messageId="echo", data=data) == {"status": "Accepted", "data": data}


async def test_message_id_and_data_may_be_missing():
    office = Office()
    async with talking(office.session) as csms:
        assert await office.told(csms) == {"status": "Accepted"}


@pytest.mark.ocpp("P01.FR.07")
async def test_a_hook_may_refuse():
    office = Office()
    async with talking(office.session) as csms:
        assert await office.told(csms, messageId="refuse") == {"status": "Rejected", "data": "not today"}


@pytest.mark.ocpp("P01.FR.05")
async def test_a_vendor_without_a_hook_is_unknown():
    office = Office()
    async with talking(office.session) as csms:
        for vendor in ("org.openchargealliance.octt", "COM.EXAMPLE", ""):
            assert await office.told(csms, vendorId=vendor, messageId="echo") == {"status": "UnknownVendorId"}


@pytest.mark.ocpp("P01.FR.05")
async def test_a_vendor_whose_implementation_is_switched_off_is_unknown_until_it_is_on_again():
    office = Office()
    office.disabled.add(VENDOR)
    async with talking(office.session) as csms:
        assert await office.told(csms, messageId="echo") == {"status": "UnknownVendorId"}
        office.disabled.clear()
        assert await office.told(csms, messageId="echo") == {"status": "Accepted"}


@pytest.mark.ocpp("P01.FR.06")
async def test_a_message_that_the_vendor_does_not_know_is_told_so():
    office = Office()
    async with talking(office.session) as csms:
        assert await office.told(csms, messageId="other") == {"status": "UnknownMessageId"}


async def test_custom_data_beside_the_message_does_no_harm():
    office = Office()
    async with talking(office.session) as csms:
        answer = await office.told(csms, messageId="echo", data=1, customData={"vendorId": "x", "a": {"b": 1}})
        assert answer == {"status": "Accepted", "data": 1}


@pytest.mark.parametrize("message", ["crash", "hang", "not_json", "not_a_number", "no_status", "no_answer"])
async def test_a_hook_that_fails_rejects_and_the_next_request_is_answered(message):
    office = Office("faulty")
    async with talking(office.session) as csms:
        async with asyncio.timeout(HOOK_TIMEOUT_S + 5):
            answer = await office.told(csms, messageId=message)
        assert answer == {"status": "Rejected", "statusInfo": {"reasonCode": "InternalError"}}
        assert (await office.told(csms, vendorId="other"))["status"] == "UnknownVendorId"


@pytest.mark.ocpp("P02.FR.04", "P02.FR.05", "P02.FR.08")
@pytest.mark.parametrize("status", ["Accepted", "Rejected"])
async def test_the_station_sends_a_vendors_message_and_gets_the_answer(status):
    office = Office()
    async with talking(office.session) as csms:
        csms.answer("DataTransfer", {"status": status, "data": JSON})
        assert await office.block.transfer(VENDOR, "hello", JSON) == Answer(Status(status), JSON)
        assert csms.of("DataTransfer") == [{"vendorId": VENDOR, "messageId": "hello", "data": JSON}]


@pytest.mark.ocpp("P02.FR.06", "P02.FR.07")
@pytest.mark.parametrize("status", ["UnknownVendorId", "UnknownMessageId"])
async def test_a_csms_that_does_not_know_vendor_or_message_is_an_answer_too(status):
    office = Office()
    async with talking(office.session) as csms:
        csms.answer("DataTransfer", {"status": status})
        assert await office.block.transfer(VENDOR) == Answer(Status(status))
        assert csms.of("DataTransfer") == [{"vendorId": VENDOR}]


async def test_without_a_connection_nothing_is_sent_and_the_caller_learns_it():
    with pytest.raises(Offline):
        await Office().block.transfer(VENDOR, "hello")


@pytest.mark.ocpp("P02.FR.01")
async def test_a_hook_that_is_a_class_talks_to_the_csms_in_the_name_of_its_vendor():
    office = Office("Talkative")
    async with talking(office.session) as csms:
        csms.answer("DataTransfer", {"status": "Accepted", "data": "yes"})
        assert await office.told(csms, data="?") == {"status": "Accepted", "data": "yes"}
        assert csms.of("DataTransfer") == [{"vendorId": VENDOR, "messageId": "question", "data": "?"}]


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("vendor_missing:handle", "cannot be loaded: ModuleNotFoundError"),
        ("vendor_hooks:missing", "cannot be loaded: AttributeError"),
        ("vendor_hooks", "cannot be loaded"),
        ("vendor_hooks:plain", "is no async function"),
        ("vendor_hooks:number", "is no async function"),
    ],
)
def test_a_hook_that_cannot_be_used_is_named_at_the_start(place, why):
    session = RpcSession(Router(), timeout_s=lambda: 30.0)
    with pytest.raises(SettingsError, match=f"com.example = '{place}' {why}"):
        DataTransfer(session, vendors={VENDOR: place}, enabled=lambda vendor: True)
