"""Many outlets in one station: they share lines, and what one of them suffers is no other's concern."""

import asyncio
from pathlib import Path

import pytest

from station.errors import PortError
from tests.flows.house import is_whole, until
from tests.flows.house_of_many import HouseOfMany, card_of, longest_gap_s, samples

pytestmark = pytest.mark.timeout(180)

EVERY_5_S = """"SampledDataCtrlr.TxUpdatedInterval" = 5
"SampledDataCtrlr.TxUpdatedMeasurands" = "Energy.Active.Import.Register,Power.Active.Import,Current.Import"
"SampledDataCtrlr.TxEndedMeasurands" = "Energy.Active.Import.Register,Power.Active.Import\""""
FOUR, FIFTH = (1, 2, 3, 4), 5
LATE_S = 2.0
"""How much later than it is due a sample may come: each waits for the exchanges of the others on its line."""


async def test_eight_drivers_charge_at_once_and_each_gets_a_signed_begin_and_end(tmp_path: Path) -> None:
    async with HouseOfMany(tmp_path, evses=8, per_line=4, pacing=True) as house:
        charging = await house.all_charge()
        assert len(set(charging.values())) == 8
        await asyncio.sleep(10)
        await until(lambda: all(house.power_w(number) > 0 for number in house.numbers), "power everywhere")
        for number in house.numbers:
            house.swipes(number)
        for number, transaction_id in charging.items():
            transaction = await house.finished(transaction_id)
            assert is_whole(transaction)
            assert transaction.stopped_reason == "Local"
            assert transaction.events[0].payload["idToken"]["idToken"] == card_of(number)
            assert transaction.end is not None
            assert transaction.end.record is not None
            assert transaction.end.record.meter_serial == house.bench.evse(number).meter.serial
        for number in house.numbers:
            house.bench.evse(number).unplug()
        await house.all_are("Available")
        assert house.troubled() == set()


async def test_four_go_on_without_a_gap_while_the_meter_line_of_the_fifth_is_cut(tmp_path: Path) -> None:
    async with HouseOfMany(tmp_path, evses=5, per_line=4, variables=EVERY_5_S) as house:
        charging = await house.all_charge()
        house.line("meter", of=FIFTH).cut(True)
        await house.is_at(FIFTH, "Faulted", within_s=25)
        await house.told_of("FiscalMetering", at=FIFTH)
        assert not house.bench.evse(FIFTH).contactor.closed
        lost = await house.finished(charging[FIFTH])
        assert is_whole(lost, signed=["begin"])
        assert lost.stopped_reason == "Other"
        assert lost.events[-1].payload["triggerReason"] == "AbnormalCondition"
        await asyncio.sleep(20)
        await assert_four_went_on(house)

        house.line("meter", of=FIFTH).cut(False)
        await house.is_at(FIFTH, "Occupied")
        await house.told_of("FiscalMetering", at=FIFTH, problem=False)
        late = next(receipt for receipt in house.receipts() if receipt.id == charging[FIFTH])
        assert [record.verified for record in late.records] == [True, True]
        await assert_four_end_whole(house, charging)


async def test_four_go_on_without_a_gap_while_the_controller_line_of_the_fifth_is_cut(tmp_path: Path) -> None:
    async with HouseOfMany(tmp_path, evses=5, per_line=4, variables=EVERY_5_S) as house:
        charging = await house.all_charge()
        house.line("controller", of=FIFTH).cut(True)
        await house.is_at(FIFTH, "Faulted", within_s=20)
        await house.told_of("CPPWMController", at=FIFTH)
        lost = await house.finished(charging[FIFTH])
        assert is_whole(lost)
        assert lost.events[-1].payload["triggerReason"] == "AbnormalCondition"
        assert not house.bench.evse(FIFTH).contactor.closed
        await asyncio.sleep(20)
        await assert_four_went_on(house)

        house.line("controller", of=FIFTH).cut(False)
        await house.is_at(FIFTH, "Occupied")
        await house.told_of("CPPWMController", at=FIFTH, problem=False)
        await assert_four_end_whole(house, charging)


@pytest.mark.parametrize("kind", ["meter", "controller"])
async def test_two_dead_devices_on_a_line_of_four_cost_the_others_nothing(tmp_path: Path, kind: str) -> None:
    async with HouseOfMany(tmp_path, evses=4, per_line=4, pacing=True, variables=EVERY_5_S) as house:
        charging = await house.all_charge()
        for number in (2, 3):
            house.fault_at(number, f"{kind}_silent")
        for number in (2, 3):
            await house.is_at(number, "Faulted", within_s=30)
        house.bench.evse(1).set_vehicle(wants_power=False)
        await until(lambda: house.letter(1) == "B", "the pilot of a neighbour", seconds=2)
        house.bench.evse(1).set_vehicle(wants_power=True)
        await asyncio.sleep(20)
        for number in (1, 4):
            house.swipes(number)
        for number in (1, 4):
            transaction = await house.finished(charging[number])
            assert is_whole(transaction)
            assert longest_gap_s(samples(transaction)) < 5 + LATE_S
        assert house.troubled() == {2, 3}

        for number in (2, 3):
            house.fault_at(number, f"{kind}_silent", False)
            await house.is_at(number, "Occupied")


async def test_a_driver_is_served_beside_three_dead_meters(tmp_path: Path) -> None:
    async with HouseOfMany(tmp_path, evses=4, per_line=4, pacing=True) as house:
        for number in (1, 2, 3):
            house.fault_at(number, "meter_silent")
        for number in (1, 2, 3):
            await house.is_at(number, "Faulted")
        house.drives_up(4)
        async with asyncio.timeout(20):
            transaction_id = await house.charging_at(4)
        house.swipes(4)
        async with asyncio.timeout(20):
            assert is_whole(await house.finished(transaction_id))


async def test_one_reader_serves_the_plug_that_came_last(tmp_path: Path) -> None:
    async with HouseOfMany(tmp_path, evses=4, per_line=4, readers=[(1, 2), (3, 4)]) as house:
        charging = {}
        for number, reader in ((2, 1), (1, 1), (4, 2), (3, 2)):
            house.drives_up(number, reader=reader)
            charging[number] = await house.charging_at(number)
        for number, reader in ((1, 1), (3, 2), (2, 1), (4, 2)):
            house.swipes(number, reader=reader)
            assert is_whole(await house.finished(charging[number]))


async def test_a_reader_of_all_goes_on_when_one_of_its_outlets_is_dead(tmp_path: Path) -> None:
    async with HouseOfMany(tmp_path, evses=4, per_line=4, readers=[(1, 2, 3, 4)]) as house:
        house.fault_at(2, "controller_silent")
        await house.is_at(2, "Faulted")
        for number in (1, 3, 4):
            house.drives_up(number, reader=1)
            await house.charging_at(number)
        await until(lambda: all(house.power_w(number) > 0 for number in (1, 3, 4)), "power at all that are alive")
        assert house.power_w(2) == 0


async def assert_four_went_on(house: HouseOfMany) -> None:
    assert all(house.power_w(number) > 0 for number in FOUR)
    assert [house.status_of(number) for number in FOUR] == ["Occupied"] * len(FOUR)
    assert house.troubled() == {FIFTH}


async def assert_four_end_whole(house: HouseOfMany, charging: dict[int, str]) -> None:
    for number in FOUR:
        house.swipes(number)
    for number in FOUR:
        transaction = await house.finished(charging[number])
        assert is_whole(transaction)
        assert longest_gap_s(samples(transaction)) < 5 + LATE_S
    assert house.troubled() == {FIFTH}


async def test_a_line_whose_port_is_missing_at_the_start_costs_only_its_own_evses(tmp_path: Path) -> None:
    async with HouseOfMany(tmp_path, evses=2, per_line=1) as house:
        await house.stop()
        port, hidden = tmp_path / "meter2", tmp_path / "hidden"
        port.rename(hidden)
        await house.start(wait=False)
        await house.is_at(1, "Available")
        await house.is_at(2, "Faulted", within_s=30)
        hidden.rename(port)
        await house.is_at(2, "Available", within_s=60)


async def test_a_station_without_any_of_its_ports_says_so_and_ends(tmp_path: Path) -> None:
    async with HouseOfMany(tmp_path, evses=1, per_line=1) as house:
        await house.stop()
        for kind in ("meter", "controller"):
            (tmp_path / f"{kind}1").rename(tmp_path / f"hidden-{kind}")
        await house.start(wait=False)
        with pytest.RaisesGroup(PortError):
            await house.ended()
