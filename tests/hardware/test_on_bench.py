"""Readers and the bay's sensor on what the bench plays."""

import asyncio
import contextlib

from simulators.bench.bench import Bench
from simulators.bench.settings import plain
from station.bay_watch import BayWatch
from station.core.events import BayChanged
from station.hardware.bay_sensor import ValueFileSensor
from station.hardware.places import ReaderPlace
from station.hardware.ports import CardRead, Selection
from station.hardware.scanners import ButtonScanner, CardScanner, KeypadScanner
from station.hardware.serial_reader import SerialLineReader


async def test_cards_keys_and_a_press_are_understood(tmp_path):
    scanners = {1: lambda: CardScanner("MacAddress"), 2: KeypadScanner, 3: ButtonScanner}
    found = asyncio.Queue()

    async def serve(path, scanner):
        async with contextlib.aclosing(
            SerialLineReader(ReaderPlace(path, 9600, name=path, scanner=scanner)).cards()
        ) as source:
            async for card in source:
                found.put_nowait(card)

    async with Bench(plain(tmp_path, readers=1, keypads=1, buttons=1)) as bench, asyncio.TaskGroup() as tasks:
        served = [tasks.create_task(serve(bench.reader(at).path, made)) for at, made in scanners.items()]
        await asyncio.sleep(1)
        bench.reader(1).swipe("001A2B3C4D5E")
        assert await found.get() == CardRead("001A2B3C4D5E", "MacAddress")
        bench.reader(2).type_in("4711#2*")
        assert [await found.get(), await found.get()] == [CardRead("4711", "KeyCode"), Selection(2)]
        bench.reader(3).press()
        assert await found.get() == CardRead("", "NoAuthorization")
        for task in served:
            task.cancel()


async def test_who_takes_and_leaves_the_bay_is_seen(tmp_path):
    told = asyncio.Queue()
    async with Bench(plain(tmp_path, bays=True)) as bench, asyncio.TaskGroup() as tasks:
        evse = bench.evse(1)
        watch = BayWatch(ValueFileSensor(evse.bay.path), evse_id=1, post=told.put_nowait)
        watching = tasks.create_task(watch.run())
        assert await told.get() == BayChanged(occupied=False)
        for occupied in (True, False):
            evse.occupy_bay(occupied)
            assert await told.get() == BayChanged(occupied)
        watching.cancel()
