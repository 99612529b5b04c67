"""What the CSMS sets has its effect: each writable variable as the wire shows it, without a restart."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from simulators.mock_csms.replies import ErrorReply
from station.core.variables import address
from tests.flows.house import CARD, House, is_whole, until

ENERGY = "Energy.Active.Import.Register"


def named(name: str) -> dict[str, Any]:
    where = address(name)
    variable = {"name": where.variable, **({"instance": where.instance} if where.instance else {})}
    return {"component": {"name": where.component}, "variable": variable}


async def set_to(house: House, values: dict[str, str]) -> None:
    """Set variables by name; all have to be accepted, and say what they were set to."""
    data = [{**named(name), "attributeValue": value} for name, value in values.items()]
    answer = await house.call("SetVariables", setVariableData=data)
    statuses = [result["attributeStatus"] for result in answer["setVariableResult"]]
    assert statuses == ["Accepted"] * len(values), answer
    assert [await value_of(house, name) for name in values] == list(values.values())


async def value_of(house: House, name: str) -> str:
    answer = await house.call("GetVariables", getVariableData=[named(name)])
    [result] = answer["getVariableResult"]
    assert result["attributeStatus"] == "Accepted"
    return str(result["attributeValue"])


def now_s() -> float:
    return asyncio.get_running_loop().time()


def values_of(event: Any, context: str) -> list[Any]:
    """Return the sampled values of an event that were taken in this context."""
    values = [value for sample in event.get("meterValue", ()) for value in sample["sampledValue"]]
    return [value for value in values if value.get("context") == context]


async def done(house: House, transaction_id: str, card: str = CARD) -> None:
    """Stop and drive away."""
    house.swipe(card)
    assert is_whole(await house.finished(transaction_id))
    house.unplug()
    await house.status("Available")
    await asyncio.sleep(3)  # the reader may take the same card again


# OCPPCommCtrlr


@pytest.mark.parametrize(("interval", "pings"), [("7", 8), ("0", 0)])
async def test_pings_go_out_as_often_as_the_interval_says(tmp_path: Path, interval: str, pings: int) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"OCPPCommCtrlr.WebSocketPingInterval": interval})
        seen = count_pings(house)
        await asyncio.sleep(60)
        assert len(seen) == pings


def count_pings(house: House) -> list[float]:
    """Return a list that grows with every ping that reaches the CSMS."""
    seen: list[float] = []
    socket = house.seen.connection._websocket
    process = socket.process_event

    def counted(event: Any) -> None:
        if getattr(event, "opcode", None) == 9:  # RFC 6455, 5.5.2
            seen.append(now_s())
        process(event)

    socket.process_event = counted
    return seen


@pytest.mark.ocpp("B05.FR.08")
async def test_an_interval_between_pings_is_not_negative(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        data = {**named("OCPPCommCtrlr.WebSocketPingInterval"), "attributeValue": "-1"}
        answer = await house.call("SetVariables", setVariableData=[data])
        [result] = answer["setVariableResult"]
        assert result["attributeStatus"] == "Rejected"
        assert result["attributeStatusInfo"]["reasonCode"] == "ValueTooLow"


async def test_the_back_off_is_as_it_was_set_a_moment_ago(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        back_off = {"WaitMinimum": "4", "RandomRange": "0", "RepeatTimes": "2"}
        await set_to(house, {f"OCPPCommCtrlr.RetryBackOff{name}": value for name, value in back_off.items()})
        port = int(house.csms.url.rpartition(":")[2].partition("/")[0])
        await house.csms.go_away(abruptly=True)
        dialled = [now_s()]

        async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            dialled.append(now_s())
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", port)
        await asyncio.sleep(65)
        server.close()
        await server.wait_closed()
        waits = [later - earlier for earlier, later in pairwise(dialled)]
        assert [round(wait) for wait in waits] == [4, 8, 16, 16, 16]
        await house.csms.come_back()
        await house.seen.wait_connected()


async def test_a_refused_event_is_sent_as_often_and_at_such_intervals_as_was_set(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await set_to(
            house,
            {
                "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "3",
                "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "10",
            },
        )
        house.csms.override(house.seen.id, "TransactionEvent", error=ErrorReply("InternalError"))
        house.plug()
        house.swipe()
        sent = []
        for attempt in (1, 2, 3):
            await until(lambda n=attempt: len(firsts(house)) == n, f"attempt {attempt}")
            sent.append(now_s())
        assert [round(later - earlier) for earlier, later in pairwise(sent)] == [10, 20]
        house.csms.reset_override(house.seen.id, "TransactionEvent")
        await asyncio.sleep(120)
        assert len(firsts(house)) == 3  # given up


def firsts(house: House) -> list[Any]:
    return [event for event in house.seen.received("TransactionEvent") if event["seqNo"] == 0]


@pytest.mark.ocpp("B04.FR.01", "B04.FR.02")
@pytest.mark.parametrize(("threshold", "statuses"), [("5", 2), ("600", 1)])
async def test_statuses_are_told_again_after_a_longer_time_offline_than_the_threshold(
    tmp_path: Path, threshold: str, statuses: int
) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"OCPPCommCtrlr.OfflineThreshold": threshold})
        await house.csms.go_away()
        await asyncio.sleep(30)
        await house.csms.come_back()
        await house.seen.wait_connected(timeout_s=300)
        await asyncio.sleep(30)
        assert len(house.seen.received("StatusNotification")) == statuses
        assert len(house.seen.received("BootNotification")) == 1


# SampledDataCtrlr


async def test_what_is_told_of_a_transaction_while_it_runs_is_what_was_chosen(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        chosen = f"{ENERGY},Power.Active.Import,Frequency"
        await set_to(
            house,
            {"SampledDataCtrlr.TxUpdatedInterval": "10", "SampledDataCtrlr.TxUpdatedMeasurands": chosen},
        )
        transaction_id = await house.charge()
        await asyncio.sleep(61)
        updates = [e for e in house.seen.received("TransactionEvent") if values_of(e, "Sample.Periodic")]
        assert len(updates) == 6
        assert {value["measurand"] for value in values_of(updates[-1], "Sample.Periodic")} == set(chosen.split(","))
        await set_to(house, {"SampledDataCtrlr.TxUpdatedInterval": "0"})
        await asyncio.sleep(15)  # the wait that was running may end as it began
        before = len(house.seen.received("TransactionEvent"))
        await asyncio.sleep(120)
        assert len(house.seen.received("TransactionEvent")) == before
        await done(house, transaction_id)


@pytest.mark.parametrize(("policy", "keys"), [("Never", 0), ("OncePerTransaction", 1), ("EveryMeterValue", 3)])
async def test_the_public_key_goes_along_as_often_as_was_chosen(tmp_path: Path, policy: str, keys: int) -> None:
    async with House(tmp_path) as house:
        await set_to(
            house,
            {
                "OCPPCommCtrlr.PublicKeyWithSignedMeterValue": policy,
                "SampledDataCtrlr.SignStartedReadings": "true",
            },
        )
        transaction_id = await house.charge()
        house.swipe()
        transaction = await house.finished(transaction_id)
        told = [value["signedMeterValue"]["publicKey"] for value in signed(transaction)]
        assert len(told) == 3  # the begin twice: at once, and beside the end
        assert len([key for key in told if key]) == keys


@pytest.mark.parametrize(("sign", "count"), [("true", 2), ("false", 0)])
async def test_values_are_signed_if_that_was_chosen(tmp_path: Path, sign: str, count: int) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"SampledDataCtrlr.SignReadings": sign})
        transaction_id = await house.charge()
        house.swipe()
        transaction = await house.finished(transaction_id)
        assert len(signed(transaction)) == count
        assert {value["measurand"] for value in values_of(transaction.events[-1].payload, "Transaction.End")} == {
            ENERGY
        }
        assert len(house.receipts()[-1].records) == 2


def signed(transaction: Any) -> list[Any]:
    events = (event.payload for event in transaction.events)
    samples = (sample for event in events for sample in event.get("meterValue", ()))
    return [value for sample in samples for value in sample["sampledValue"] if "signedMeterValue" in value]


async def test_begin_and_end_are_left_out_if_nothing_was_chosen_for_them(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"SampledDataCtrlr.TxStartedMeasurands": "", "SampledDataCtrlr.TxEndedMeasurands": ""})
        transaction_id = await house.charge()
        house.swipe()
        transaction = await house.finished(transaction_id)
        assert not any(event.payload.get("meterValue") for event in transaction.events)


# TxCtrlr


@pytest.mark.parametrize(("point", "told"), [("EVConnected", "plugged"), ("Authorized", "authorized")])
async def test_a_transaction_begins_where_it_was_told_to(tmp_path: Path, point: str, told: str) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"TxCtrlr.TxStartPoint": point})
        if told == "plugged":
            house.plug()
        else:
            house.swipe()
        started = await house.event(kind="Started")
        assert not house.contactor_closed
        assert started["triggerReason"] == {"plugged": "CablePluggedIn", "authorized": "Authorized"}[told]


async def test_an_authorization_waits_for_the_vehicle_as_long_as_was_set(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"TxCtrlr.EVConnectionTimeOut": "20", "TxCtrlr.TxStartPoint": "Authorized"})
        house.swipe()
        await house.event(kind="Started")
        began = now_s()
        ended = await house.event(kind="Ended")
        assert 19 <= now_s() - began <= 22
        assert (ended["triggerReason"], ended["transactionInfo"]["stoppedReason"]) == ("EVConnectTimeout", "Timeout")


@pytest.mark.parametrize("stops", ["true", "false"])
async def test_a_token_that_turns_out_invalid_ends_the_transaction_or_only_the_energy(
    tmp_path: Path, stops: str
) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"TxCtrlr.StopTxOnInvalidId": stops})
        house.csms.override(house.seen.id, "TransactionEvent", {"idTokenInfo": {"status": "Invalid"}}, times=1)
        house.plug()
        house.swipe()
        if stops == "true":
            ended = await house.event(kind="Ended")
            assert ended["transactionInfo"]["stoppedReason"] == "DeAuthorized"
        else:
            event = await house.event(kind="Updated", state="SuspendedEVSE")  # E05.FR.02
            assert event["triggerReason"] == "ChargingStateChanged"
            await asyncio.sleep(60)
            assert not any(e["eventType"] == "Ended" for e in house.seen.received("TransactionEvent"))
        await until(lambda: house.bench.state()["evses"][0]["power_w"] == 0, "no power")


# ClockCtrlr


def ahead(hours: float) -> dict[str, str]:
    """Return the answer of a CSMS whose clock is ahead."""
    return {"currentTime": (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds")}


async def station_time(house: House) -> datetime:
    return datetime.fromisoformat(await value_of(house, "ClockCtrlr.DateTime"))


async def beat(house: House) -> None:
    await house.call("TriggerMessage", requestedMessage="Heartbeat")
    await house.seen.wait_for("Heartbeat", later=True)
    await asyncio.sleep(1)


@pytest.mark.ocpp("G02.FR.06")
async def test_the_clock_follows_the_source_that_was_chosen(tmp_path: Path) -> None:
    async with House(tmp_path, station="trust_clock = true") as house:
        house.csms.override(house.seen.id, "Heartbeat", ahead(1))
        await beat(house)
        for source, is_ahead in {"Heartbeat": True, "RealTimeClock,Heartbeat": False, "Heartbeat,NTP": True}.items():
            await set_to(house, {"ClockCtrlr.TimeSource": source})
            assert (await station_time(house) - datetime.now(UTC) > timedelta(minutes=55)) is is_ahead


@pytest.mark.parametrize(("threshold", "events"), [("7200", 0), ("60", 1)])
async def test_a_step_of_the_clock_beyond_the_threshold_is_a_security_event(
    tmp_path: Path, threshold: str, events: int
) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"ClockCtrlr.TimeAdjustmentReportingThreshold": threshold})
        house.csms.override(house.seen.id, "Heartbeat", ahead(1))
        await beat(house)
        await asyncio.sleep(5)
        told = [event["type"] for event in house.seen.received("SecurityEventNotification")]
        assert told.count("SettingSystemTime") == events


# SecurityCtrlr


async def test_the_organization_stands_in_the_next_certificate_request(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"SecurityCtrlr.OrganizationName": "Stadtwerke Überall"})
        await house.call("TriggerMessage", requestedMessage="SignChargingStationCertificate")
        request = await house.seen.wait_for("SignCertificate")
        subject = x509.load_pem_x509_csr(request["csr"].encode()).subject
        [organization] = subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        assert organization.value == "Stadtwerke Überall"
