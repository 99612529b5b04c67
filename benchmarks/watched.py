"""The daemon on an event loop that is watched: `python -m benchmarks.watched FILE run --config CONFIG`.

Twenty times a second the loop looks how much later than it was due a timer is served. At its end it writes FILE:
for each look three doubles, all in seconds: the monotonic time, the delay, and how long the process has waited for a
core since the look before, which is the machine's fault and not the daemon's.
"""

import asyncio
import os
import sys
from array import array
from pathlib import Path
from typing import Any

from station.cli import main

LOOK_S = 0.05
WAITS = Path("/proc/self/schedstat")
"""Nanoseconds on a core, nanoseconds in the queue for one, turns."""


class WatchedLoop(asyncio.SelectorEventLoop):
    """Notes its own delays; the looks cost it some tens of microseconds each."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._delays = array("d")
        self._waits = os.open(WAITS, os.O_RDONLY)
        self._waited_s = self._waited()
        self._look_at(self.time() + LOOK_S)

    def _look_at(self, due: float) -> None:
        self.call_at(due, self._look, due)

    def _look(self, due: float) -> None:
        now, before, self._waited_s = self.time(), self._waited_s, self._waited()
        self._delays.extend((now, now - due, self._waited_s - before))
        self._look_at(now + LOOK_S)

    def _waited(self) -> float:
        return int(os.pread(self._waits, 100, 0).split()[1]) / 1e9

    def close(self) -> None:
        if not self.is_closed():
            self._file.write_bytes(self._delays.tobytes())
            os.close(self._waits)
        super().close()


class _Policy(asyncio.DefaultEventLoopPolicy):
    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def new_event_loop(self) -> Any:
        return WatchedLoop(self._file)


if __name__ == "__main__":
    asyncio.set_event_loop_policy(_Policy(Path(sys.argv[1])))
    sys.exit(main(sys.argv[2:]))
