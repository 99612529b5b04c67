"""Components are started again, not for ever, and never against a cancellation."""

import asyncio

import pytest
from structlog.testing import capture_logs

from station.errors import DeviceError
from station.supervisor import ComponentEndedError, Crashes, supervise


@pytest.fixture(autouse=True)
def logs():
    """What was logged; rendering tracebacks would take longer than everything else."""
    with capture_logs() as logs:
        yield logs


class Component:
    """Runs as long as its script says, then fails; notes when it was started."""

    def __init__(self, *lifetimes_s: float, error: Exception | None = None) -> None:
        self.lifetimes_s = list(lifetimes_s)
        self.error = error or ValueError("broken")
        self.starts_s: list[float] = []
        self.ends_s: list[float] = []

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        self.starts_s.append(loop.time())
        if not self.lifetimes_s:
            await asyncio.Event().wait()
        await asyncio.sleep(self.lifetimes_s.pop(0))
        self.ends_s.append(loop.time())
        raise self.error

    @property
    def waits_s(self) -> list[int]:
        # Rounded down: a busy machine can only add to a wait.
        return [int(b - a) for a, b in zip(self.ends_s, self.starts_s[1:], strict=False)]


async def test_a_crashed_component_is_started_again_after_growing_waits_with_a_cap():
    component = Component(0, 0, 0, 0, 0, 0, 0)
    with pytest.raises(ValueError, match="broken"):
        await supervise("meter", component.run, give_up_after=7, longest_wait_s=10)
    assert component.waits_s == [1, 2, 4, 8, 10, 10]


async def test_the_fifth_crash_in_a_row_is_raised_and_says_which_component_it_was():
    component = Component(0, 0, 0, 0, 0, 0, 0)
    with pytest.raises(ValueError, match="broken") as caught:
        await supervise("meter", component.run)
    assert len(component.starts_s) == 5
    assert caught.value.__notes__ == ["the component meter crashed 5 times in a row"]


async def test_a_minute_of_health_forgets_the_crashes_before():
    component = Component(0, 0, 0, 0, 61, 0, 0, 0, 0)
    with pytest.raises(ValueError, match="broken"):
        await supervise("meter", component.run)
    assert len(component.starts_s) == 9
    assert component.waits_s == [1, 2, 4, 8, 1, 2, 4, 8]


async def test_less_than_a_minute_forgets_nothing():
    component = Component(*[50] * 9)
    with pytest.raises(ValueError, match="broken"):
        await supervise("meter", component.run)
    assert len(component.starts_s) == 5


async def test_a_component_that_returns_has_crashed():
    async def run() -> None:
        return

    with pytest.raises(ComponentEndedError, match="display returned"):
        await supervise("display", run, give_up_after=2)


async def test_a_cancellation_ends_the_component_and_is_passed_on():
    component = Component()
    task = asyncio.create_task(supervise("meter", component.run))
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(component.starts_s) == 1


async def test_a_cancellation_during_the_wait_is_passed_on():
    component = Component(0)
    task = asyncio.create_task(supervise("meter", component.run))
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_component_that_is_cancelled_from_within_is_started_again():
    """Else a task group would take it for finished and nobody would notice."""
    starts = []

    async def run() -> None:
        starts.append(1)
        inner = asyncio.create_task(asyncio.sleep(10))
        inner.cancel()
        await inner

    with pytest.raises(ComponentEndedError, match="cancelled from within"):
        await supervise("link", run, give_up_after=3)
    assert len(starts) == 3


async def test_a_timeout_around_the_supervisor_works():
    component = Component(0, 0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2):
            await supervise("meter", component.run)


async def test_a_crash_inside_a_group_of_tasks_counts_once():
    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(100))
            raise ValueError("inner")

    with pytest.raises(ExceptionGroup):
        await supervise("group", run, give_up_after=2)


async def test_a_foreseen_error_is_logged_as_text(logs):
    with pytest.raises(DeviceError):
        await supervise("meter", Component(0, error=DeviceError("line-1: silent")).run, give_up_after=1)
    assert logs == [
        {
            "event": "component_failed",
            "log_level": "warning",
            "component": "meter",
            "crashes": 1,
            "error": "line-1: silent",
        }
    ]


async def test_an_unforeseen_error_is_logged_with_its_traceback(logs):
    with pytest.raises(ValueError, match="broken"):
        await supervise("meter", Component(0).run, give_up_after=1)
    assert logs[0]["log_level"] == "error"
    assert isinstance(logs[0]["exc_info"], ValueError)


async def test_what_others_do_not_depend_on_is_never_given_up():
    component = Component(*[0] * 20)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2000):
            await supervise("reader", component.run, give_up_after=None)
    assert len(component.starts_s) == 21


async def test_a_crash_is_known_until_the_component_has_been_well_for_long_enough():
    crashes, loop = Crashes(), asyncio.get_running_loop()
    component = Component(0, 1000)
    task = asyncio.create_task(supervise("reader-front", component.run, crashes_of=crashes))
    await asyncio.sleep(5)
    assert crashes.recent(loop.time()) == {"reader-front": "broken"}
    await asyncio.sleep(120)
    assert crashes.recent(loop.time()) == {}
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
