"""Opens serial ports so that a failure says what to do about it."""

import asyncio
import errno
import termios
from typing import TYPE_CHECKING

from station.errors import PortError

if TYPE_CHECKING:
    import serial

REMEDIES = {
    errno.ENOENT: "does not exist; is the adapter plugged in? /dev/serial/by-id lists those that are",
    errno.ENXIO: "has no device behind it; is the adapter plugged in?",
    errno.ENODEV: "has no device behind it; is the adapter plugged in?",
    errno.EACCES: "may not be opened; add the user of the station to the group that owns it (dialout)",
    errno.EPERM: "may not be opened; add the user of the station to the group that owns it (dialout)",
    errno.EBUSY: "is in use by another process; `fuser` tells which",
    errno.EAGAIN: "is in use by another process; `fuser` tells which",
    errno.ENOTTY: "is no serial port",
    errno.EISDIR: "is no serial port",
}


def open_serial(port: str, baud_rate: int, *, parity: str = "N") -> "serial.Serial":
    """Return the port, open for this process alone, its file descriptor not blocking.

    `parity` is N, E or O. Raises PortError that names the port and the remedy.
    """
    import serial  # late: costs start-up time, and a station need not have a serial port

    try:
        return serial.Serial(port, baud_rate, parity=parity, timeout=0, write_timeout=0, exclusive=True)
    except serial.SerialException as error:
        remedy = REMEDIES.get(_number(error), f"cannot be used as a serial port: {error}")
        raise PortError(f"{port} {remedy}") from error
    except (ValueError, OSError, termios.error) as error:
        raise PortError(f"{port} cannot be opened with {baud_rate} baud, parity {parity}: {error}") from error


def _number(error: OSError) -> int:
    """Return what the operating system calls it; what is no terminal says so to pyserial in a cause of its own."""
    cause = error.__context__
    if error.errno is None and isinstance(cause, termios.error) and cause.args:
        return int(cause.args[0])
    return error.errno or 0


async def readable(file: int) -> None:
    """Return when the descriptor has bytes, or has hung up."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(file, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(file)
