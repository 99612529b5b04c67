"""The machine: what can happen to a station, as rules that a generator picks, and what has to hold after each."""

import asyncio
import inspect
import logging
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from simulators.bench.errors import RefusedError
from simulators.mock_csms.tokens import Info
from tests.flows.house import until
from tests.flows.machine import wishes
from tests.flows.machine.checks import STEP, Excuses, look, problems
from tests.flows.machine.ending import Ending
from tests.flows.machine.logbook import LogBook
from tests.flows.machine.loop import HastyLoop
from tests.flows.machine.site import (
    ANNA,
    BERT,
    BLOCKED,
    CARDS,
    CARL,
    CLEO,
    EVSES,
    MASTER,
    Site,
    Variable,
)
from tests.flows.machine.watch import Watch

EVSE = st.sampled_from(EVSES)
CARD = st.sampled_from((ANNA, ANNA, BERT, BERT, CARL, CLEO, BLOCKED, MASTER))
PAUSE_S = st.sampled_from((0.0, 0.3, 1.2, 4.0, 4.0, 12.0))
"""Between one thing that happens and the next; signing takes some seconds."""
LASTS_S = st.sampled_from((0.5, 3.0, 8.0, 25.0))
"""A device is given up after three looks, five seconds apart."""
OUTLET_FAULTS = st.sampled_from(
    (
        "meter_silent",
        "meter_crc",
        "meter_exception",
        "meter_late",
        "meter_busy_forever",
        "meter_snapshot_fails",
        "meter_clock_unset",
        "meter_no_feedback",
        "meter_power_cycle",
        "meter_power_loss_in_snapshot",
        "contactor_welded",
        "controller_silent",
        "controller_crc",
        "controller_pilot_short",
        "controller_rcm_tripped",
        "controller_lock_jammed",
    )
)
QUEUED = ("TransactionEvent", "NotifyEvent", "Authorize", "StatusNotification", "Heartbeat")
ASKED = st.sampled_from((*QUEUED, "TransactionEvent", "TransactionEvent"))
VERDICTS: tuple[Info, ...] = ("Blocked", "Invalid", "Expired", "Unknown", "ConcurrentTx", "Accepted")


class Machine(RuleBasedStateMachine):
    """A station from its first start until it is repaired, told everything, empty and good for another session."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner(loop_factory=HastyLoop)
        self._folder = Path(tempfile.mkdtemp(prefix="machine-"))
        self.book = LogBook(self._runner.get_loop().time)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
        self.book.open()
        self.excuses, self.broken = Excuses(), False
        self.cards = dict.fromkeys(EVSES, ANNA)
        """Who came last."""
        self._runner.run(self._open())

    async def _open(self) -> None:
        self.site = Site(self._folder)
        await self.site.__aenter__()
        self.watch = Watch(self.site)
        self._keeper = asyncio.create_task(self.site.keep_up(), name="keeper")
        await until(lambda: self.site.seen.connectors.keys() == {(number, 1) for number in EVSES}, "the station")

    async def _close(self) -> None:
        self._keeper.cancel()
        await asyncio.gather(self._keeper, return_exceptions=True)
        await self.site.__aexit__(None, None, None)

    # Drivers

    @rule(number=EVSE, card=CARD, pause_s=PAUSE_S)
    def driver_charges(self, number: int, card: str, pause_s: float) -> None:
        self.cards[number] = card
        self.step(lambda: wishes.arrive(self.site, number, card), pause_s)

    @rule(number=EVSE, card=CARD, pause_s=PAUSE_S)
    def driver_shows_the_card_first(self, number: int, card: str, pause_s: float) -> None:
        self.cards[number] = card
        self.step(lambda: wishes.arrive(self.site, number, card, card_first=True), pause_s)

    @rule(number=EVSE, pause_s=PAUSE_S)
    def driver_is_started_from_afar(self, number: int, pause_s: float) -> None:
        self.cards[number] = BERT
        self.step(lambda: wishes.arrive(self.site, number, BERT, remote=True), pause_s)

    @rule(number=EVSE, pause_s=PAUSE_S)
    def driver_stops(self, number: int, pause_s: float) -> None:
        self.step(lambda: self.site.swipe(self.cards[number]), pause_s)

    @rule(number=EVSE, pause_s=PAUSE_S)
    def driver_leaves(self, number: int, pause_s: float) -> None:
        self.step(lambda: wishes.leave(self.site, number), pause_s)

    @rule(number=EVSE, side=st.sampled_from(("vehicle", "station")), again=st.booleans(), pause_s=PAUSE_S)
    def unplug(self, number: int, side: str, again: bool, pause_s: float) -> None:
        async def act() -> None:
            self.site.outlet(number).unplug(side)
            if again:
                await asyncio.sleep(3)
                self.site.outlet(number).plug(side)

        self.step(act, pause_s)

    @rule(card=CARD, pause_s=PAUSE_S)
    def somebody_swipes(self, card: str, pause_s: float) -> None:
        self.step(lambda: self.site.swipe(card), pause_s)

    @rule(number=EVSE, deed=st.sampled_from(sorted(wishes.FIDGETS)), pause_s=PAUSE_S)
    def driver_fidgets(self, number: int, deed: str, pause_s: float) -> None:
        self.step(lambda: wishes.FIDGETS[deed](self.site.outlet(number)), pause_s)

    # The CSMS asks

    @rule(number=st.sampled_from((*EVSES, None)), card=CARD, pause_s=PAUSE_S)
    def remote_start(self, number: int | None, card: str, pause_s: float) -> None:
        self.step(lambda: wishes.start(self.site, number, card), pause_s)

    @rule(number=EVSE, what=st.sampled_from(sorted(wishes.REQUESTS)), pause_s=PAUSE_S)
    def csms_asks(self, number: int, what: str, pause_s: float) -> None:
        self.step(lambda: wishes.REQUESTS[what](self.site, number), pause_s)

    @rule(number=st.sampled_from((*EVSES, None)), pause_s=PAUSE_S)
    def out_of_service(self, number: int | None, pause_s: float) -> None:
        self.step(lambda: wishes.out_of_service(self.site, number, pause_s), 0.0)

    @rule(number=EVSE, pause_s=PAUSE_S)
    def trigger(self, number: int, pause_s: float) -> None:
        self.step(
            lambda: self.site.ask("TriggerMessage", requestedMessage="TransactionEvent", evse={"id": number}), pause_s
        )

    @rule(number=st.sampled_from((*EVSES, None)), kind=st.sampled_from(("Immediate", "OnIdle")))
    def reset(self, number: int | None, kind: str) -> None:
        self.step(lambda: wishes.reset(self.site, number, kind), 20.0)

    @rule(variable=wishes.VARIABLES, pause_s=PAUSE_S)
    def set_variable(self, variable: Variable, pause_s: float) -> None:
        self.excuses.unsigned |= variable.name in wishes.UNSIGNING
        self.step(lambda: self.site.set(variable), pause_s)

    # The CSMS answers

    @rule(card=st.sampled_from((ANNA, BERT, CARL)), info=st.sampled_from(VERDICTS), pause_s=PAUSE_S)
    def change_of_mind(self, card: str, info: Info, pause_s: float) -> None:
        self.step(lambda: self.site.csms.tokens.put(card, CARDS[card] if info == "Accepted" else info), pause_s)

    @rule(number=EVSE, info=st.sampled_from(VERDICTS), pause_s=PAUSE_S)
    def judge(self, number: int, info: Info, pause_s: float) -> None:
        self.step(lambda: wishes.judge(self.site, number, info), pause_s)

    @rule(action=ASKED, times=st.sampled_from((1, 2, 3)), pause_s=PAUSE_S)
    def csms_is_silent(self, action: str, times: int, pause_s: float) -> None:
        self.step(lambda: self.site.csms.override(self.site.seen.id, action, silent=True, times=times), pause_s)

    @rule(action=ASKED, times=st.sampled_from((1, 2, 3)), pause_s=PAUSE_S)
    def csms_answers_with_an_error(self, action: str, times: int, pause_s: float) -> None:
        self.step(lambda: wishes.refuse(self.site, action, times), pause_s)

    # Network and power

    @rule(abruptly=st.booleans(), away_s=LASTS_S, pause_s=PAUSE_S)
    def network_is_away(self, abruptly: bool, away_s: float, pause_s: float) -> None:
        self.step(lambda: wishes.go_away(self.site, abruptly=abruptly, seconds=away_s), pause_s)

    @rule(pause_s=PAUSE_S)
    def network_flaps(self, pause_s: float) -> None:
        self.step(lambda: wishes.flap(self.site), pause_s)

    @rule(hard=st.booleans(), down_s=LASTS_S)
    def daemon_dies(self, hard: bool, down_s: float) -> None:
        async def act() -> None:
            await (self.site.kill_hard() if hard else self.site.kill())
            await asyncio.sleep(down_s)
            await self.site.start(wait=False)

        self.step(act, 4.0)

    @rule(down_s=LASTS_S)
    def everything_loses_power(self, down_s: float) -> None:
        self.excuses.clock_moved = self.excuses.meter_lost_power = True
        self.step(lambda: self.site.power_cut(down_s), 20.0)

    # Devices and clocks

    @rule(number=EVSE, fault=OUTLET_FAULTS, lasts_s=LASTS_S, pause_s=PAUSE_S)
    def device_fails(self, number: int, fault: str, lasts_s: float, pause_s: float) -> None:
        self.excuses.clock_moved |= fault.startswith(("meter_power", "meter_clock"))
        self.excuses.meter_lost_power |= fault.startswith(("meter_power", "meter_clock"))
        self.step(lambda: wishes.fail(self.site, number, fault, lasts_s), pause_s)

    @rule(number=EVSE, fault=OUTLET_FAULTS, pause_s=PAUSE_S)
    def device_fails_for_the_time_being(self, number: int, fault: str, pause_s: float) -> None:
        self.excuses.clock_moved |= fault.startswith(("meter_power", "meter_clock"))
        self.excuses.meter_lost_power |= fault.startswith(("meter_power", "meter_clock"))
        self.step(lambda: self.site.outlet(number).fault(fault, on=True), pause_s)

    @rule(pause_s=PAUSE_S)
    def devices_are_repaired(self, pause_s: float) -> None:
        self.step(lambda: wishes.repair(self.site), pause_s)

    @rule(seconds=st.sampled_from((-7200.0, -90.0, -20.0, 20.0, 90.0, 7200.0)), pause_s=PAUSE_S)
    def clock_steps(self, seconds: float, pause_s: float) -> None:
        self.excuses.clock_moved = True
        self.step(lambda: self.site.clock.step(seconds), pause_s)

    @rule(seconds=st.sampled_from((15.0, 35.0, 70.0)))
    def time_passes(self, seconds: float) -> None:
        self.step(lambda: None, seconds)

    # What comes of it

    def step(self, act: Callable[[], Any], pause_s: float) -> None:
        """Do something, let time pass, and look at what holds."""
        frame = inspect.currentframe()
        assert frame is not None
        assert frame.f_back is not None
        self.book.note(f"{frame.f_back.f_code.co_name} {_given(frame.f_back.f_locals)}")
        try:
            self._runner.run(self._acted(act, pause_s))
            self.check()
        except BaseException:
            self.broken = True
            raise

    async def _acted(self, act: Callable[[], Any], pause_s: float) -> None:
        try:
            done = act()
            if isinstance(done, Awaitable):
                await done
        except RefusedError:
            pass  # the bench has no such thing
        await asyncio.sleep(pause_s)
        if self._keeper.done():
            self._keeper.result()

    def check(self) -> None:
        with self.site.stored() as database:
            now = look(self.site, self.watch, self.excuses, database)
            found = problems(now, STEP)
        found += [f"log: {line}" for line in self.book.bugs]
        if found:
            raise AssertionError("\n".join(found))

    def teardown(self) -> None:
        """Repair everything, let everybody leave, and look at what became of it all."""
        try:
            if not self.broken:
                self.book.note("the end")
                ending = Ending(self.site, self.watch, self.excuses)
                self._runner.run(ending.play())
                self.check()
                self._runner.run(ending.check())
        except BaseException:
            self.broken = True
            raise
        finally:
            if self.broken:
                print(self.book.text())  # pytest shows it with the failure
            self._runner.run(self._close())
            self._runner.close()
            shutil.rmtree(self._folder)


def _given(found: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in found.items() if name not in ("self", "act"))
