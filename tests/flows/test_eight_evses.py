"""Many outlets in one station: they share lines, and what one of them suffers is no other's concern."""

import asyncio
from pathlib import Path

import pytest

from tests.flows.house import is_whole, until
from tests.flows.house_of_many import HouseOfMany, card_of, longest_gap_s, samples

EVERY_5_S = """"SampledDataCtrlr.TxUpdatedInterval" = 5
"SampledDataCtrlr.TxUpdatedMeasurands" = "Energy.Active.Import.Register,Power.Active.Import,Current.Import\""""
FOUR = (1, 2, 3, 4)
FIFTH = 5


async def test_eight_drivers_charge_at_once_and_each_gets_a_signed_begin_and_end(tmp_path: Path) -> None:
    async with HouseOfMany(tmp_path, evses=8, per_line=4, pacing=True) as house:
        charging = await house.all_charge()
        assert len(set(charging.values())) == 8
        await asyncio.sleep(30)
        assert all(house.power_w(number) > 0 for number in house.numbers)
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
        assert house.seen.faults == {}


@pytest.mark.parametrize(
    ("kind", "problem", "signed"),
    [("meter", "FiscalMetering[5].Problem", ["begin"]), ("controller", "CPPWMController[5].Problem", ["begin", "end"])],
)
async def test_four_go_on_without_a_gap_while_the_line_of_the_fifth_is_cut(
    tmp_path: Path, kind: str, problem: str, signed: list[str]
) -> None:
    async with HouseOfMany(tmp_path, evses=5, per_line=4, variables=EVERY_5_S) as house:
        charging = await house.all_charge()
        house.line(kind, of=FIFTH).cut(True)
        cut_at = asyncio.get_running_loop().time()
        await house.is_at(FIFTH, "Faulted")
        assert asyncio.get_running_loop().time() - cut_at < 40
        await until(lambda: problem in house.seen.faults, problem)
        lost = await house.finished(charging[FIFTH])
        assert lost.stopped_reason == "Other"
        assert lost.events[-1].payload["triggerReason"] == "AbnormalCondition"
        assert is_whole(lost, signed=signed)
        assert not house.bench.evse(FIFTH).contactor.closed or kind == "meter"
        await asyncio.sleep(60)
        assert all(house.power_w(number) > 0 for number in FOUR)
        assert [house.status_of(number) for number in FOUR] == ["Occupied"] * 4
        assert all("[5" in name for name in house.seen.faults)

        house.line(kind, of=FIFTH).cut(False)
        await house.is_at(FIFTH, "Occupied")
        assert house.seen.faults == {}
        late = next(receipt for receipt in house.receipts() if receipt.transaction_id == charging[FIFTH])
        assert [record.verified for record in late.records] == [True, True]

        for number in FOUR:
            house.swipes(number)
        for number in FOUR:
            transaction = await house.finished(charging[number])
            assert is_whole(transaction)
            assert longest_gap_s(samples(transaction)) < 7
