"""Addresses on the wire, written down anew, and benches to measure them on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulators.bench.bench import Bench
from simulators.bench.place import Place
from simulators.bench.settings import Settings, plain
from simulators.bench.world import Evse
from tests.simulators.bench.wire import Master, master

EPOCH, TZO = 40260, 40262
RCR, RCR_SF, PDCNT, RCNT, OS = 40251, 40253, 40254, 40256, 40258
EPOCH_SET_CNT, EPOCH_SET_OS = 40263, 40265
DI, DO, DI_CHG, DO_CHG = 40267, 40268, 40269, 40274
META1, META2, META3 = 40279, 40349, 40399
KEY_SIZE, KEY = 40450, 40451
TOT_WH = 40136
SNAPSHOTS = {"current": 40523, "turn_on": 40777, "turn_off": 41031, "start": 41285, "end": 41539}
"""First payload register; St is the next."""
OCMFS = {"current": 41793, "turn_on": 42293, "turn_off": 42793, "start": 43293, "end": 43793}


POLL_S = 0.1


@asynccontextmanager
async def on_bench(
    folder: Path, *, bench: dict[str, Any] | None = None, **meter: Any
) -> AsyncIterator[tuple[Evse, Master]]:
    """One EVSE and a master on its meter's port."""
    settings = plain(folder, **(bench or {}))
    row = settings.evses[0]
    settings = replace(settings, evses=(replace(row, meter=replace(row.meter, **meter)),))
    async with Bench(settings) as one, master(one.evse(1).meter.path) as line:
        yield one.evse(1), line


def shared(folder: Path, place: Place, *, pacing: bool = False, baud: int = 19200, **meter: Any) -> Settings:
    """Two EVSEs, all on one port: meters 42 and 43, controllers 1 and 2."""
    settings = plain(folder, evses=2)
    line = {"port": place, "pacing": pacing, "baud": baud}
    return replace(
        settings,
        evses=tuple(
            replace(
                row,
                meter=replace(row.meter, unit=42 + at, **line, **meter),
                controller=replace(row.controller, unit=1 + at, **line),
            )
            for at, row in enumerate(settings.evses)
        ),
    )


async def until(condition: Callable[[], bool], *, step_s: float = 0.005) -> None:
    """Look again and again until a condition holds."""
    while not condition():
        await asyncio.sleep(step_s)


async def number(line: Master, address: int, registers: int = 2) -> int:
    return int.from_bytes(await line.read_bytes(address, registers), "big")


async def set_clock(line: Master, epoch: int = 1657267228, tzo: int = 120) -> None:
    await line.write(EPOCH, epoch >> 16, epoch & 0xFFFF, tzo & 0xFFFF)


async def take(line: Master, kind: str) -> int:
    """Trigger a snapshot, poll and return the status that it ended with."""
    await line.write(SNAPSHOTS[kind] + 1, 2)
    while (status := (await line.read(SNAPSHOTS[kind] + 1))[0]) == 2:
        # Without a pause the loop would have no reason to jump. There is no event to wait for on a wire.
        await asyncio.sleep(POLL_S)
    return status


async def ocmf(line: Master, kind: str) -> str:
    """Return a snapshot's OCMF text; its block must be valid."""
    block = await line.read_bytes(OCMFS[kind], 498)
    assert block[3] == 0
    return block[4:].rstrip(b"\0").decode("ascii")


async def key(line: Master) -> bytes:
    return (await line.read_bytes(KEY, 48))[: await number(line, KEY_SIZE, 1)]


async def allow(controller: Master, *, amps: int = 16) -> None:
    """Bring the charge controller into the mode of a station and let it offer current."""
    await controller.write(4000, 3)
    await controller.write(4002, 3)
    await controller.write(22000, amps)
    await controller.coil(20000, True)


@asynccontextmanager
async def controlled(evse: Evse) -> AsyncIterator[Master]:
    """A master on an EVSE's charge controller, which offers 16 A."""
    async with master(evse.controller.path, unit=1) as line:
        await allow(line)
        yield line


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
