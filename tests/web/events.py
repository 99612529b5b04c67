"""Server-sent events, as a browser takes them apart."""

import json
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientResponse

Event = tuple[str, Any]


async def events_of(answer: ClientResponse) -> AsyncIterator[Event]:
    """Yield name and data of each event; of a comment `comment` and its text."""
    name, data = "message", ""
    async for raw in answer.content:
        line = raw.decode().rstrip("\n")
        if line.startswith(":"):
            yield "comment", line[1:].strip()
        elif line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            data += line.removeprefix("data: ")
        elif not line and data:
            yield name, json.loads(data)
            name, data = "message", ""


async def next_of(events: AsyncIterator[Event], wanted: str) -> Any:
    """Return the data of the next event of that name."""
    async for name, data in events:
        if name == wanted:
            return data
    raise AssertionError(f"the stream ended without {wanted}")
