"""The daemon on an event loop that is watched: `python -m benchmarks.watched FILE run --config CONFIG`.

Twenty times a second the loop looks how much later than it was due a timer is served. At its end it writes FILE:
pairs of doubles, the monotonic time of each look and the delay, both in seconds.
"""

import asyncio
import sys
from array import array
from pathlib import Path
from typing import Any

from station.cli import main

LOOK_S = 0.05


class _WatchedLoop(asyncio.SelectorEventLoop):
    """Notes its own delays; the looks cost it some tens of microseconds each."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._delays = array("d")
        self._look_at(self.time() + LOOK_S)

    def _look_at(self, due: float) -> None:
        self.call_at(due, self._look, due)

    def _look(self, due: float) -> None:
        now = self.time()
        self._delays.extend((now, now - due))
        self._look_at(now + LOOK_S)

    def close(self) -> None:
        if not self.is_closed():
            self._file.write_bytes(self._delays.tobytes())
        super().close()


class _Policy(asyncio.DefaultEventLoopPolicy):
    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def new_event_loop(self) -> Any:
        return _WatchedLoop(self._file)


if __name__ == "__main__":
    asyncio.set_event_loop_policy(_Policy(Path(sys.argv[1])))
    sys.exit(main(sys.argv[2:]))
