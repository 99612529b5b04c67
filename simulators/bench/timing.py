"""Timers and tasks of the bench: every one has an owner and ends with it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

log = structlog.get_logger("bench")


class Timer:
    """Calls back once after a while of loop time; starting it again replaces the earlier start."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback = callback
        self._handle: asyncio.TimerHandle | None = None

    @property
    def running(self) -> bool:
        """A call is still to come."""
        return self._handle is not None

    def start(self, delay_s: float) -> None:
        """Call back in `delay_s`."""
        self.stop()
        self._handle = asyncio.get_running_loop().call_later(delay_s, self._fire)

    def start_if_idle(self, delay_s: float) -> None:
        """Call back in `delay_s`, unless a call is already to come."""
        if not self.running:
            self.start(delay_s)

    def stop(self) -> None:
        """Do not call back any more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _fire(self) -> None:
        self._handle = None
        self._callback()


async def until(instant_s: float) -> float:
    """Wait for an instant of loop time and return it, or return now if it has passed."""
    now_s = asyncio.get_running_loop().time()
    if instant_s <= now_s:
        return now_s
    await asyncio.sleep(instant_s - now_s)
    return instant_s


class Tasks:
    """Owns tasks; `close` ends them and raises the first error that one of them died of.

    Not a TaskGroup, because a test fixture may open and close the bench from two different tasks.
    """

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
        """Run `work` until it ends or the owner closes."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self) -> None:
        """Cancel what runs and wait for it."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._failure is not None:
            raise self._failure

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.error("task_failed", task=task.get_name(), exc_info=error)
            self._failure = self._failure or error
