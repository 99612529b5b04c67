"""The bytes of one serial port, for asyncio: write, wait for what comes, notice when the port is gone."""

import contextlib
import errno
import os
import termios
from typing import TYPE_CHECKING, Final, Literal

import structlog

from station.errors import PortError
from station.serial_port import open_serial, readable

if TYPE_CHECKING:
    import serial

Parity = Literal["N", "E", "O"]

log = structlog.get_logger("station.meter")

_PIECE: Final = 4096
"""What one read takes at most: all that a terminal can hold."""


class SerialStream:
    """A port, 8 data bits and one stop bit, held exclusively while it is open.

    Every method raises PortError if the port is gone; it is closed then and may be opened again.
    """

    def __init__(self, port: str, *, baud: int, parity: Parity) -> None:
        self.port = port
        self._baud = baud
        self._parity = parity
        self._serial: serial.Serial | None = None

    def open(self) -> None:
        """Take the port, if it is not held; PortError says what is wrong and what to do."""
        if self._serial is not None:
            return
        self._serial = open_serial(self.port, self._baud, parity=self._parity)
        with contextlib.suppress(OSError, ValueError, NotImplementedError):
            # Without it an FTDI adapter keeps every answer back for 16 ms.
            self._serial.set_low_latency_mode(True)
        log.info("port_opened", port=self.port, baud=self._baud, parity=self._parity)

    def close(self) -> None:
        """Give the port back; nothing to do if it is closed."""
        if self._serial is not None:
            with contextlib.suppress(OSError, termios.error):
                self._serial.close()
            self._serial = None

    def write(self, data: bytes) -> int:
        """Hand bytes to the kernel without waiting; return how many it took."""
        try:
            return os.write(self._fd(), data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise self._lost(error) from error

    def discard_output(self) -> None:
        """Forget what was written, but not sent yet."""
        with contextlib.suppress(OSError, termios.error):
            termios.tcflush(self._fd(), termios.TCOFLUSH)

    def read_available(self) -> bytes:
        """Return what has arrived, in as large a piece as the kernel has; empty if nothing."""
        try:
            return os.read(self._fd(), _PIECE)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._lost(error) from error

    async def read(self) -> bytes:
        """Wait until something has arrived and return it; never empty. Cancelled, it loses no byte."""
        await readable(self._fd())
        data = self.read_available()
        if not data:
            # Ready, but without bytes: that is how a terminal says that it hung up.
            raise self._lost(OSError(errno.EIO, "hung up"))
        return data

    def _fd(self) -> int:
        if self._serial is None:
            raise PortError(f"{self.port} was closed")
        return int(self._serial.fileno())

    def _lost(self, error: OSError) -> PortError:
        self.close()
        log.warning("port_lost", port=self.port, reason=str(error))
        return PortError(f"{self.port} is gone ({error}); was the adapter unplugged?")
