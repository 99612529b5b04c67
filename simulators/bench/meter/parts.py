"""What a live meter is made of, put together."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from simulators.bench.contactor import Contactor
from simulators.bench.faults import Faults
from simulators.bench.meter.digital import DigitalLines
from simulators.bench.meter.firmware import FIRMWARES
from simulators.bench.meter.identity import Identity
from simulators.bench.meter.interface import Interface
from simulators.bench.meter.measuring import Measuring
from simulators.bench.meter.memory import Memory
from simulators.bench.meter.pace import Pace
from simulators.bench.meter.procedure import Procedure
from simulators.bench.meter.readout import Readout
from simulators.bench.meter.sampling import Sampler
from simulators.bench.meter.sealing import Sealer
from simulators.bench.meter.snapshots import Snapshots
from simulators.bench.meter.who import Who
from simulators.bench.settings import MeterSettings, Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that the device deals with itself; those behind them are theirs."""

    memory: Memory
    who: Who
    measuring: Measuring
    lines: DigitalLines
    snapshots: Snapshots
    interface: Interface
    readout: Readout


def assemble(
    settings: MeterSettings,
    bench: Settings,
    *,
    pace: Pace,
    contactor: Contactor,
    faults: Faults,
    sampled: Callable[[], None],
) -> Parts:
    """Return the parts of one meter; `sampled` is called in the middle of every snapshot."""
    firmware = FIRMWARES[settings.firmware]
    memory = Memory(bench.state_folder, serial=settings.serial, energy_wh=settings.energy_wh)
    who = Who(Identity(settings.serial, firmware, memory.key), faults=faults)
    now_s = asyncio.get_running_loop().time()
    measuring = Measuring(memory.kept, firmware=firmware, energy_scale=bench.energy_scale, now_s=now_s)
    if memory.woke_up:
        measuring.power_up(now_s)
    lines = DigitalLines(contactor, measuring, faults=faults)
    procedure = Procedure(
        lines,
        Sampler(who, measuring, lines),
        pace=pace,
        turn_on_closes=firmware.turn_on_closes,
        sampled=sampled,
    )
    snapshots = Snapshots(
        procedure,
        Sealer(who, memory.kept, faults=faults),
        energy_exponent=firmware.energy_exponent,
        faults=faults,
    )
    interface = Interface(settings.unit, settings.baud)
    readout = Readout(who, measuring, lines=lines, snapshots=snapshots, interface=interface)
    return Parts(memory, who, measuring, lines, snapshots, interface, readout)
