"""Which devices hang on which line, and all lines together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

from simulators.bench.faults import Faults
from simulators.bench.framing import MakeFraming
from simulators.bench.line import Line
from simulators.bench.mbap import MbapFraming
from simulators.bench.pdu import Device
from simulators.bench.place import MODBUS_TCP, RTU_OVER_TCP, Place
from simulators.bench.pty_port import PtyEntrance
from simulators.bench.rtu import RtuFraming
from simulators.bench.tcp_port import TcpEntrance
from simulators.bench.timing import Tasks

_FRAMINGS: Final[Mapping[str, MakeFraming]] = MappingProxyType({MODBUS_TCP: MbapFraming, RTU_OVER_TCP: RtuFraming})


class Placed(Device, Protocol):
    """A device that tells where it is found."""

    path: str
    """What a client has to open."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """A device of an EVSE and where it hangs."""

    evse: int
    name: str
    """`meter` or `controller`: the prefix of the faults of its line."""
    device: Placed
    place: Place
    pacing: bool
    faults: Faults


class Wiring:
    """Devices with the same place share one line; settings that contradict each other are not looked for here."""

    def __init__(self, outlets: Iterable[Outlet]) -> None:
        self._lines: dict[Place, Line] = {}
        self._found: list[tuple[Placed, Line]] = []
        for outlet in outlets:
            if outlet.place not in self._lines:
                number = len(self._lines) + 1
                self._lines[outlet.place] = _line(outlet.place, number=number, pacing=outlet.pacing)
            line = self._lines[outlet.place]
            line.attach(outlet.device, evse=outlet.evse, name=outlet.name, faults=outlet.faults)
            self._found.append((outlet.device, line))

    @property
    def lines(self) -> Iterable[Line]:
        """In the order of the settings."""
        return self._lines.values()

    async def open(self, tasks: Tasks) -> None:
        """Open every line and tell the devices where they are found now; BenchError if a port cannot be had."""
        for line in self.lines:
            await line.open(tasks)
        for device, line in self._found:
            device.path = line.address

    async def close(self) -> None:
        """Close every line, also those that never opened."""
        for line in self.lines:
            await line.close()


def _line(place: Place, *, number: int, pacing: bool) -> Line:
    if isinstance(place, Path):
        return Line(PtyEntrance(place), number=number, framing=RtuFraming, pacing=pacing)
    return Line(TcpEntrance(place), number=number, framing=_FRAMINGS[place.scheme], pacing=pacing)
