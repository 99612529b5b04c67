"""Reads one card while no station runs: opens the readers of the settings, until one of them sees it."""

import asyncio

from station import logs
from station.app.readers import reader_of
from station.errors import SettingsError, StationError, first_of
from station.hardware.ports import CardReader
from station.local.learning import Learned, Learning
from station.settings import Settings


def next_card(settings: Settings, *, reader: str, wait_s: float) -> Learned:
    """Return the next card, of any reader or of the one with this name.

    Raises StationError if there is no such reader, if a port cannot be used, or if no card came in time. What a
    reader sends that is no card is told on standard error.
    """
    chosen = [one for one in settings.readers if reader in ("", one.name)]
    if not chosen:
        names = ", ".join(one.name for one in settings.readers) or "none"
        raise SettingsError(f"{settings.path} names no reader {reader}".rstrip() + f"; it has these: {names}")
    logs.configure("warning", as_json=False, wire=False)
    try:
        return asyncio.run(_next({one.name: reader_of(one) for one in chosen}, wait_s))
    except* StationError as group:
        raise first_of(group) from group


async def _next(readers: dict[str, CardReader], wait_s: float) -> Learned:
    learning = Learning()
    async with asyncio.TaskGroup() as tasks:
        drains = [
            tasks.create_task(_drain(learning.wrap(reader, name=name)), name=f"reader-{name}")
            for name, reader in readers.items()
        ]
        learned = await learning.next_card(wait_s)
        for drain in drains:
            drain.cancel()
    return learned


async def _drain(reader: CardReader) -> None:
    async for _ in reader.cards():
        pass
