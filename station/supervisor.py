"""Keeps a component running: log the crash, wait, start again; give up when it does not help."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

from station.errors import StationError

log = structlog.get_logger("station.supervisor")

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
HEALTHY_AFTER_S = 60.0
"""A component that ran this long is well again; its crashes before are forgotten."""


class ComponentEndedError(RuntimeError):
    """A component that shall run for ever returned."""


class Crashes:
    """Which components crashed a moment ago, and why."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[float, str]] = {}

    def note(self, name: str, error: Exception, *, at_s: float) -> None:
        """Remember a crash; `at_s` is the loop's time."""
        self._last[name] = at_s, str(error) or type(error).__name__

    def recent(self, now_s: float) -> dict[str, str]:
        """Return the words of the last crash of each component that has not been well for long enough since."""
        within_s = HEALTHY_AFTER_S + LONGEST_WAIT_S
        return {name: text for name, (at_s, text) in self._last.items() if now_s - at_s < within_s}


async def supervise(
    name: str,
    run: Callable[[], Awaitable[object]],
    *,
    give_up_after: int | None = 5,
    first_wait_s: float = FIRST_WAIT_S,
    longest_wait_s: float = LONGEST_WAIT_S,
    healthy_after_s: float = HEALTHY_AFTER_S,
    crashes_of: "Crashes | None" = None,
) -> NoReturn:
    """Run a component for ever; raise its error at the crash number `give_up_after` in a row, None for never.

    A return is a crash too, for nothing that is supervised has an end. The wait before a new start doubles with
    each crash, from `first_wait_s` to `longest_wait_s`. A cancellation of the supervising task ends it at once.
    `crashes_of` is where crashes are written down for people.
    """
    loop = asyncio.get_running_loop()
    crashes = 0
    while True:
        started_s = loop.time()
        error = await _crash_of(name, run)
        if loop.time() - started_s >= healthy_after_s:
            crashes = 0
        crashes += 1
        _tell(name, error, crashes)
        if crashes_of is not None:
            crashes_of.note(name, error, at_s=loop.time())
        if give_up_after is not None and crashes >= give_up_after:
            error.add_note(f"the component {name} crashed {crashes} times in a row")
            raise error
        await asyncio.sleep(min(first_wait_s * 2 ** (crashes - 1), longest_wait_s))


async def _crash_of(name: str, run: Callable[[], Awaitable[object]]) -> Exception:
    """Run the component once and return what ended it; raises nothing but cancellation of the task itself."""
    try:
        await run()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        # Nobody cancelled this task: the component awaited something that was. A task group takes a cancelled
        # child for a finished one, so passing it on would end the component without a word.
        cancelled = ComponentEndedError(f"{name} was cancelled from within")
        cancelled.__cause__ = error
        return cancelled
    except Exception as error:  # noqa: BLE001 a supervisor is there for the errors that nobody foresaw
        return error
    return ComponentEndedError(f"{name} returned")


def _tell(name: str, error: Exception, crashes: int) -> None:
    if isinstance(error, StationError):
        log.warning("component_failed", component=name, crashes=crashes, error=str(error))
    else:
        log.error("component_crashed", component=name, crashes=crashes, exc_info=error)
