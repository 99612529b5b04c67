"""The words of faults: the newest count, and they go with their fault."""

from collections.abc import Mapping

from station.core import events as on
from station.core.effects import StoredEffect
from station.core.faults import Fault
from station.core.problems import problems_after
from tests.core.runs import NOTHING_LEFT, Run, asleep


class Listening(Run):
    """A run that keeps the words as an EVSE does."""

    problems: Mapping[Fault, str] = {}

    def __call__(self, *events: on.Event) -> list[object]:  # type: ignore[override]
        caused: list[object] = []
        for event in events:
            effects = super().__call__(event)
            stored = [effect for effect in effects if isinstance(effect, StoredEffect)]
            self.problems = problems_after(self.problems, event, self.session, stored)
            caused += effects
        return caused


def test_what_a_device_said_is_kept_as_long_as_its_fault_stands() -> None:
    run = Listening()
    run(on.FaultRaised(Fault.CONTROLLER, "no answer within 1 s"))
    assert run.problems == {Fault.CONTROLLER: "no answer within 1 s"}
    run(on.FaultCleared(Fault.CONTROLLER))
    run(on.TimerExpired(on.Timer.SETTLE))
    assert run.problems == {}


def test_newer_words_about_a_fault_that_stands_replace_older_ones_though_nobody_is_told_again() -> None:
    run = Listening()
    run(on.FaultRaised(Fault.METER, "no answer within 1 s"))
    run.effects.clear()
    run(on.FaultRaised(Fault.METER, "damaged answer (checksum)"))
    assert run.alerts == []
    assert run.problems == {Fault.METER: "damaged answer (checksum)"}


def test_a_fault_that_comes_back_before_it_was_said_to_be_gone_has_words() -> None:
    run = Listening()
    run.pilot("B", "E")
    assert run.problems == {Fault.PILOT: "control pilot in state E"}
    run.pilot("B", "E")
    assert len(run.alerts) == 1
    assert run.problems == {Fault.PILOT: "control pilot in state E"}


def test_words_without_a_fault_are_not_kept() -> None:
    run = Listening()
    run.play("plug card begin draw tap")
    run(on.EndFailed(Fault.METER, "no answer within 1 s"))  # it is tried again
    assert run.problems == {}


def test_a_missing_end_has_the_words_of_the_last_attempt() -> None:
    run = Listening(end_attempts=1).charging()
    run.play("tap")
    run(on.EndFailed(Fault.END, "status 3"))
    assert run.problems == {Fault.END: "status 3"}  # type: ignore[attr-defined]
    run(on.EndFailed(Fault.CONTACTOR, "status 5"))
    assert run.problems == {Fault.END: "status 5", Fault.CONTACTOR: "status 5"}  # type: ignore[attr-defined]


def test_words_of_a_start_a_release_and_of_waking() -> None:
    run = Listening()
    run.play("plug card")
    run(on.BeginFailed(Fault.BEGIN, "status 4"), on.ReleaseFailed(Fault.OUTPUT, "the output stays on"))
    assert run.problems == {Fault.BEGIN: "status 4", Fault.OUTPUT: "the output stays on"}
    stored = asleep(run).session
    woken = Listening(session=stored, awake=False)
    woken(on.Woken(None, "what answers is another one", Fault.CHANGED))
    assert woken.problems == {Fault.CHANGED: "what answers is another one"}
    woken(on.MeterFound(NOTHING_LEFT))
    assert woken.problems == {}


def test_a_fault_that_outlived_a_restart_gets_its_words_when_it_is_told_again() -> None:
    run = Run()
    run(on.FaultRaised(Fault.UNFIT, "event bit 16"))
    woken = Listening(session=run.session, awake=False)
    woken(on.Woken(NOTHING_LEFT))
    assert woken.session.faults == {Fault.UNFIT}
    assert woken.problems == {}
    woken(on.FaultRaised(Fault.UNFIT, "event bit 16"))
    assert woken.problems == {Fault.UNFIT: "event bit 16"}
