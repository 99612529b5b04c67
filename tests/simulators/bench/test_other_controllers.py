"""The twins of an EM-CP-PP-ETH and an EVSE-WB over their lines (docs/bench.md)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulators.bench.bench import Bench
from simulators.bench.settings import plain
from simulators.bench.world import Evse
from tests.simulators.bench.wire import Master, NoAnswerError, RefusalError, master, pdu

ETH, WB = "phoenix-em-cp-pp-eth", "evse-wb"


@asynccontextmanager
async def controller(
    folder: Path, kind: str, *, cable: str = "fixed", **settings: Any
) -> AsyncIterator[tuple[Evse, Master]]:
    bench = plain(folder)
    row = bench.evses[0]
    twin = replace(row.controller, type=kind, **settings)
    row = replace(row, controller=twin, cable=cable, switched_by="controller")
    async with Bench(replace(bench, evses=(row,))) as one, master(one.evse(1).controller.path, unit=1) as line:
        yield one.evse(1), line


async def letter(line: Master) -> str:
    return chr((await line.read(100, function=4))[0])


async def test_an_eth_charges_when_it_is_released(tmp_path: Path) -> None:
    async with controller(tmp_path, ETH) as (evse, line):
        seen = [await letter(line)]
        evse.plug()
        seen.append(await letter(line))
        await line.write(300, 13)
        await line.coil(400, True)
        await asyncio.sleep(1)
        seen.append(await letter(line))
        assert evse.meter.measuring.currents_a[0] == 13
        await line.coil(400, False)
        assert not evse.controller.output
        assert (await line.ask(pdu(1, 400, 1)))[2:] == b"\0"
        assert seen == ["A", "B", "C"]


async def test_an_eth_holds_the_plug_by_itself(tmp_path: Path) -> None:
    async with controller(tmp_path, ETH, cable="socket") as (evse, _):
        evse.plug()
        assert evse.plug_held
        evse.unplug()
        assert not evse.vehicle.at_station


@pytest.mark.parametrize(
    ("request_pdu", "code"),
    [
        (pdu(3, 100, 1), 2),
        (pdu(4, 101, 1), 2),
        (pdu(6, 300, 5), 3),
        (pdu(6, 300, 64), 3),
        (pdu(6, 301, 6), 2),
        (pdu(16, 300, 2) + b"\x04\0\x06\0\x06", 2),
        (pdu(5, 401, 0xFF00), 2),
        (pdu(2, 400, 1), 1),
    ],
)
async def test_what_an_eth_cannot_do_is_refused(tmp_path: Path, request_pdu: bytes, code: int) -> None:
    async with controller(tmp_path, ETH) as (_, line):
        with pytest.raises(RefusalError) as refused:
            await line.ask(request_pdu)
        assert refused.value.code == code
        assert await line.read(300) == [16]


async def test_a_power_cut_takes_the_release_and_the_limit_of_an_eth(tmp_path: Path) -> None:
    async with controller(tmp_path, ETH) as (evse, line):
        await line.write(300, 32)
        await line.coil(400, True)
        evse.fault("controller_power_cycle", on=True)
        with pytest.raises(NoAnswerError):
            await line.read(300, patience_s=2)
        evse.fault("controller_power_cycle", on=False)
        assert await line.read(300) == [16]
        assert (await line.ask(pdu(1, 400, 1)))[2:] == b"\0"


@pytest.mark.parametrize(("fine", "limit"), [(False, 13), (True, 1300)])
async def test_a_wb_charges_with_what_it_is_set_to(tmp_path: Path, fine: bool, limit: int) -> None:
    async with controller(tmp_path, WB, fine_steps=fine) as (evse, line):
        await line.write(1000, 0)
        seen = [(await line.read(1002))[0]]
        evse.plug()
        seen.append((await line.read(1002))[0])
        await line.write(1000, limit)
        await asyncio.sleep(1)
        assert await line.read(1000, 3) == [limit, limit, 3]
        assert evse.meter.measuring.currents_a[0] == 13
        await line.write(1000, 0)
        assert not evse.controller.output
        assert seen == [1, 2]


@pytest.mark.parametrize("fault", ["controller_pilot_short", "controller_rcm_tripped"])
async def test_a_wb_calls_everything_a_failure(tmp_path: Path, fault: str) -> None:
    async with controller(tmp_path, WB) as (evse, line):
        evse.plug()
        await line.write(1000, 16)
        await asyncio.sleep(1)
        evse.fault(fault, on=True)
        assert await line.read(1002) == [5]
        assert not evse.controller.output
        evse.fault(fault, on=False)
        assert await line.read(1002) != [5]


async def test_a_wb_offers_what_it_is_configured_to_after_a_power_cut(tmp_path: Path) -> None:
    async with controller(tmp_path, WB) as (evse, line):
        assert await line.read(1000) == [6]
        await line.write(2000, 10)
        await line.write(1000, 0)
        evse.fault("controller_power_cycle", on=True)
        with pytest.raises(NoAnswerError):
            await line.read(1000, patience_s=2)
        evse.fault("controller_power_cycle", on=False)
        assert await line.read(1000) == [10]


async def test_a_wb_never_offers_more_than_it_is_made_for(tmp_path: Path) -> None:
    async with controller(tmp_path, WB) as (evse, line):
        await line.write(2007, 16)
        await line.write(1000, 40)
        evse.plug()
        assert await line.read(1000, 2) == [40, 16]


@pytest.mark.parametrize(
    ("request_pdu", "code"),
    [
        (pdu(4, 1000, 1), 1),
        (pdu(6, 1000, 6), 1),
        (pdu(1, 1000, 1), 1),
        (pdu(3, 1003, 1), 2),
        (pdu(3, 2005, 3), 2),
        (pdu(16, 1002, 1) + b"\x02\0\x01", 2),
        (pdu(16, 1000, 1) + b"\x02\0\x05", 3),
    ],
)
async def test_what_a_wb_cannot_do_is_refused(tmp_path: Path, request_pdu: bytes, code: int) -> None:
    async with controller(tmp_path, WB) as (_, line):
        with pytest.raises(RefusalError) as refused:
            await line.ask(request_pdu)
        assert refused.value.code == code
        assert await line.read(1000) == [6]
