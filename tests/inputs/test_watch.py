"""Inputs become faults and limits of EVSEs, and go again: real EVSEs, files that play the contacts."""

import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from simulators.bench.gpio import Gpio
from station.core.events import FaultRaised, LimitChanged
from station.core.faults import Fault
from station.hardware.gpio_files import POLL_S, FileInput
from station.hardware.pins import PinPlace
from station.inputs.meanings import Meaning, Wired
from station.inputs.watch import COMPARE_S, FAILURES_TO_BELIEVE, RETRY_S, Inputs, Served
from tests.bay import Bay

STOP, RCM, DOOR, GRID = Meaning.EMERGENCY_STOP, Meaning.RESIDUAL_CURRENT, Meaning.DOOR, Meaning.LIMIT_4200W
SOON_S = 2 * POLL_S + 0.1


class Yard:
    """Two EVSEs, and contacts called a, b and c."""

    def __init__(self, folder):
        self.wires = Gpio(folder / "gpio", inputs=["a", "b", "c"])
        self.bays = {number: Bay(folder / f"bay{number}") for number in (1, 2)}
        self.changes = []
        self.inputs = None

    def wired(self, line, meaning, *evses, low=False, **options):
        pin = FileInput(PinPlace(self.wires.path, line, active_low=low))
        return Wired(line, pin, meaning, evses or (1, 2), **options)

    @contextlib.asynccontextmanager
    async def watched(self, *wired):
        """Run the EVSEs and the watch over these inputs."""
        async with contextlib.AsyncExitStack() as stack:
            for bay in self.bays.values():
                await stack.enter_async_context(bay.open())
            served = {number: Served(bay.evse, 3, 16.0) for number, bay in self.bays.items()}
            self.inputs = Inputs(wired, served, on_change=self.changes.append)
            task = asyncio.create_task(self.inputs.run())
            for bay in self.bays.values():
                await bay.awake()
            yield
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def faults(self, number=1):
        return self.bays[number].evse.session.faults

    def limit(self, number=1):
        return self.bays[number].evse.session.limit_amps

    async def set(self, line, value):
        self.wires.set(line, value)
        await asyncio.sleep(SOON_S)


@pytest.fixture
def yard(tmp_path):
    yard = Yard(tmp_path)
    yard.wires.open()
    yield yard
    for bay in yard.bays.values():
        bay.database.close()


@pytest.mark.parametrize(
    ("meaning", "fault", "code"),
    [
        (STOP, Fault.EMERGENCY, "EmergencyStop"),
        (RCM, Fault.GROUND, "ResidualCurrent"),
        (DOOR, Fault.DOOR, "EnclosureOpen"),
    ],
)
async def test_an_input_is_a_fault_of_its_evse_while_it_is_active(yard, meaning, fault, code):
    async with yard.watched(yard.wired("a", meaning, 2)):
        assert yard.faults(2) == frozenset()
        await yard.set("a", 1)
        assert yard.faults(2) == {fault}
        assert yard.faults(1) == frozenset()
        await yard.set("a", 0)
        assert yard.faults(2) == frozenset()
    assert yard.bays[2].alerts == [(code, True), (code, False)]
    assert yard.bays[2].all_alerts[0].tech_info == "input a"


async def test_an_input_may_be_about_several_evses(yard):
    async with yard.watched(yard.wired("a", STOP)):
        await yard.set("a", 1)
        assert yard.faults(1) == yard.faults(2) == {Fault.EMERGENCY}


async def test_two_inputs_of_one_meaning_are_one_fault_until_both_are_gone(yard):
    async with yard.watched(yard.wired("a", STOP, 1), yard.wired("b", STOP, 1)):
        await yard.set("a", 1)
        await yard.set("b", 1)
        await yard.set("a", 0)
        assert yard.faults() == {Fault.EMERGENCY}
        await yard.set("b", 0)
        assert yard.faults() == frozenset()
    assert yard.bays[1].alerts == [("EmergencyStop", True), ("EmergencyStop", False)]


async def test_an_input_that_is_active_at_the_start_is_told_at_the_start(yard):
    yard.wires.set("a", 1)
    async with yard.watched(yard.wired("a", DOOR)):
        await asyncio.sleep(SOON_S)
        assert yard.faults(1) == yard.faults(2) == {Fault.DOOR}
    assert [state.active for state in yard.changes] == [True]


async def test_an_open_circuit_can_count_as_active(yard):
    async with yard.watched(yard.wired("a", STOP, low=True)):
        await asyncio.sleep(SOON_S)
        assert yard.faults() == {Fault.EMERGENCY}
        await yard.set("a", 1)
        assert yard.faults() == frozenset()


async def test_a_spike_that_is_shorter_than_the_debounce_is_nothing(yard):
    async with yard.watched(yard.wired("a", STOP, debounce_s=1.0)):
        for _ in range(3):
            await yard.set("a", 1)
            await yard.set("a", 0)
            await asyncio.sleep(5)
        assert yard.bays[1].alerts == []
        yard.wires.set("a", 1)
        await asyncio.sleep(1.0 + SOON_S)
        assert yard.faults() == {Fault.EMERGENCY}


async def test_a_contact_that_flaps_without_end_is_told_once_and_counts_as_active(yard):
    async with yard.watched(yard.wired("a", STOP, debounce_s=0.5)):
        for at in range(25):
            yard.wires.set("a", at % 2)
            await asyncio.sleep(0.2)
        assert yard.faults() == {Fault.EMERGENCY}
        yard.wires.set("a", 0)
        await asyncio.sleep(1)
        assert yard.faults() == frozenset()
    assert yard.bays[1].alerts == [("EmergencyStop", True), ("EmergencyStop", False)]


# Latches


async def test_a_latch_holds_until_somebody_resets_it(yard):
    async with yard.watched(yard.wired("a", STOP, latch=True)):
        await yard.set("a", 1)
        assert yard.inputs.reset() == (), "it is still pressed"
        await yard.set("a", 0)
        await asyncio.sleep(60)
        assert yard.faults(1) == yard.faults(2) == {Fault.EMERGENCY}
        assert yard.inputs.reset() == ("a",)
        await asyncio.sleep(SOON_S)
        assert yard.faults(1) == yard.faults(2) == frozenset()
    assert yard.bays[1].alerts == [("EmergencyStop", True), ("EmergencyStop", False)]
    assert [state.active for state in yard.changes] == [False, True, False], "each change is told once"


async def test_a_reset_of_one_evse_lets_only_its_inputs_go(yard):
    async with yard.watched(yard.wired("a", STOP, 1, latch=True), yard.wired("b", RCM, 2, latch=True)):
        for line in ("a", "b"):
            await yard.set(line, 1)
            await yard.set(line, 0)
        assert yard.inputs.reset(2) == ("b",)
        await asyncio.sleep(SOON_S)
        assert (yard.faults(1), yard.faults(2)) == ({Fault.EMERGENCY}, frozenset())


async def test_who_reads_the_fault_learns_that_it_waits_for_a_reset(yard):
    async with yard.watched(yard.wired("a", STOP, latch=True)):
        await yard.set("a", 1)
        assert yard.inputs.states[0].text == "input a"
        await yard.set("a", 0)
        assert yard.inputs.states[0].text == "input a was active and waits for a reset"


# EVSEs that start anew


async def test_an_evse_that_starts_anew_learns_how_its_inputs_are(yard):
    async with yard.watched(yard.wired("a", STOP)):
        await yard.set("a", 1)
        assert await yard.bays[1].evse.restart()
        await asyncio.sleep(COMPARE_S + SOON_S)
        assert yard.faults(1) == yard.faults(2) == {Fault.EMERGENCY}


async def test_a_residual_current_of_the_controller_is_not_taken_back_by_an_input(yard):
    async with yard.watched(yard.wired("a", RCM, 1)):
        yard.bays[1].evse.post(FaultRaised(Fault.GROUND, "30 mA"))
        await asyncio.sleep(5 * COMPARE_S)
        assert yard.faults() == {Fault.GROUND}
        await yard.set("a", 1)
        await yard.set("a", 0)
        assert yard.faults() == frozenset(), "both said so, and what the controller says it repeats"


async def test_a_fault_from_before_is_not_taken_back_while_an_input_may_still_be_why(yard):
    yard.wires.set("b", 1)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(yard.bays[1].open())
        await yard.bays[1].awake()
        yard.bays[1].evse.post(FaultRaised(Fault.EMERGENCY, "from before"))
        await asyncio.sleep(SOON_S)
        served = {1: Served(yard.bays[1].evse, 3, 16.0)}
        inputs = Inputs((yard.wired("a", STOP, 1), yard.wired("b", STOP, 1)), served)
        task = asyncio.create_task(inputs.run())
        await asyncio.sleep(COMPARE_S + SOON_S)
        assert yard.faults() == {Fault.EMERGENCY}
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert yard.bays[1].alerts == [("EmergencyStop", True)]


# Limits


async def test_the_grid_limits_while_its_contact_is_closed(yard):
    async with yard.watched(yard.wired("a", GRID, 1)):
        await asyncio.sleep(SOON_S)
        assert yard.limit() is None
        await yard.set("a", 1)
        assert (yard.limit(1), yard.limit(2)) == (6.0, None)
        await yard.set("a", 0)
        assert yard.limit() == 16.0
    assert [(state.name, state.active) for state in yard.changes] == [("a", False), ("a", True), ("a", False)]


async def test_a_limit_never_lets_more_flow_than_the_outlet_can(yard):
    async with yard.watched():
        served = {1: Served(yard.bays[1].evse, 1, 10.0)}
        inputs = Inputs((yard.wired("a", GRID, 1),), served)
        task = asyncio.create_task(inputs.run())
        await yard.set("a", 1)
        assert yard.limit() in (None, 10.0), "18 A would be the grid's"
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_limit_from_before_holds_until_all_inputs_were_looked_at(yard):
    yard.wires.set("b", 1)
    bay = yard.bays[1]
    async with bay.open():
        await bay.awake()
        bay.evse.post(LimitChanged(6.0))
        await asyncio.sleep(SOON_S)
        lifted = asyncio.create_task(bay.evse.wait_for(lambda session: session.limit_amps != 6.0))
        inputs = Inputs((yard.wired("a", GRID, 1), yard.wired("b", GRID, 1)), {1: Served(bay.evse, 3, 16.0)})
        task = asyncio.create_task(inputs.run())
        await asyncio.sleep(COMPARE_S + SOON_S)
        assert not lifted.done()
        for one in (lifted, task):
            one.cancel()
        await asyncio.wait([lifted, task])


async def test_a_limit_from_before_a_restart_ends_with_its_input(yard):
    async with yard.watched(yard.wired("a", GRID)):
        await yard.set("a", 1)
        assert yard.limit() == 6.0
    yard.wires.set("a", 0)
    async with yard.watched(yard.wired("a", GRID)):
        await asyncio.sleep(SOON_S)
        assert yard.limit() == 16.0
        await yard.set("a", 1)
    async with yard.watched():
        await asyncio.sleep(COMPARE_S + SOON_S)
        assert yard.limit() == 16.0, "nobody is left who would take the limit back"


# Inputs that cannot be read


@pytest.mark.parametrize("meaning", [STOP, RCM, DOOR])
async def test_an_input_that_cannot_be_read_counts_as_active(yard, meaning):
    async with yard.watched(yard.wired("a", meaning)):
        await asyncio.sleep(SOON_S)
        yard.wires.lose("a")
        await asyncio.sleep(FAILURES_TO_BELIEVE * RETRY_S + SOON_S)
        assert len(yard.faults(1)) == len(yard.faults(2)) == 1
        await yard.set("a", 0)
        await asyncio.sleep(RETRY_S)
        assert yard.faults(1) == yard.faults(2) == frozenset()
    assert "gpio/a cannot be read: No such file" in yard.bays[1].all_alerts[0].tech_info


async def test_a_limit_that_cannot_be_read_limits(yard):
    async with yard.watched(yard.wired("a", GRID)):
        yard.wires.lose("a")
        await asyncio.sleep(FAILURES_TO_BELIEVE * RETRY_S + SOON_S)
        assert yard.limit() == 6.0


async def test_an_input_that_is_lost_for_a_moment_is_not_believed_to_be_lost(yard):
    async with yard.watched(yard.wired("a", STOP)):
        await asyncio.sleep(SOON_S)
        for _ in range(5):
            yard.wires.lose("a")
            await asyncio.sleep(SOON_S)
            yard.wires.set("a", 0)
            await asyncio.sleep(RETRY_S + SOON_S)
    assert yard.bays[1].alerts == []


async def test_an_input_that_was_never_read_counts_as_active_at_once_and_is_told_once(yard):
    yard.wires.lose("a")
    with capture_logs() as logs:
        async with yard.watched(yard.wired("a", STOP)):
            await asyncio.sleep(SOON_S)
            assert yard.faults() == {Fault.EMERGENCY}
            await asyncio.sleep(30)
            yard.wires.set("a", 0)
            await asyncio.sleep(RETRY_S + SOON_S)
            assert yard.faults() == frozenset()
    told = [entry["event"] for entry in logs if entry["event"].startswith("input_") and "input" in entry]
    assert told == ["input_unreadable", "input_active", "input_readable_again", "input_inactive"]


async def test_an_input_that_could_not_be_read_does_not_latch(yard):
    async with yard.watched(yard.wired("a", STOP, latch=True)):
        yard.wires.lose("a")
        await asyncio.sleep(FAILURES_TO_BELIEVE * RETRY_S + SOON_S)
        assert yard.faults() == {Fault.EMERGENCY}
        yard.wires.set("a", 0)
        await asyncio.sleep(RETRY_S + SOON_S)
        assert yard.faults() == frozenset()


class BrokenPin:
    """A pin whose driver has a bug."""

    def open(self):
        raise RuntimeError("a bug of a driver")

    def active(self):
        raise AssertionError("it was never opened")

    async def moved(self):
        raise AssertionError("it was never opened")

    def close(self): ...


async def test_a_bug_in_one_input_counts_as_active_and_the_others_are_watched_on(yard):
    broken = Wired("broken", BrokenPin(), DOOR, (2,))
    async with yard.watched(broken, yard.wired("a", STOP, 1)):
        await yard.set("a", 1)
        assert yard.faults(1) == {Fault.EMERGENCY}
        assert yard.faults(2) == {Fault.DOOR}


async def test_whoever_writes_changes_down_cannot_keep_a_fault_from_an_evse(yard):
    def full(_state):
        raise OSError("the disk is full")

    yard.changes = type("Full", (), {"append": staticmethod(full)})
    async with yard.watched(yard.wired("a", STOP, 1)):
        await yard.set("a", 1)
        assert yard.faults(1) == {Fault.EMERGENCY}


async def test_a_latch_is_remembered_over_a_restart_by_what_its_evses_remember(yard):
    async with yard.watched(yard.wired("a", STOP, 1, latch=True)):
        await yard.set("a", 1)
        await yard.set("a", 0)
        served = {number: Served(bay.evse, 3, 16.0) for number, bay in yard.bays.items()}
        for one, latched in (
            (yard.wired("a", STOP, 1, latch=True), True),
            (yard.wired("a", STOP, 1, latch=False), False),
            (yard.wired("a", DOOR, 1, latch=True), False),
            (yard.wired("a", STOP, 2, latch=True), False),
        ):
            (state,) = Inputs([one], served).states
            assert state.latched is latched
