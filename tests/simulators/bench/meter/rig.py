"""A meter with its contactor and a load, asked without a line: for many snapshots or long times."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulators.bench.contactor import Contactor
from simulators.bench.faults import Faults
from simulators.bench.mains import NO_LOAD, Phases
from simulators.bench.meter.twin import Meter
from simulators.bench.pdu import Device, ModbusRefusal, parse
from simulators.bench.settings import plain
from tests.simulators.bench.wire import Master, NoAnswerError, RefusalError


class Direct(Master):
    """Asks a device as a master on its line does, unit and checksum left out."""

    def __init__(self, device: Device) -> None:
        super().__init__(-1, 42)
        self._device = device

    async def ask(self, pdu: bytes, *, patience_s: float = 0.0) -> bytes:
        try:
            answer = await self._device.execute(parse(pdu))
        except ModbusRefusal as refusal:
            raise RefusalError(refusal.code) from refusal
        if answer is None:
            raise NoAnswerError(b"")
        self._device.answered()
        return answer


class Rig(Direct):
    """One meter whose enable input is high and whose load draws while the contactor is closed."""

    def __init__(self, folder: Path, *, time_scale: float = 1.0, load_a: Phases = NO_LOAD, **meter: Any) -> None:
        bench = plain(folder, time_scale=time_scale)
        settings = replace(bench.evses[0].meter, **meter)
        self.load_a = load_a
        self.faults = Faults(self.update)
        self.contactor = Contactor(time_scale=time_scale, changed=self.update)
        self.contactor.enable(True)
        self.meter = Meter(settings, bench, contactor=self.contactor, faults=self.faults)
        super().__init__(self.meter)

    def update(self) -> None:
        self.contactor.weld("contactor_welded" in self.faults)
        if self.meter.powered and "meter_power_cycle" in self.faults:
            self.meter.power_down()
        elif not self.meter.powered and "meter_power_cycle" not in self.faults:
            self.meter.power_up()
        self.meter.update()
        self.meter.load(self.load_a if self.contactor.closed else NO_LOAD)


@asynccontextmanager
async def rig(folder: Path, **settings: Any) -> AsyncIterator[Rig]:
    """Settings are those of Rig."""
    one = Rig(folder, **settings)
    try:
        yield one
    finally:
        one.contactor.stop()
        await one.meter.close()
