"""Values between begin and end: signed by a meter that switches, and never in the way of the bill."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
import structlog

from station.core.records import RecordKind
from station.meter.ocmf import parse
from station.receipts.judged import Examiner
from tests.flows.house import CARD, House, is_whole, until

SIGNED = """
"SampledDataCtrlr.SignUpdatedReadings" = true
"SampledDataCtrlr.TxUpdatedInterval" = 20
"SampledDataCtrlr.TxUpdatedMeasurands" = ["Energy.Active.Import.Register", "Voltage", "Power.Reactive.Export"]
"""


def values_of(event: dict[str, Any]) -> list[dict[str, Any]]:
    return [value for sample in event.get("meterValue", ()) for value in sample["sampledValue"]]


def texts_of(event: dict[str, Any]) -> list[bytes]:
    signed = [value["signedMeterValue"] for value in values_of(event) if "signedMeterValue" in value]
    return [base64.b64decode(one["signedMeterData"]) for one in signed]


@pytest.mark.ocpp("J02.FR.04", "J02.FR.05", "J02.FR.06", "J02.FR.11", "J02.FR.16", "J02.FR.21", "J02.FR.22")
async def test_signed_values_on_the_way_are_evidence_too_and_the_bill_stays_whole(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as lines:
        async with House(tmp_path, variables=SIGNED) as house:
            transaction_id = await house.charge()
            await asyncio.sleep(75)
            house.swipe()
            transaction = await house.finished(transaction_id)
            assert is_whole(transaction)
            [receipt] = house.receipts()
            judged = Examiner(house.database).judge(receipt)
    updates = [
        event.payload for event in transaction.events if event.payload["triggerReason"] == "MeterValuePeriodic"
    ]
    assert len(updates) >= 3
    for update in updates:
        told = [(value["measurand"], value.get("phase"), value["location"]) for value in values_of(update)]
        assert ("Voltage", "L3-N", "Outlet") in told
        assert {value["context"] for value in values_of(update)} == {"Sample.Periodic"}
        assert len(texts_of(update)) == 1
    kept = {record.ocmf: record for record in receipt.records}
    on_the_way = [kept[text] for update in updates for text in texts_of(update)]
    assert {record.kind for record in on_the_way} == {RecordKind.CURRENT}
    assert all(CARD in parse(record.ocmf).id_data for record in on_the_way)
    energies = [
        value["value"]
        for event in transaction.events
        for value in values_of(event.payload)
        if value["measurand"].startswith("Energy") and value["context"] != "Transaction.Begin"
    ]
    assert energies == sorted(energies)
    assert [record.kind for record in receipt.records].count(RecordKind.CURRENT) == len(on_the_way)
    assert {name for name in judged.failed if not name.startswith("safe")} == set()
    assert [line for line in lines if line["event"] == "records_missing"] == []


async def test_an_end_that_is_wanted_while_a_value_is_signed_comes_right_after_it(tmp_path: Path) -> None:
    async with House(tmp_path, variables=SIGNED) as house:
        transaction_id = await house.charge()
        meter = house.bench.evse(1).meter
        await until(lambda: bool(meter.busy), "a value that is being signed")
        house.swipe()
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        [receipt] = house.receipts()
        kinds = [record.kind for record in receipt.records]
    assert kinds == [RecordKind.TURN_ON, RecordKind.CURRENT, RecordKind.TURN_OFF]


@pytest.mark.ocpp("E06.FR.11", "J02.FR.02", "J02.FR.18")
async def test_ended_holds_begin_end_and_what_was_collected_between_them(tmp_path: Path) -> None:
    ended = '"SampledDataCtrlr.TxEndedInterval" = 20\n"SampledDataCtrlr.TxUpdatedInterval" = 0\n'
    async with House(tmp_path, variables=ended) as house:
        transaction_id = await house.charge()
        await asyncio.sleep(70)
        house.swipe()
        transaction = await house.finished(transaction_id)
    contexts = [value["context"] for value in values_of(transaction.events[-1].payload)]
    assert contexts[0] == "Transaction.Begin"
    assert contexts[-1] == "Transaction.End"
    assert contexts[1:-1] == ["Sample.Periodic"] * len(contexts[1:-1])
    assert len(contexts) >= 5
    assert is_whole(transaction)
