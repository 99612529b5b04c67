"""Block J: what is measured by the clock, and in transactions."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.conformance.site import Site
from tests.conformance.states import energy_transfer_started, ev_disconnected, stop_authorized
from tests.conformance.states_sessions import Visit, configured
from tests.flows.house import until

ENERGY, POWER = "Energy.Active.Import.Register", "Power.Active.Import"
INTERVAL_S = 30
DURATION_S = 4 * INTERVAL_S
CLOCK, PERIODIC, BEGIN, END = "Sample.Clock", "Sample.Periodic", "Transaction.Begin", "Transaction.End"


def samples(meter_values: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Return all samples; none is measured in the vehicle (errata 2024-09, section J)."""
    found = [sample for value in meter_values for sample in value["sampledValue"]]
    assert [sample for sample in found if sample.get("location") == "EV" and sample.get("measurand") != "SoC"] == []
    return found


def context(meter_value: Mapping[str, Any]) -> str:
    """Return why a meter value was taken: for all its samples the same."""
    (found,) = {sample.get("context", PERIODIC) for sample in samples([meter_value])}
    return str(found)


def measurands(meter_value: Mapping[str, Any]) -> set[str]:
    return {sample.get("measurand", ENERGY) for sample in samples([meter_value])}


def instants(meter_values: Iterable[Mapping[str, Any]]) -> list[datetime]:
    """Return when they were taken, each instant once, in order."""
    return sorted({datetime.fromisoformat(value["timestamp"]) for value in meter_values})


def one_interval_apart(found: Sequence[datetime]) -> bool:
    """Tell whether instants are an interval apart; a meter takes its time to answer."""
    return all(round((after - before).total_seconds() / INTERVAL_S) == 1 for before, after in pairwise(found))


def by_the_clock(found: Iterable[datetime]) -> bool:
    """Tell whether instants are so many intervals after midnight, by the second."""
    times = [instant.astimezone(UTC) for instant in found]
    midnights = [time.replace(hour=0, minute=0, second=0, microsecond=0) for time in times]
    late = [
        (time - midnight) % timedelta(seconds=INTERVAL_S) for time, midnight in zip(times, midnights, strict=True)
    ]
    return all(delay < timedelta(seconds=INTERVAL_S / 2) for delay in late)


def signed(meter_value: Mapping[str, Any]) -> bool:
    """Tell whether what can be signed is signed, with room for a key."""
    values = [sample for sample in meter_value["sampledValue"] if sample.get("measurand", ENERGY) == ENERGY]
    return bool(values) and all("publicKey" in sample["signedMeterValue"] for sample in values)


def clock_values(site: Site, *, after: int) -> list[Any]:
    """Return the meter values of all MeterValues after a place in the record, checked."""
    told = site.requests("MeterValues", after=after)
    assert {message["evseId"] for message in told} <= {0, 1}
    found = [value for message in told for value in message["meterValue"]]
    assert {context(value) for value in found} <= {CLOCK}
    return found


async def ended(site: Site, transaction_id: str) -> Any:
    """Stop after some intervals; return the event that ends the transaction."""
    await asyncio.sleep(DURATION_S)
    event = await stop_authorized(site, transaction_id)
    await ev_disconnected(site)
    return event


@pytest.mark.conformance("TC_J_01_CS")
@pytest.mark.ocpp("J01.FR.01", "J01.FR.02", "J01.FR.06", "J01.FR.07", "J01.FR.08", "J01.FR.14")
async def test_tc_j_01_cs(site: Site) -> None:
    """While nobody charges, what is measured is told by the clock."""
    wanted = {ENERGY, POWER}
    await configured(site, AlignedDataCtrlr__Measurands=",".join(sorted(wanted)))
    after = site.now
    await configured(site, AlignedDataCtrlr__Interval=str(INTERVAL_S))
    await until(lambda: len(instants(clock_values(site, after=after))) >= 3, "three meter values")
    found = clock_values(site, after=after)
    assert [measurands(value) for value in found] == [wanted] * len(found)
    assert one_interval_apart(instants(found))
    assert by_the_clock(instants(found))


@pytest.mark.conformance("TC_J_04_CS")
@pytest.mark.ocpp("J01.FR.21")
async def test_tc_j_04_cs(site: Site) -> None:
    """What was measured by the clock in a transaction is told at its end, signed."""
    await configured(
        site,
        AlignedDataCtrlr__TxEndedInterval=str(INTERVAL_S),
        AlignedDataCtrlr__TxEndedMeasurands=ENERGY,
        AlignedDataCtrlr__SendDuringIdle="false",
        AlignedDataCtrlr__SignReadings="true",
    )
    transaction_id = await energy_transfer_started(site)
    event = await ended(site, transaction_id)
    found = [value for value in event["meterValue"] if context(value) == CLOCK]
    assert len(found) >= DURATION_S // INTERVAL_S - 1
    assert [measurands(value) for value in found] == [{ENERGY}] * len(found)
    assert all(signed(value) for value in found)
    assert one_interval_apart(instants(found))
    assert site.transaction(transaction_id).problems == ()


@pytest.mark.conformance("TC_J_06_CS")
@pytest.mark.ocpp("J01.FR.14", "J01.FR.19", "J01.FR.20")
async def test_tc_j_06_cs(site: Site) -> None:
    """What is measured by the clock is told only while nobody charges, if the station is told so."""
    await configured(
        site,
        AlignedDataCtrlr__Measurands=ENERGY,
        AlignedDataCtrlr__SendDuringIdle="true",
        AlignedDataCtrlr__Interval=str(INTERVAL_S),
        SampledDataCtrlr__TxUpdatedInterval="0",
    )
    after = site.now
    await until(lambda: bool(clock_values(site, after=after)), "a meter value")
    before = clock_values(site, after=after)
    transaction_id = await energy_transfer_started(site)
    running = site.now
    await asyncio.sleep(INTERVAL_S + 5)
    assert clock_values(site, after=running) == []
    # The begin, which is there to be billed with, is told whatever is wanted besides.
    told = [value for event in site.transaction(transaction_id).events for value in event.meter_values]
    assert {context(value) for value in told} <= {BEGIN}
    await stop_authorized(site, transaction_id)
    await ev_disconnected(site)
    free = site.now
    await until(lambda: bool(clock_values(site, after=free)), "a meter value")
    found = [*before, *clock_values(site, after=free)]
    assert [measurands(value) for value in found] == [{ENERGY}] * len(found)
    assert by_the_clock(instants(found))


@pytest.mark.conformance("TC_J_07_CS")
@pytest.mark.ocpp("J02.FR.01", "J02.FR.02", "J02.FR.03", "J02.FR.04", "J02.FR.10", "E01.FR.09", "E02.FR.09")
async def test_tc_j_07_cs(site: Site) -> None:
    """What is measured when a transaction begins is told when it begins, if the EVSE is known."""
    visit = await Visit.at(site, start="EVConnected")
    await configured(site, SampledDataCtrlr__TxStartedMeasurands=ENERGY)
    await visit.ev_connected_pre_session()
    await visit.energy_transfer_started()
    started = visit.events[0]
    assert [context(value) for value in started["meterValue"]] == [BEGIN]
    assert measurands(started["meterValue"][0]) == {ENERGY}


@pytest.mark.conformance("TC_J_08_CS")
@pytest.mark.ocpp("J02.FR.01", "J02.FR.02", "J02.FR.03", "J02.FR.04", "J02.FR.10", "E01.FR.16", "E01.FR.17")
@pytest.mark.ocpp("E03.FR.11")
async def test_tc_j_08_cs(site: Site) -> None:
    """What is measured when a transaction begins is told as soon as it is known where."""
    await configured(site, SampledDataCtrlr__TxStartedMeasurands=ENERGY)
    visit = await Visit.at(site, start="Authorized")
    await visit.authorized()
    await visit.ev_connected_pre_session()
    await visit.energy_transfer_started()
    first = next(event for event in visit.events if "evse" in event)
    assert [context(value) for value in first["meterValue"]] == [BEGIN]
    assert measurands(first["meterValue"][0]) == {ENERGY}


@pytest.mark.conformance("TC_J_11_CS")
@pytest.mark.ocpp("J02.FR.21")
async def test_tc_j_11_cs(site: Site) -> None:
    """What was measured again and again in a transaction is told at its end, signed."""
    await configured(
        site,
        SampledDataCtrlr__TxEndedInterval=str(INTERVAL_S),
        SampledDataCtrlr__TxEndedMeasurands=ENERGY,
        SampledDataCtrlr__SignReadings="true",
    )
    transaction_id = await energy_transfer_started(site)
    event = await ended(site, transaction_id)
    values = {name: [value for value in event["meterValue"] if context(value) == name] for name in (PERIODIC, END)}
    assert len(values[PERIODIC]) >= DURATION_S // INTERVAL_S - 1
    assert len(values[END]) == 1
    assert [measurands(value) for value in event["meterValue"]] == [{ENERGY}] * len(event["meterValue"])
    assert all(signed(value) for found in values.values() for value in found)
    assert one_interval_apart(instants(values[PERIODIC]))
    assert site.transaction(transaction_id).problems == ()
