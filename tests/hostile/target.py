"""A whole station under attack: what it answers, what it logs, and what it keeps."""

import asyncio
import gc
import io
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from station import logs
from tests.flows.house import House
from tests.hostile.payloads import frame_of

PASSING = frozenset({"outbox", "dead_letters", "security_log", "sessions", "tokens", "sqlite_sequence", "facts"})
"""Tables that change whether or not somebody asks for it."""


class Target:
    """A running house; `async with Target(folder) as target:`."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder)
        self._log = io.StringIO()
        self._ids = (f"hostile-{number}" for number in itertools.count())

    async def __aenter__(self) -> Self:
        logs.configure("warning", as_json=True, stream=self._log)
        await self.house.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.house.__aexit__(None, None, None)

    async def ask(self, action: str, payload: Any) -> list[Any]:
        """Return the frame that answers this request."""
        await self.be_there()
        message_id = next(self._ids)
        sent = await self.house.csms.send_text(self.house.seen.id, frame_of(message_id, action, payload))
        message = await self.house.seen.wait_for_message(
            lambda message: message.direction == "in" and json.loads(message.text)[1] == message_id,
            after=sent,
            timeout_s=60,
        )
        answer: list[Any] = json.loads(message.text)
        return answer

    async def be_there(self) -> None:
        """Start the station again if it was talked into ending, and have it connected."""
        running = self.house._running
        if running is None or running.done():
            if running is not None:
                await self.house.ended()
            await self.house.start(wait=False)
        async with asyncio.timeout(600):
            while not self.house.seen.connected or not self.accepted:
                await asyncio.sleep(0.1)

    @property
    def accepted(self) -> bool:
        return self.house.seen.registration == "Accepted"

    def complaints(self) -> list[str]:
        """Return what the station logged that tells of a mistake of its own."""
        entries = [json.loads(line) for line in self._log.getvalue().splitlines()]
        return [json.dumps(entry) for entry in entries if "exception" in entry or entry["level"] == "error"]

    def state(self) -> dict[str, Any]:
        """Return everything that outlives a restart: rows and files."""
        database, folder = self.house.database, self.house.folder / "state"
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in tables if name not in PASSING}
        return rows | {str(path): sha256(path.read_bytes()).hexdigest() for path in _files(folder)}

    def crowd(self) -> Counter[str]:
        """Return how many tasks and objects of the station there are, by name."""
        gc.collect()
        kinds = Counter(type(thing).__qualname__ for thing in gc.get_objects() if _is_ours(thing))
        kinds["Task"] = len(asyncio.all_tasks())
        return kinds


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("station."))


def _is_ours(thing: object) -> bool:
    return str(getattr(type(thing), "__module__", "")).startswith("station.")
