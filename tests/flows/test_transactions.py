"""Transactions by all the rules of TxCtrlr: what begins and ends them, who may go on, who gets the plug."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulators.bench.settings import plain
from tests.flows.house import OTHER_CARD, SETTINGS, House, is_whole, until
from tests.flows.test_variables import set_to

BAY = """[evse.bay]
type = "value-file"
path = "{folder}/bay1"
"""
WITH_BAY = SETTINGS.replace("[[reader]]", f"{BAY}[[reader]]")
FIXED = SETTINGS.replace('line = "controller"\n', 'line = "controller"\nfixed_cable = true\n')
BAY_TO_BAY = {"TxCtrlr.TxStartPoint": "ParkingBayOccupancy", "TxCtrlr.TxStopPoint": "ParkingBayOccupancy"}
UNTIL_UNPLUGGED = {"TxCtrlr.TxStopPoint": "EVConnected"}
SUSPENDS = {"TxCtrlr.StopTxOnEVSideDisconnect": False, "TxCtrlr.TxStopPoint": "Authorized"}
KEEPS = {"OCPPCommCtrlr.UnlockOnEVSideDisconnect": False}


def variables(values: dict[str, Any]) -> str:
    """Return the lines of [variables]."""

    def toml(value: Any) -> str:
        return f'"{value}"' if isinstance(value, str) else str(value).lower()

    return "\n".join(f'"{name}" = {toml(value)}' for name, value in values.items())


def house_with(folder: Path, values: dict[str, Any], *, settings: str = SETTINGS) -> House:
    """Return a house with these variables; its EVSE has a sensor in the bay if the settings say so."""
    bench = plain(folder, bays=settings is WITH_BAY, energy_scale=60)
    if settings is FIXED:
        bench = replace(bench, evses=(replace(bench.evses[0], cable="fixed"),))
    return House(folder, settings=settings, bench=bench, variables=variables(values))


def id_of(event: Any) -> str:
    return str(event["transactionInfo"]["transactionId"])


def told(house: House, transaction_id: str) -> list[str]:
    """Return type and trigger of the events of a transaction, without its samples."""
    events = [event.payload for event in house.transaction(transaction_id).events]
    words = [f"{event['eventType']} {event['triggerReason']}" for event in events]
    return [each for each in words if "MeterValue" not in each]


async def triggered(house: House, reason: str, **more: Any) -> Any:
    return await house.event(lambda event: event["triggerReason"] == reason, **more)


async def signed_end(house: House, receipt: int = -1) -> None:
    await until(lambda: len(house.receipts()[receipt].records) == 2, "the signed end")


async def released(house: House) -> None:
    await until(lambda: not house.bench.evse(1).plug_held, "the plug to be let go")


async def no_power(house: House) -> None:
    await until(lambda: house.bench.state()["evses"][0]["power_w"] == 0, "the end of the power")


# What begins and ends


@pytest.mark.ocpp("E01.FR.01", "E01.FR.02", "E01.FR.03", "E01.FR.04", "E01.FR.05", "E01.FR.06")
@pytest.mark.parametrize(
    ("start", "trigger"),
    [
        ("ParkingBayOccupancy", "EVDetected"),
        ("EVConnected", "CablePluggedIn"),
        ("Authorized", "Authorized"),
        ("PowerPathClosed", "Authorized"),
        ("DataSigned", "SignedDataReceived"),
        ("EnergyTransfer", "ChargingStateChanged"),
        ("EnergyTransfer,EVConnected", "CablePluggedIn"),
    ],
)
async def test_each_start_point_begins_one_whole_transaction(tmp_path: Path, start: str, trigger: str) -> None:
    async with house_with(tmp_path, {"TxCtrlr.TxStartPoint": start}, settings=WITH_BAY) as house:
        house.bench.evse(1).occupy_bay(True)
        house.plug()
        await house.status("Occupied")
        house.swipe()
        await house.power()
        started = await house.event(kind="Started")
        assert started["triggerReason"] == trigger
        await house.event(state="Charging")
        house.swipe()
        assert is_whole(await house.finished(id_of(started)))
        assert len(house.csms.transactions) == 1
        assert house.seen.problems == ()


@pytest.mark.ocpp("E01.FR.01", "E01.FR.08", "E01.FR.14", "E06.FR.01")
async def test_two_charges_in_one_bay_are_two_transactions_each_with_its_own_records(tmp_path: Path) -> None:
    async with house_with(tmp_path, BAY_TO_BAY, settings=WITH_BAY) as house:
        house.bench.evse(1).occupy_bay(True)
        first = id_of(await triggered(house, "EVDetected", kind="Started"))
        house.plug()
        await triggered(house, "CablePluggedIn")
        house.swipe()
        await house.power()
        await asyncio.sleep(5)
        house.swipe()
        await signed_end(house)
        await asyncio.sleep(5)
        house.swipe()
        second = id_of(await house.event(lambda event: id_of(event) != first, kind="Started"))
        await house.power()
        await asyncio.sleep(5)
        house.unplug()
        await house.status("Available")
        house.bench.evse(1).occupy_bay(False)
        assert is_whole(await house.finished(first))
        assert is_whole(await house.finished(second))
        assert told(house, first)[-1] == "Ended StopAuthorized"
        assert told(house, second)[-2:] == ["Updated EVCommunicationLost", "Ended EVDeparted"]
        assert [len(receipt.records) for receipt in house.receipts()] == [2, 2]
        assert house.seen.problems == ()


@pytest.mark.ocpp("E06.FR.02", "E07.FR.02", "F04.FR.03")
async def test_a_stop_point_that_is_set_while_somebody_charges_counts_at_once(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        await set_to(house, {"TxCtrlr.TxStopPoint": "EVConnected"})
        await house.call("RequestStopTransaction", transactionId=transaction_id)
        stopped = await triggered(house, "RemoteStop")
        assert stopped["eventType"] == "Updated"
        await signed_end(house)
        assert not house.contactor_closed
        house.unplug()
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert (transaction.stopped_reason, told(house, transaction_id)[-1]) == (
            "Remote",
            "Ended EVCommunicationLost",
        )


@pytest.mark.ocpp("E06.FR.07")
async def test_with_energy_transfer_a_vehicle_that_rests_ends_it(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"TxCtrlr.TxStopPoint": "EnergyTransfer"}) as house:
        transaction_id = await house.charge()
        house.bench.evse(1).set_vehicle(wants_power=False)
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "StoppedByEV"


@pytest.mark.ocpp("E01.FR.19", "E02.FR.13", "E02.FR.18")
async def test_a_vehicle_that_rests_and_draws_again_is_told_with_its_phases(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        phases = await house.event(lambda event: "numberOfPhasesUsed" in event)
        assert phases["numberOfPhasesUsed"] == house.bench.evse(1).vehicle.phases
        house.bench.evse(1).set_vehicle(wants_power=False)
        await house.event(state="SuspendedEV")
        house.bench.evse(1).set_vehicle(wants_power=True)
        await house.power()
        house.swipe()
        assert is_whole(await house.finished(transaction_id))


# Nobody brings a cable


@pytest.mark.ocpp("E03.FR.05", "F02.FR.07")
async def test_a_transaction_of_a_card_without_a_cable_ends_in_time(tmp_path: Path) -> None:
    late = {"TxCtrlr.EVConnectionTimeOut": 20, "TxCtrlr.TxStartPoint": "Authorized"}
    async with house_with(tmp_path, late) as house:
        house.swipe()
        started = await triggered(house, "Authorized", kind="Started")
        transaction = await house.finished(id_of(started))
        assert told(house, transaction.id) == ["Started Authorized", "Ended EVConnectTimeout"]
        assert transaction.stopped_reason == "Timeout"
        house.plug()
        await house.status("Occupied")
        await asyncio.sleep(30)
        assert not house.contactor_closed
        assert len(house.csms.transactions) == 1


@pytest.mark.ocpp("E03.FR.15", "F02.FR.08")
async def test_with_the_bay_a_late_cable_loses_the_authorization_and_the_transaction_goes_on(tmp_path: Path) -> None:
    async with house_with(tmp_path, BAY_TO_BAY | {"TxCtrlr.EVConnectionTimeOut": 20}, settings=WITH_BAY) as house:
        house.bench.evse(1).occupy_bay(True)
        started = await triggered(house, "EVDetected", kind="Started")
        house.swipe()
        late = await triggered(house, "EVConnectTimeout")
        assert (late["eventType"], id_of(late)) == ("Updated", id_of(started))
        house.plug()
        await triggered(house, "CablePluggedIn")
        await asyncio.sleep(30)
        assert not house.contactor_closed
        house.unplug()
        house.bench.evse(1).occupy_bay(False)
        assert (await house.finished(id_of(started))).stopped_reason == "Timeout"


# Refused tokens


@pytest.mark.ocpp("C15.FR.05", "E05.FR.09", "E05.FR.11")
async def test_the_plug_of_a_refused_token_waits_for_its_owner_while_the_transaction_goes_on(tmp_path: Path) -> None:
    async with house_with(tmp_path, UNTIL_UNPLUGGED) as house:
        transaction_id = await house.charge()
        refusal = {"idTokenInfo": {"status": "Invalid"}}
        house.csms.override(house.seen.id, "TransactionEvent", refusal, times=1)
        refused = await triggered(house, "Deauthorized")
        assert refused["eventType"] == "Updated"
        assert refused["transactionInfo"]["chargingState"] == "EVConnected"
        await signed_end(house)
        await asyncio.sleep(10)
        house.swipe(OTHER_CARD)
        await asyncio.sleep(10)
        assert house.bench.evse(1).plug_held
        house.swipe()
        await released(house)
        house.unplug()
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "DeAuthorized"
        assert len(house.csms.transactions) == 1


@pytest.mark.ocpp("E05.FR.02", "E05.FR.03")
async def test_a_refused_token_charges_as_much_as_it_may_and_then_waits(tmp_path: Path) -> None:
    allowance = {"TxCtrlr.StopTxOnInvalidId": False, "TxCtrlr.MaxEnergyOnInvalidId": 3000}
    async with house_with(tmp_path, allowance) as house:
        refusal = {"idTokenInfo": {"status": "Invalid"}}
        house.csms.override(house.seen.id, "TransactionEvent", refusal, times=1)
        transaction_id = await house.charge()
        suspended = await house.event(state="SuspendedEVSE")
        assert (suspended["eventType"], suspended["triggerReason"]) == ("Updated", "ChargingStateChanged")
        await no_power(house)
        house.swipe()
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.energy_wh is not None
        assert 3000 <= transaction.energy_wh < 6000, "no more than flows between two looks at the meter"


# The cable leaves the vehicle


@pytest.mark.ocpp("E10.FR.01")
@pytest.mark.parametrize("settings", [SETTINGS, FIXED], ids=["socket", "fixed"])
async def test_a_vehicle_that_comes_back_is_charged_on_in_the_same_transaction(tmp_path: Path, settings: str) -> None:
    async with house_with(tmp_path, SUSPENDS, settings=settings) as house:
        house.plug()
        transaction_id = await house.charge()
        house.bench.evse(1).unplug("vehicle")
        lost = await triggered(house, "EVCommunicationLost")
        assert (lost["eventType"], lost["transactionInfo"]["chargingState"]) == ("Updated", "Idle")
        await no_power(house)
        assert house.bench.evse(1).plug_held is (settings is SETTINGS)
        house.bench.evse(1).plug("vehicle")
        back = await triggered(house, "CablePluggedIn")
        assert id_of(back) == transaction_id
        await house.power()
        house.swipe()
        assert is_whole(await house.finished(transaction_id))
        assert len(house.receipts()) == 1


@pytest.mark.ocpp("E10.FR.02")
async def test_a_fixed_cable_that_nobody_puts_back_ends_it_in_time(tmp_path: Path) -> None:
    timeout = {"TxCtrlr.EVConnectionTimeOut": 20}
    async with house_with(tmp_path, SUSPENDS | timeout, settings=FIXED) as house:
        house.plug()
        transaction_id = await house.charge()
        house.unplug()
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert told(house, transaction_id)[-2:] == ["Updated EVCommunicationLost", "Ended EVConnectTimeout"]
        assert transaction.stopped_reason == "Timeout"


@pytest.mark.ocpp("E09.FR.02", "E09.FR.03")
@pytest.mark.parametrize("held", [False, True], ids=["unlocks", "keeps"])
async def test_a_plug_that_is_left_in_the_station_is_free_or_held_for_its_owner(tmp_path: Path, held: bool) -> None:
    async with house_with(tmp_path, KEEPS if held else {}) as house:
        transaction_id = await house.charge()
        house.bench.evse(1).unplug("vehicle")
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "EVDisconnected"
        await asyncio.sleep(10)
        assert house.bench.evse(1).plug_held is held
        house.swipe()
        if held:
            await released(house)
        house.bench.evse(1).unplug("station")
        await house.status("Available")
        assert len(house.csms.transactions) == 1


@pytest.mark.ocpp("E05.FR.11")
async def test_no_plug_stays_locked_after_a_power_loss(tmp_path: Path) -> None:
    async with house_with(tmp_path, UNTIL_UNPLUGGED) as house:
        transaction_id = await house.charge()
        house.csms.override(house.seen.id, "TransactionEvent", {"idTokenInfo": {"status": "Invalid"}}, times=1)
        await triggered(house, "Deauthorized")
        await signed_end(house)
        await asyncio.sleep(10)
        assert house.bench.evse(1).plug_held
        await house.kill()
        await house.start(wait=False)
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "PowerLoss"
        await released(house)
        await asyncio.sleep(10)
        house.swipe()
        await house.power()
