"""Polls of a charge controller while meters sign, in a process of its own.

`python -m benchmarks.polling METERS_PORT CONTROLLERS_PORT METERS ROUNDS`; with one port for both they share a line.
Prints, as JSON, how many seconds each poll took and how long the longest exchange of a meter has the line at least.
"""

import asyncio
import itertools
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from random import Random

from benchmarks import wire_time
from benchmarks.meters import FIRST_CONTROLLER, FIRST_METER, driver, request
from benchmarks.recorder import Recorder
from benchmarks.scene import BAUD
from station import logs
from station.hardware.phoenix import STATE, STATE_AND_PROXIMITY
from station.meter.bsm import BsmMeter
from station.meter.bus import Device, Line

PAUSE_S = 0.05
"""Between two polls, on average; a part of it is chance, so that they come at every moment of an exchange."""


@dataclass(frozen=True, slots=True)
class Polls:
    """How long the polls took, and what they may have had to wait for."""

    took_s: list[float]
    longest_exchange_s: float
    retries: int


async def run(meters_port: str, controllers_port: str, meters: int, rounds: int) -> Polls:
    """Poll while all meters sign sessions at the same time."""
    lines = {port: Line(port, baud=BAUD, parity="N") for port in (meters_port, controllers_port)}
    recorders = [Recorder(lines[meters_port].device(FIRST_METER + number)) for number in range(meters)]
    controller = lines[controllers_port].device(FIRST_CONTROLLER, urgent=True)
    took_s: list[float] = []
    try:
        drivers = [await driver(recorder, name=f"meter {number}") for number, recorder in enumerate(recorders)]
        async with asyncio.TaskGroup() as tasks:
            polling = tasks.create_task(_poll(controller, took_s), name="polling")
            await asyncio.wait([tasks.create_task(_sign(meter, rounds), name="signing") for meter in drivers])
            polling.cancel()
    finally:
        for line in lines.values():
            line.close()
    return Polls(took_s, _longest_s(recorders), sum(line.counters.retries for line in lines.values()))


async def _sign(meter: BsmMeter, rounds: int) -> None:
    for number in range(rounds):
        asked = request(number)
        await meter.start_transaction(asked)
        await meter.stop_transaction(asked.transaction_id)


async def _poll(controller: Device, took_s: list[float]) -> None:
    loop, chance = asyncio.get_running_loop(), Random(1)
    while True:
        await asyncio.sleep(2 * PAUSE_S * chance.random())
        began = loop.time()
        await controller.read_inputs(STATE, STATE_AND_PROXIMITY)
        took_s.append(loop.time() - began)


def _longest_s(recorders: Iterable[Recorder]) -> float:
    exchanges = itertools.chain.from_iterable(recorder.exchanges for recorder in recorders)
    return max(wire_time.seconds([exchange], baud=BAUD) for exchange in exchanges)


if __name__ == "__main__":
    logs.configure(for_good=True)
    _, meters_at, controllers_at, how_many, how_often = sys.argv
    polls = asyncio.run(run(meters_at, controllers_at, int(how_many), int(how_often)))
    print(json.dumps(asdict(polls)), flush=True)
