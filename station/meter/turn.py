"""Whose turn it is on a line: one user at a time, the urgent before those who can wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    unit: int
    urgent: bool
    granted: asyncio.Future[None]


class Turn:
    """Like a lock, but the urgent pass the others; within each kind, who came first goes first.

    An urgent unit that has just had its turn passes nobody until one of the others had theirs. So an urgent one
    waits for at most one turn of those who are not urgent, and those get every second turn, even if one urgent unit
    asks again and again. Whoever is cancelled while waiting takes nobody's turn along.
    """

    def __init__(self) -> None:
        self._taken = False
        self._waiting: list[_Waiter] = []
        self._served: set[int] = set()
        """Urgent units that had their turn since the last one that was not urgent."""

    @property
    def taken(self) -> bool:
        """Somebody has the turn now."""
        return self._taken

    @asynccontextmanager
    async def of(self, unit: int, *, urgent: bool) -> AsyncIterator[None]:
        """Wait for the turn, have it inside the context, and pass it on."""
        await self._wait(unit, urgent)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, unit: int, urgent: bool) -> None:
        waiter = _Waiter(unit, urgent, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        if not self._taken:
            self._pass_on()
        try:
            await waiter.granted
        except asyncio.CancelledError:
            if not waiter.granted.cancelled():  # granted in the same moment: the turn is ours, and nobody else's
                self._pass_on()
            raise
        finally:
            self._waiting.remove(waiter)

    def _pass_on(self) -> None:
        chosen = self._next()
        self._taken = chosen is not None
        if chosen is None:
            return
        if chosen.urgent:
            self._served.add(chosen.unit)
        else:
            self._served.clear()
        chosen.granted.set_result(None)

    def _next(self) -> _Waiter | None:
        waiting = [waiter for waiter in self._waiting if not waiter.granted.done()]
        others = [waiter for waiter in waiting if not waiter.urgent]
        urgent = [waiter for waiter in waiting if waiter.urgent and not (others and waiter.unit in self._served)]
        return next(iter(urgent or others), None)
