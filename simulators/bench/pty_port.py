"""A serial port that is none: a pseudo terminal in raw mode behind a link with a stable path."""

import asyncio
import contextlib
import os
import pty
import tty
from collections.abc import Callable
from pathlib import Path

from simulators.bench.errors import BenchError
from simulators.bench.port import PortCallback


class PtyPort:
    """The device's end of a serial line; the other end is opened through `path` like any serial port.

    The far end is held open here as well, so a client that closes it does not end the line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master = -1
        self._slave = -1

    @property
    def address(self) -> str:
        """The path to open."""
        return str(self.path)

    def open(self, received: Callable[[bytes], None]) -> None:
        """Create the line and its link, then hand over every byte that comes in; needs the running loop.

        BenchError if something that is no link stands at `path`.
        """
        self._master, self._slave = pty.openpty()
        try:
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self._link()
        except BaseException:
            self._shut()
            raise
        asyncio.get_running_loop().add_reader(self._master, self._read, received)

    def write(self, data: bytes) -> None:
        """Send bytes; what nobody takes is lost, as on a wire."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._master, data)

    def close(self) -> None:
        """End the line and remove its link."""
        if self._master < 0:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        if self.path.is_symlink() and self.path.readlink() == Path(os.ttyname(self._slave)):
            self.path.unlink()
        self._shut()

    def _read(self, received: Callable[[bytes], None]) -> None:
        with contextlib.suppress(BlockingIOError):
            received(os.read(self._master, 4096))

    def _link(self) -> None:
        if self.path.exists() and not self.path.is_symlink():
            raise BenchError(f"{self.path} exists and is no link: remove it or name another port in the settings")
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(os.ttyname(self._slave))
            fresh.replace(self.path)
        except OSError as error:
            raise BenchError(f"{self.path}: the link cannot be made ({error.strerror}): name another port") from error

    def _shut(self) -> None:
        for end in (self._master, self._slave):
            os.close(end)
        self._master = self._slave = -1


class PtyEntrance:
    """A pseudo terminal has one client: whoever opened it."""

    def __init__(self, path: Path) -> None:
        self._port = PtyPort(path)

    @property
    def address(self) -> str:
        """The path to open."""
        return self._port.address

    async def open(self, came: PortCallback, _gone: PortCallback) -> None:
        """Create the port; BenchError if something that is no link stands at the path."""
        came(self._port)

    async def close(self) -> None:
        """Remove the port."""
        self._port.close()
