"""Why nobody charges: every finding is reached, and the first that really stops charging is named."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from station.core import events as on
from station.core.authorization import Rules
from station.core.events import Authorized
from station.core.faults import Fault
from station.core.policy import Policy, TxPoint
from station.core.presented import NOBODY
from station.core.session import Session
from station.core.why import Code, CsmsState, Facts, Link, Standing, Step, Told, explain
from tests.core.runs import ANNA, CABLE_AMPS, NOTHING_LEFT, Run, asleep, owing
from tests.fakes import NOON

ONLINE = CsmsState(connected=True, registration="Accepted")
LATER = NOON + timedelta(minutes=5)
STRICT = Rules(local_authorize_offline=False)
"""Nobody charges without the CSMS."""


def facts(session: Session, **others: Any) -> Facts:
    return Facts(session=session, now=others.pop("now", LATER), **{"csms": ONLINE, **others})


def told(story: str = "", *, policy: Mapping[str, Any] | None = None, **others: Any) -> Facts:
    """Return the facts after a story (tests.core.runs)."""
    run = Run(**(policy or {}))
    run.play(story)
    return facts(run.session, policy=run.policy, now=run.now, **others)


def at(facts: Facts, step: Step) -> Link:
    return next(link for link in explain(facts).links if link.step is step)


def first(facts: Facts) -> tuple[str, str]:
    link = explain(facts).first
    return (link.code, link.standing.value) if link else ("", "")


def refused(text: str, *, notice: str = "refused", when: datetime = LATER) -> Told:
    return Told(notice, text, when)


def broken(fault: Fault, words: str = "", *, story: str = "plug") -> Facts:
    run = Run()
    run.play(story)
    run(on.FaultRaised(fault, words))
    return facts(run.session, problems={fault: words} if words else {})


def no_power(*, had_time: bool) -> Facts:
    run = Run()
    run.play("plug card begin")
    if had_time:
        run.expire(on.Timer.EV_READY)
    run.play("draw")
    return facts(run.session, power_w=0.0)


def declining() -> Facts:
    run = Run()
    run.play("plug card begin")
    run.expire(on.Timer.EV_READY)
    return facts(run.session)


def suspended() -> Facts:
    run = Run(stop_on_invalid_id=False)
    run.play("plug card begin draw refused")
    return facts(run.session)


def allowed_a_little() -> Facts:
    run = Run(stop_on_invalid_id=False, max_energy_on_invalid_id_wh=10_000)
    run.play("plug card begin draw refused")
    return facts(run.session)


def withdrawn() -> Facts:
    run = Run(stop_points=frozenset({TxPoint.EV_CONNECTED}))
    run.play("plug card begin draw refused")
    return facts(run.session)


def held() -> Facts:
    run = Run()
    run.play("plug card begin draw refused end")
    return facts(run.session)


def after(*events: on.Event, story: str = "", **others: Any) -> Facts:
    run = Run()
    run.play(story)
    run(*events)
    return facts(run.session, **others)


def nobody_asked() -> Facts:
    return after(on.PilotChanged("B", CABLE_AMPS), Authorized(NOBODY))


def starting() -> Facts:
    return facts(Session(evse_id=1))


def second_driver() -> Facts:
    run = Run()
    run.play("plug card begin draw tap end")
    return facts(run.session)


CRASH = "unit 1 on /dev/ttyUSB0: boom"
METER = "unit 42 on /dev/ttyMETER: "
RECORD = "meter of EVSE 1: its record cannot be used: "

CASES: Mapping[Code, Callable[[], Facts]] = {
    Code.PROCESS_HEALTHY: told,
    Code.PROCESS_STARTING: starting,
    Code.PROCESS_CRASHES: lambda: told(crashes={"evse-1": CRASH}, vital=frozenset({"evse-1"})),
    Code.PROCESS_PART_CRASHES: lambda: told(crashes={"evse-2": CRASH}, vital=frozenset({"evse-1"})),
    Code.CSMS_CONNECTED: told,
    Code.CSMS_AWAY: lambda: told(csms=CsmsState(last_failure="no answer within 30 s")),
    Code.CSMS_NEEDED: lambda: told("plug", csms=CsmsState(last_failure="no route"), rules=STRICT),
    Code.BOOT_NEEDED: lambda: told("plug", csms=CsmsState(connected=True), rules=STRICT),
    Code.BOOT_ANSWERED: told,
    Code.BOOT_UNANSWERED: lambda: told(csms=CsmsState(connected=True)),
    Code.CSMS_ACCEPTED: told,
    Code.CSMS_UNDECIDED: lambda: told(csms=CsmsState(connected=True)),
    Code.CSMS_PENDING: lambda: told(csms=CsmsState(True, "Pending", closed="the CSMS answered Pending")),
    Code.CSMS_REJECTED: lambda: told(csms=CsmsState(True, "Rejected", closed="the CSMS answered Rejected")),
    Code.IN_SERVICE: told,
    Code.OUT_OF_SERVICE: lambda: after(on.AvailabilityChanged(operative=False)),
    Code.WAITS_FOR_RESET: lambda: after(on.Blocked(on=True)),
    Code.NO_FAULT: told,
    Code.EMERGENCY_STOP: lambda: broken(Fault.EMERGENCY),
    Code.DOOR_OPEN: lambda: broken(Fault.DOOR),
    Code.RESIDUAL_CURRENT: lambda: broken(Fault.GROUND, "residual_current"),
    Code.CONTROLLER_PORT: lambda: broken(Fault.CONTROLLER, "/dev/ttyUSB1 does not exist; is the adapter plugged in?"),
    Code.CONTROLLER_SILENT: lambda: broken(Fault.CONTROLLER, METER + "no answer within 1 s"),
    Code.CONTROLLER_GARBLED: lambda: broken(Fault.CONTROLLER, METER + "damaged answer (checksum)"),
    Code.CONTROLLER_REFUSES: lambda: broken(Fault.CONTROLLER, "function 4 at 24000 refused with exception 2"),
    Code.CONTROLLER_ERROR: lambda: broken(Fault.CONTROLLER, "error_bit_12"),
    Code.PILOT_SHORTED: lambda: after(on.PilotChanged("E")),
    Code.PILOT_OFF: lambda: broken(Fault.PILOT, "control pilot in state F"),
    Code.LOCK_JAMMED: lambda: broken(Fault.LOCK, "controller of EVSE 1 reports lock_failed; is the plug in?"),
    Code.LOCK_HELD: lambda: broken(Fault.LOCK, "controller of EVSE 1 reports unlock_failed; is the plug in?"),
    Code.START_TIMEOUT: lambda: broken(Fault.BEGIN, "the turn_on snapshot was not ready within 15 s"),
    Code.START_DISABLED: lambda: broken(Fault.BEGIN, "failed with status 4 (the enable input DOE is low)"),
    Code.START_INTERRUPTED: lambda: broken(Fault.BEGIN, "failed with status 1 (no snapshot was taken)"),
    Code.START_FAILED: lambda: broken(Fault.BEGIN, "failed with status 3 (general failure)"),
    Code.START_SIGNATURE: lambda: broken(Fault.BEGIN, RECORD + "The signature does not fit: the text was changed"),
    Code.START_RECORD: lambda: broken(Fault.BEGIN, RECORD + "XV 13000 Wh is not TotWhImp 12000 Wh of its snapshot"),
    Code.END_OWED: lambda: facts(owing().session, problems={Fault.END: "status 3"}),
    Code.PLUGGED_IN: lambda: told("plug"),
    Code.PLUG_IN: told,
    Code.PLUG_IN_ACCEPTED: lambda: told("card"),
    Code.PLUG_AT_VEHICLE: lambda: after(on.PilotChanged("A", CABLE_AMPS)),
    Code.PLUG_HELD: held,
    Code.CARD_ACCEPTED: lambda: told("plug card"),
    Code.CARD_NOT_ASKED: nobody_asked,
    Code.CARD_AWAITED: lambda: told("plug"),
    Code.CARD_CHECKED: lambda: told("plug", told=refused("", notice="checking", when=NOON)),
    Code.SESSION_ENDING: lambda: told("plug card begin draw tap"),
    Code.SESSION_OVER: second_driver,
    Code.CARD_REFUSED: lambda: told("plug", told=refused("the token is Blocked")),
    Code.CARD_UNKNOWN: lambda: told("plug", told=refused("the token is not known here")),
    Code.CARD_OFFLINE: lambda: told("plug", told=refused("the token is not known here"), csms=CsmsState()),
    Code.CARD_EXPIRED: lambda: told("plug", told=refused("the token is Expired")),
    Code.CARD_NOT_HERE: lambda: told("plug", told=refused("only for EVSE 2, 3")),
    Code.CARD_BREAK: lambda: told("plug", told=refused("too many wrong codes; try again in 10 s")),
    Code.CARD_STOPS_ONLY: lambda: told("plug", told=refused("a master pass starts nothing")),
    Code.CARD_UNCLEAR: lambda: told(told=refused("it is not certain which outlet is meant; plug the cable in first")),
    Code.CARD_WITHDRAWN: suspended,
    Code.CARD_DOUBTED: allowed_a_little,
    Code.READER_DOWN: lambda: told("plug", crashes={"reader-front": CRASH}, readers=frozenset({"reader-front"})),
    Code.LIMIT_OK: told,
    Code.LIMIT_TOO_LOW: lambda: told("plug card begin draw no-current"),
    Code.LIMIT_SETTINGS: lambda: told("plug card begin", policy={"max_current_amps": 5.0}),
    Code.CABLE_UNRATED: lambda: after(on.PilotChanged("B")),
    Code.CABLE_TOO_SMALL: lambda: after(on.PilotChanged("B", 4.0)),
    Code.CABLE_UNREADABLE: lambda: broken(Fault.CONTROLLER, "proximity_invalid"),
    Code.CABLE_REFUSED: lambda: broken(Fault.CONTROLLER, "cable_refused"),
    Code.TIME_OK: told,
    Code.TIME_UNSURE: lambda: told(clock_trusted=False),
    Code.TIME_IMPLAUSIBLE: lambda: broken(Fault.CLOCK, "this computer's clock (1970) cannot be right: set it"),
    Code.TIME_UNSYNCHRONISED: lambda: broken(Fault.CLOCK, "follows neither NTP nor the CSMS yet"),
    Code.TIME_NOT_TAKEN: lambda: broken(Fault.CLOCK, "meter of EVSE 1: did not take the time, although it has none"),
    Code.TIME_LOST: lambda: broken(Fault.CLOCK, "meter of EVSE 1: signs without time, although it was given one"),
    Code.TIME_UNSET: lambda: broken(Fault.CLOCK),
    Code.METER_OK: told,
    Code.METER_DOUBTFUL: lambda: told(meter_warnings=("Its firmware is not on the list of certified ones.",)),
    Code.METER_PORT: lambda: broken(Fault.METER, "/dev/ttyMETER is gone (5); was the adapter unplugged?"),
    Code.METER_SILENT: lambda: broken(Fault.METER, METER + "no answer within 1 s"),
    Code.METER_GARBLED: lambda: broken(Fault.METER, METER + "only 20 of 255 bytes within 1 s"),
    Code.METER_REFUSES: lambda: broken(Fault.METER, METER + "function 3 at 40090 refused with exception 4"),
    Code.METER_UNSTEADY: lambda: broken(Fault.OUTPUT, METER + "no answer within 1 s"),
    Code.METER_UNUSABLE: lambda: broken(Fault.METER, "meter of EVSE 1: its public key is none of P-256"),
    Code.METER_OTHER_SERIAL: lambda: broken(Fault.CHANGED, "meter B is not the meter that is known here (A)"),
    Code.METER_OTHER_KEY: lambda: broken(Fault.CHANGED, "meter A has not the key that is known here (A)"),
    Code.METER_NOT_CONFIGURED: lambda: broken(Fault.CHANGED, "another key than evse.meter.public_key says: 30"),
    Code.METER_FOREIGN: lambda: broken(Fault.CHANGED, "what answers is 'A' 'B', no BAUER Electronic BSM-WS36A"),
    Code.UNFIT_MEASURING: lambda: broken(Fault.UNFIT, "it reports: fatal error of the meter module"),
    Code.UNFIT_COMMUNICATION: lambda: broken(Fault.UNFIT, "it reports: the communication module failed to start"),
    Code.UNFIT_FIRMWARE: lambda: broken(
        Fault.UNFIT, "it reports: the communication module's firmware does not fit its hash"
    ),
    Code.UNFIT_DEVELOPMENT: lambda: broken(Fault.UNFIT, "it runs a development firmware (38a6a90-dirty)"),
    Code.UNFIT: lambda: broken(Fault.UNFIT, "it reports: event bit 21"),
    Code.CONTACTOR_OPEN: told,
    Code.CONTACTOR_CLOSED: lambda: told("plug card begin draw"),
    Code.PREPARING: lambda: told("plug card"),
    Code.CONTACTOR_FEEDBACK: lambda: broken(Fault.CONTACTOR, "the contactor's feedback says closed"),
    Code.CONTACTOR_WELDED: lambda: broken(Fault.CONTACTOR, "contactor_stuck"),
    Code.CONTACTOR_LIVE: lambda: broken(Fault.CONTACTOR, "current still flows 6 s after it was taken away"),
    Code.OUTPUT_STUCK: lambda: broken(Fault.OUTPUT, "meter of EVSE 1: the output stays on"),
    Code.OUTPUT_MAY_RETURN: lambda: broken(Fault.OUTPUT, "a turn-on that does not end may turn the output on again"),
    Code.OUTPUT_UNKNOWN: lambda: broken(Fault.OUTPUT, "meter of EVSE 1: words of a driver to come"),
    Code.VEHICLE_CHARGES: lambda: told("plug card begin draw"),
    Code.VEHICLE_ABSENT: told,
    Code.VEHICLE_CONNECTED: lambda: told("plug"),
    Code.VEHICLE_ASKED: lambda: told("plug card begin"),
    Code.VEHICLE_DECLINES: declining,
    Code.VEHICLE_DRAWS_NOTHING: lambda: no_power(had_time=True),
    Code.VEHICLE_VENTILATION: lambda: broken(Fault.CONTROLLER, "state_d_refused"),
}
"""For each finding what leads to it."""

UNREACHED = {Code.FAULTED}
"""For faults of the future: a test below says that each of today has rows of its own."""

STOPPING = frozenset(
    code
    for code in CASES
    if code.startswith(("unfit", "contactor_", "controller_", "output_", "start_", "time_", "pilot_", "lock_"))
    or code in ("emergency_stop", "door_open", "residual_current", "end_owed", "csms_pending", "csms_rejected")
    or code in ("out_of_service", "waits_for_reset", "process_crashes", "reader_down", "vehicle_ventilation")
    or code in ("csms_needed", "boot_needed")
    or code in ("limit_too_low", "limit_settings", "cable_too_small", "cable_unreadable", "cable_refused")
    or (code.startswith("meter_") and code not in ("meter_ok", "meter_doubtful"))
    or (code.startswith("card_") and code not in ("card_accepted", "card_not_asked", "card_awaited", "card_checked"))
) - {"contactor_open", "contactor_closed", "time_ok", "time_unsure", "card_doubted"}
"""What stops charging; whatever else there is does not."""


def test_there_is_a_case_for_every_finding() -> None:
    assert {*CASES, *UNREACHED} == set(Code)


@pytest.mark.parametrize("code", CASES)
def test_every_finding_is_reached_and_stands_for_what_it_is(code: Code) -> None:
    explanation = explain(CASES[code]())
    [link] = [link for link in explanation.links if link.code == code]
    assert (link.standing is Standing.STOPS) == (code in STOPPING)
    if link.standing is Standing.STOPS:
        assert explanation.first == link
        assert not explanation.charging


@pytest.mark.parametrize("code", CASES)
def test_the_chain_has_one_link_for_each_step_in_order(code: Code) -> None:
    assert [link.step for link in explain(CASES[code]()).links] == list(Step)


def test_every_fault_of_today_has_a_place_of_its_own() -> None:
    assert {fault for fault in Fault if explain(broken(fault)).first.code == Code.FAULTED} == set()  # type: ignore[union-attr]


def test_where_nothing_is_wrong_somebody_is_asked_to_plug_in_and_then_for_a_card() -> None:
    assert first(told()) == ("plug_in", "waits")
    assert first(told("plug")) == ("card_awaited", "waits")
    assert first(told("plug card")) == ("preparing", "waits")
    assert first(told("plug card begin")) == ("vehicle_asked", "waits")


def test_who_charges_is_told_that_nothing_stops_him() -> None:
    charging = told("plug card begin draw", power_w=11040.0)
    assert explain(charging).charging
    assert first(charging) == ("", "")
    assert at(charging, Step.VEHICLE).params == {"amps": 16}


@pytest.mark.parametrize(
    "csms", [CsmsState(), CsmsState(connected=True), CsmsState(registration="Accepted", last_failure="no route")]
)
def test_a_csms_that_is_away_is_a_note_as_long_as_somebody_may_charge_without_it(csms: CsmsState) -> None:
    assert first(told(csms=csms)) == ("plug_in", "waits")
    assert first(told("plug card begin draw", csms=csms, rules=STRICT)) == ("", "")


def test_a_csms_that_is_away_stops_a_station_where_nobody_may_charge_without_it() -> None:
    assert first(told("plug", csms=CsmsState(), rules=STRICT)) == ("csms_needed", "stops")
    assert first(told("plug", csms=CsmsState(connected=True), rules=STRICT)) == ("boot_needed", "stops")
    everybody = replace(STRICT, offline_unknown=True)
    assert first(told("plug", csms=CsmsState(), rules=everybody)) == ("card_awaited", "waits")


def test_what_keeps_new_drivers_away_does_not_stop_who_charges() -> None:
    pending = CsmsState(True, "Pending", closed="the CSMS answered Pending")
    assert first(told("plug card begin draw", csms=pending)) == ("", "")
    assert first(after(on.AvailabilityChanged(operative=False), story="plug card begin draw")) == ("", "")
    assert first(after(on.Blocked(on=True), story="plug card begin draw")) == ("", "")
    assert first(told("plug", csms=replace(pending, closed=None))) == ("card_awaited", "waits")


def test_a_fault_that_follows_from_another_one_is_not_the_first_reason() -> None:
    run = Run(end_attempts=1).charging()
    run(on.FaultRaised(Fault.METER, "no answer within 1 s"))
    run(on.EndFailed(Fault.METER, "no answer within 1 s"))
    assert run.session.faults == {Fault.METER, Fault.END}
    both = facts(run.session, problems={Fault.METER: "no answer within 1 s"})
    assert first(both) == ("meter_silent", "stops")
    assert (at(both, Step.FAULT).code, at(both, Step.FAULT).standing) == ("end_owed", Standing.NOTE)
    run(on.FaultRaised(Fault.EMERGENCY))
    assert first(facts(run.session)) == ("emergency_stop", "stops")


def test_an_output_that_could_not_be_told_anything_is_the_fault_of_the_meter_that_did_not_listen() -> None:
    run = Run()
    run.play("plug")
    run(on.FaultRaised(Fault.METER, "no answer"), on.ReleaseFailed(Fault.OUTPUT, "damaged answer"))
    words = {Fault.METER: "no answer", Fault.OUTPUT: "damaged answer"}
    both = facts(run.session, problems=words)
    assert first(both) == ("meter_silent", "stops")
    assert at(both, Step.METER_ERROR).detail == "no answer; also MeterOutput: damaged answer"
    assert (at(both, Step.CONTACTOR).code, at(both, Step.CONTACTOR).standing) == ("output_unknown", Standing.NOTE)
    run(on.FaultCleared(Fault.METER))
    assert first(facts(run.session, problems=words)) == ("meter_unsteady", "stops")


def test_a_fault_that_only_follows_does_not_hide_what_stops_charging_at_the_same_place() -> None:
    run = Run()
    run.play("plug no-current")
    run(on.FaultRaised(Fault.EMERGENCY, "pressed"), on.FaultRaised(Fault.CONTROLLER, "cable_refused"))
    words = {Fault.CONTROLLER: "cable_refused"}
    assert at(facts(run.session, problems=words), Step.LIMIT).code == "limit_too_low"
    run(on.LimitChanged(16.0))
    link = at(facts(run.session, problems=words), Step.LIMIT)
    assert (link.code, link.standing) == ("cable_refused", Standing.NOTE)


def test_two_faults_at_one_place_are_both_in_the_details() -> None:
    run = Run()
    run.play("plug")
    run(on.FaultRaised(Fault.LOCK, "lock_failed"), on.FaultRaised(Fault.GROUND, "30 mA"))
    link = at(facts(run.session, problems={Fault.LOCK: "lock_failed", Fault.GROUND: "30 mA"}), Step.FAULT)
    assert (link.code, link.detail) == ("residual_current", "30 mA; also PlugLock: lock_failed")


def test_what_went_wrong_when_harm_was_to_be_undone_does_not_say_what_was_wrong() -> None:
    words = METER + "damaged answer (checksum); and its output may be on: " + METER + "no answer within 1 s"
    assert first(broken(Fault.METER, words)) == ("meter_garbled", "stops")


def test_a_meter_that_was_found_unfit_while_it_signed_stands_where_unfit_meters_stand() -> None:
    words = RECORD + "the meter reports: the communication module failed to start; not fit for billing"
    link = explain(broken(Fault.BEGIN, words)).first
    assert link is not None
    assert (link.step, link.code) == (Step.METER_ERROR, "unfit_communication")


def test_a_refused_card_explains_nothing_once_it_is_old_news() -> None:
    card = refused("the token is Blocked", when=NOON)
    soon, late = NOON + timedelta(minutes=9), NOON + timedelta(minutes=11)
    nobody = Run().session
    assert first(facts(nobody, told=card, now=soon)) == ("card_refused", "stops")
    assert first(facts(nobody, told=card, now=late)) == ("plug_in", "waits")


def test_a_refused_card_explains_why_the_same_vehicle_still_does_not_charge_hours_later() -> None:
    session = replace(Run().session, plugged=True, letter="B", plugged_at=NOON)
    later = NOON + timedelta(hours=3)
    stood_there = refused("the token is Expired", when=NOON + timedelta(minutes=1))
    assert first(facts(session, told=stood_there, now=later)) == ("card_expired", "stops")
    another = replace(session, plugged_at=NOON + timedelta(hours=1))
    assert first(facts(another, told=stood_there, now=later)) == ("card_awaited", "waits")


@pytest.mark.parametrize(
    "words",
    ["faulted: MeterSilent", "another driver charges here", "EVSE 1: out of service", "the CSMS answered Pending"],
)
def test_a_refusal_that_was_about_the_outlet_is_not_blamed_on_the_card(words: str) -> None:
    assert first(told("plug", told=refused(words))) == ("card_awaited", "waits")


def test_who_was_accepted_after_a_refusal_is_accepted() -> None:
    assert at(told("plug card", told=refused("the token is Blocked")), Step.CARD).code == "card_accepted"


def test_a_reader_that_is_gone_matters_only_if_there_is_no_other_one() -> None:
    two = frozenset({"reader-left", "reader-right"})
    one_gone = told("plug", crashes={"reader-left": CRASH}, readers=two)
    assert first(one_gone) == ("card_awaited", "waits")
    assert at(one_gone, Step.PROCESS).params == {"component": "reader-left"}
    assert first(told("plug", crashes=dict.fromkeys(two, CRASH), readers=two)) == ("reader_down", "stops")
    free = Rules(enabled=False)
    assert (
        at(told("plug", crashes=dict.fromkeys(two, CRASH), readers=two, rules=free), Step.CARD).code
        == "card_not_asked"
    )


def test_the_time_that_is_left_for_plugging_in_is_told() -> None:
    run = Run(ev_connection_timeout_s=60.0)
    run.card()
    waiting = facts(run.session, policy=run.policy, now=run.now + timedelta(seconds=20))
    assert at(waiting, Step.PLUG).params == {"seconds": 40}
    assert at(replace(waiting, now=run.now + timedelta(seconds=90)), Step.PLUG).params == {"seconds": 0}


def test_a_fixed_cable_is_neither_rated_nor_waited_for_at_the_vehicle() -> None:
    fixed = Policy(fixed_cable=True)
    assert at(after(on.PilotChanged("B"), policy=fixed), Step.LIMIT).code == "limit_ok"
    assert at(after(on.PilotChanged("A"), policy=fixed), Step.PLUG).code == "plug_in"


def test_currents_are_told_as_people_write_them() -> None:
    assert at(after(on.LimitChanged(0.0)), Step.LIMIT).params == {"amps": 0, "least": 6}
    assert at(after(on.LimitChanged(5.75)), Step.LIMIT).params == {"amps": 5.8, "least": 6}


def test_a_vehicle_that_has_just_closed_its_contact_is_given_time() -> None:
    explanation = explain(no_power(had_time=False))
    assert explanation.charging
    assert explanation.first is None
    assert not explain(no_power(had_time=True)).charging


def test_a_card_that_the_csms_withdrew_is_named_also_where_the_transaction_goes_on() -> None:
    assert first(withdrawn()) == ("card_withdrawn", "stops")


def test_a_station_that_wakes_with_a_silent_meter_is_not_said_to_be_starting() -> None:
    run = asleep(Run())
    run(on.Woken(None, "no answer within 1 s"))
    assert at(facts(run.session), Step.PROCESS).code == "process_healthy"
    assert first(facts(run.session, problems={Fault.METER: "no answer within 1 s"})) == ("meter_silent", "stops")
    run(on.MeterFound(NOTHING_LEFT))
    assert first(facts(run.session)) == ("plug_in", "waits")


def test_the_driver_of_the_last_session_is_told_that_it_is_over_until_somebody_else_begins() -> None:
    run = Run()
    run.play("plug card begin draw tap end")
    assert run.session.served is not None
    assert run.session.served.matches(ANNA)
    assert first(facts(run.session)) == ("session_over", "waits")
    run.play("pull plug")
    assert first(facts(run.session)) == ("card_awaited", "waits")
