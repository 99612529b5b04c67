"""What happens, told by itself: server-sent events, made once a second for all who listen.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, Final

import structlog
from aiohttp import web

from station.local.rings import Events, Frames
from station.web.addresses import is_loopback, neighbourhood
from station.web.answers import Outlets
from station.web.asking import EVENT_STREAM
from station.web.audience import Audience
from station.web.problems import too_many
from station.web.rendering import json_text
from station.web.site import Snapshots
from station.web.told import event_views, message_views

TICK_S: Final = 1.0
PING_S: Final = 15.0
"""Proxies and browsers give up what stays silent."""
MOST_STREAMS: Final = 16
MOST_OF_EVERYBODY: Final = 10
"""The rest is for kiosk and operators."""
MOST_OF_ONE: Final = 4
"""Of one address; whoever is on this computer may be a proxy with many behind it."""
CHUNKS_WAITING: Final = 8
WRITE_S: Final = 10.0
"""A reader who takes nothing for that long is let go."""
RETRY_S: Final = 10.0
_PING: Final = b": still here\n\n"

log = structlog.get_logger("station.web")


class Stream:
    """One reader, and what waits for him."""

    def __init__(self, address: str, transport: asyncio.BaseTransport | None, still: Callable[[], bool]) -> None:
        self.neighbourhood = neighbourhood(address)
        self.local = is_loopback(address)
        self.chunks: asyncio.Queue[bytes | None] = asyncio.Queue(CHUNKS_WAITING + 1)
        self._transport, self._still = transport, still

    @property
    def over(self) -> bool:
        """The reader is gone, or may not read any more."""
        return self._transport is None or self._transport.is_closing() or not self._still()

    def put(self, chunk: bytes) -> None:
        """Let a chunk wait for its reader; one who is far behind is let go, lest it waits for ever."""
        if self.chunks.qsize() >= CHUNKS_WAITING:
            self.drop()
        else:
            self.chunks.put_nowait(chunk)

    def drop(self) -> None:
        """Cut the connection: what waits in it would be kept for as long as the reader likes."""
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()

    def end(self) -> None:
        """Let the reader have what waits, and end."""
        self.chunks.put_nowait(None)  # there is a place for it


class Live:
    """Tells drivers' pages of the outlets, and operators' pages of everything."""

    def __init__(self, snapshots: Snapshots, events: Events, frames: Frames) -> None:
        self._snapshots, self._events, self._frames = snapshots, events, frames
        self._streams: dict[Audience, set[Stream]] = {audience: set() for audience in Audience}
        self._last = {Audience.EVERYBODY: b"", Audience.NEAR: b""}
        self._listened_to = asyncio.Event()
        self._event = self._message = 0

    @property
    def count(self) -> int:
        """How many listen."""
        return sum(map(len, self._streams.values()))

    async def run(self) -> None:
        """Tell what is new once a second while anybody listens, for ever."""
        quiet_s = 0.0
        while True:
            if not self.count:
                self._listened_to.clear()
                await self._listened_to.wait()
            await asyncio.sleep(TICK_S)
            quiet_s += TICK_S
            self._let_go()
            for audience in self._last:
                if self._streams[audience]:
                    self._tell_drivers(audience)
            if self._streams[Audience.OPERATORS]:
                self._tell_operators()
            if quiet_s >= PING_S:
                quiet_s = 0.0
                for audience in self._last:
                    _give(self._streams[audience], _PING)

    def end(self) -> None:
        """Let all readers go."""
        for stream in self._all():
            stream.end()

    async def serve(
        self, request: web.Request, *, address: str, audience: Audience, still: Callable[[], bool] = lambda: True
    ) -> web.StreamResponse:
        """Answer with the stream until its reader goes; `still` tells whether he may go on reading."""
        with self._joined(Stream(address, request.transport, still), audience) as stream:
            response = web.StreamResponse(headers={"Content-Type": EVENT_STREAM, "X-Accel-Buffering": "no"})
            await response.prepare(request)
            try:
                while (chunk := await stream.chunks.get()) is not None:
                    async with asyncio.timeout(WRITE_S):
                        await response.write(chunk)
            except ConnectionError:
                pass  # the reader went
            except TimeoutError:
                log.info("slow_reader_dropped", address=address)
                stream.drop()
            return response

    @contextmanager
    def _joined(self, stream: Stream, audience: Audience) -> Iterator[Stream]:
        self._let_go()
        kind = self._streams[audience]
        of_one = sum(each.neighbourhood == stream.neighbourhood for each in self._all())
        full = self.count >= MOST_STREAMS or (audience is Audience.EVERYBODY and len(kind) >= MOST_OF_EVERYBODY)
        if full or (of_one >= MOST_OF_ONE and not stream.local):
            raise too_many("too many pages are open at once; close one, then try again", wait_s=RETRY_S)
        if audience is Audience.OPERATORS and not kind:
            self._event, self._message = self._events.number, self._frames.number
        kind.add(stream)
        self._listened_to.set()
        first = self._status() if audience is Audience.OPERATORS else self._outlets(audience)
        stream.put(b"retry: 3000\n\n" + first)
        try:
            yield stream
        finally:
            kind.discard(stream)

    def _let_go(self) -> None:
        for kind in self._streams.values():
            for stream in [each for each in kind if each.over]:
                kind.discard(stream)
                stream.end()

    def _all(self) -> Iterable[Stream]:
        return chain.from_iterable(self._streams.values())

    def _tell_drivers(self, audience: Audience) -> None:
        chunk = self._outlets(audience)
        if chunk != self._last[audience]:
            self._last[audience] = chunk
            _give(self._streams[audience], chunk)

    def _tell_operators(self) -> None:
        chunks = [self._status()]
        chunks += (_event("event", line) for line in event_views(self._events.after(self._event)))
        chunks += (_event("message", message) for message in message_views(self._frames.after(self._message)))
        self._event, self._message = self._events.number, self._frames.number
        _give(self._streams[Audience.OPERATORS], b"".join(chunks))

    def _outlets(self, audience: Audience) -> bytes:
        seen = self._snapshots
        return _event("outlets", Outlets(seen.outlets() if audience is Audience.NEAR else seen.public_outlets()))

    def _status(self) -> bytes:
        return _event("status", self._snapshots.station())


def _give(streams: set[Stream], chunk: bytes) -> None:
    for stream in streams:
        stream.put(chunk)


def _event(name: str, view: Any) -> bytes:
    return f"event: {name}\ndata: {json_text(view)}\n\n".encode()
