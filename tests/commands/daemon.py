"""A station behind its socket, on a loop of its own, for commands that wait for it in the test's thread."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import structlog

from station.local.client import is_running
from station.local.socket_server import SocketServer
from tests.local.place import WEB, Place

T = TypeVar("T")

PATIENCE_S = 30.0


class Daemon:
    """`with Daemon(folder) as daemon`: it runs with the settings `folder / "station.toml"`."""

    place: Place

    def __init__(self, folder: Path, *, more: str = WEB) -> None:
        self._folder, self._more = folder, more
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="daemon")

    @property
    def config(self) -> list[str]:
        return ["--config", str(self._folder / "station.toml")]

    def do(self, work: Callable[[Place], Coroutine[Any, Any, T]]) -> T:
        """Do something at the place, on its loop."""
        return asyncio.run_coroutine_threadsafe(work(self.place), self._loop).result(PATIENCE_S)

    def stop(self) -> None:
        """End it, if it still runs."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(PATIENCE_S)

    async def _live(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        self.place = Place(self._folder, more=self._more)
        for meter in self.place.yard.meters.values():
            meter.signing_s = 0.05
        async with self.place.open():
            server = asyncio.create_task(SocketServer(lambda: self.place.desk, self.place.folder).run())
            await asyncio.sleep(0)
            while not await asyncio.to_thread(is_running, self.place.folder):
                await asyncio.sleep(0.01)
            self._ready.set()
            await self._ending.wait()
            server.cancel()
            await asyncio.wait([server])

    def __enter__(self) -> Self:
        # What it logs would stand between what commands print.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
