"""Which kind of line a port has."""

from typing import Final, Protocol

from station.meter.bus import Device, Line
from station.meter.exchange import ModbusLine
from station.meter.serial_stream import Parity

TCP: Final = "tcp://"


class DeviceLine(ModbusLine, Protocol):
    """A line as its owner has it: opens, hands out devices, closes."""

    def device(
        self,
        unit: int,
        *,
        timeout_s: float = 1.0,
        retries: int = 2,
        late_s: float = 1.0,
        gap_s: float = 0.0,
        urgent: bool = False,
    ) -> Device:
        """Return one unit of this line (1..247); station.meter.bus.Line tells what the times mean."""

    def open(self) -> None:
        """Take a serial port now, to learn early if it cannot be had; PortError says why."""

    def close(self) -> None:
        """Give the port back; the next request takes it again."""


def line_at(port: str, *, baud: int = 19200, parity: Parity = "E") -> DeviceLine:
    """Return the line at a serial port, or at tcp://host:port, where speed and parity mean nothing."""
    if port.startswith(TCP):
        from station.meter.tcp_line import TcpLine  # late: few stations have one

        return TcpLine(port)
    return Line(port, baud=baud, parity=parity)
