"""The supply: mains and outages together."""

import asyncio

from simulators.bench.meter.supply import Supply


class Told(list[str]):
    def supply(self) -> Supply:
        return Supply(outage_s=1.0, went=lambda: self.append("went"), came=lambda: self.append("came"))


async def test_it_tells_each_change_once() -> None:
    told = Told()
    supply = told.supply()
    for on in (True, False, False, True, True):
        supply.set(on)
    assert told == ["went", "came"]
    assert supply.powered
    assert supply.cuts == 1


async def test_an_outage_ends_by_itself() -> None:
    told = Told()
    supply = told.supply()
    supply.fail()
    supply.set(True)
    assert not supply.powered
    await asyncio.sleep(0.9)
    assert told == ["went"]
    await asyncio.sleep(0.2)
    assert told == ["went", "came"]


async def test_mains_that_go_during_an_outage_have_to_come_back_first() -> None:
    told = Told()
    supply = told.supply()
    supply.fail()
    supply.set(False)
    await asyncio.sleep(5)
    assert told == ["went"]
    supply.set(True)
    assert told == ["went", "came"]


async def test_a_supply_that_is_stopped_stays_dark() -> None:
    told = Told()
    supply = told.supply()
    supply.fail()
    supply.stop()
    await asyncio.sleep(5)
    assert told == ["went"]
