"""Sessions of the station's meter driver, in a process of its own: `python -m benchmarks.sessions PORT ROUNDS`.

Prints, as JSON, what a start and a stop of each round put on the wire. The first round is not among them: in it the
driver learns how long this meter takes.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable
from dataclasses import asdict, dataclass

from benchmarks.meters import FIRST_METER, driver, request
from benchmarks.recorder import Recorder
from benchmarks.scene import BAUD
from station import logs
from station.meter.bus import Line


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one start or stop was on the wire."""

    size: int
    """Bytes of all requests and answers."""
    frames: int
    """Requests, repeated ones included."""
    retries: int
    polls: int
    registers: int
    """How many were read, polls apart."""
    distinct: int
    """How many different ones they were."""
    took_s: float


async def run(port: str, rounds: int) -> list[dict[str, Traffic]]:
    """Have the meter sign one session after the other."""
    line = Line(port, baud=BAUD, parity="N")
    recorder = Recorder(line.device(FIRST_METER))
    played = []
    try:
        meter = await driver(recorder, name="the benchmark's meter")
        for number in range(rounds + 1):
            asked = request(number)
            start = await _traffic(line, recorder, meter.start_transaction(asked))
            stop = await _traffic(line, recorder, meter.stop_transaction(asked.transaction_id))
            played.append({"start": start, "stop": stop})
    finally:
        line.close()
    return played[1:]


async def _traffic(line: Line, recorder: Recorder, work: Awaitable[object]) -> Traffic:
    before, began = line.counters, time.monotonic()
    recorder.clear()
    await work
    after = line.counters
    return Traffic(
        size=after.bytes_out + after.bytes_in - before.bytes_out - before.bytes_in,
        frames=after.frames - before.frames,
        retries=after.retries - before.retries,
        polls=recorder.polls,
        registers=recorder.registers,
        distinct=recorder.distinct,
        took_s=time.monotonic() - began,
    )


if __name__ == "__main__":
    logs.configure(for_good=True)
    told = asyncio.run(run(sys.argv[1], int(sys.argv[2])))
    print(json.dumps([{name: asdict(traffic) for name, traffic in session.items()} for session in told]), flush=True)
