"""What the meter signs or does not sign: kept, told, asked for again, never taken for what it is not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from ocpp.v201.enums import MeasurandEnumType

from station.core import effects as do
from station.core import events as on
from station.core.faults import Fault
from station.core.policy import KeyPolicy, TxPoint
from station.core.records import RecordKind
from station.core.session import connector_status, refusal
from tests.core.runs import (
    ENDED,
    SIGNED_FIRST,
    Run,
    a_reading,
    asleep,
    ending,
    has,
    left,
    only,
    only_report,
    owing,
)
from tests.fakes import KEY, a_record

# The start is not signed


def test_a_start_that_is_not_signed_leaves_nothing_but_a_fault_until_the_vehicle_leaves() -> None:
    run = Run(**SIGNED_FIRST)
    run.pilot("B")
    run.card()
    caused = run(on.BeginFailed(Fault.BEGIN, "status 3"))
    assert do.ReleaseOutput() in caused
    assert not has(caused, do.Report, do.OpenReceipt, do.Offer)
    assert connector_status(run.session) == "Faulted"
    assert refusal(run.session) == "faulted: SignedStartFailed"
    run.pilot("A")
    assert connector_status(run.session) == "Available"


def test_a_start_that_fails_after_the_vehicle_left_does_not_fault_the_next_one() -> None:
    run = Run()
    run.pilot("B")
    run.card()
    run.pilot("A")
    run(on.BeginFailed(Fault.BEGIN, "status 3"))
    assert [alert.active for alert in run.alerts] == [True, False]
    assert refusal(run.session) is None


def test_a_transaction_that_was_told_already_ends_when_its_start_is_not_signed() -> None:
    run = Run(start_points=frozenset({TxPoint.EV_CONNECTED}))
    run.pilot("B")
    run.card()
    caused = run(on.BeginFailed(Fault.METER, "no answer"))
    assert ending(only_report(caused)) == ("AbnormalCondition", "Other")
    assert not has(caused, do.CloseReceipt)


def test_a_signed_start_that_nobody_waits_for_does_not_stay_switched_on() -> None:
    caused = run_without_transaction().sign_begin()
    assert caused[-1] == do.ReleaseOutput()
    assert isinstance(caused[0], do.SetAside)


def run_without_transaction() -> Run:
    run = Run()
    run.pilot("B")
    return run


# The end is not signed


def test_the_signed_end_is_asked_for_again_before_ended_goes_without_it() -> None:
    run = Run(end_attempts=3, end_retry_s=5.0, owed_retry_s=60.0).charging()
    run.stop(on.StopCause.CARD)
    for _ in range(2):
        assert run(on.EndFailed(Fault.METER, "no answer")) == [do.StartTimer(on.Timer.RETRY, 5.0)]
        assert run.expire(on.Timer.RETRY) == [do.TurnOff("transaction-3")]
    caused = run(on.EndFailed(Fault.METER, "no answer"))
    ended = only_report(caused)
    assert ending(ended) == ("StopAuthorized", "Local")
    assert [value.context for sample in ended.samples for value in sample.values] == ["Transaction.Begin"]
    assert do.StartTimer(on.Timer.RETRY, 60.0) in caused
    assert only(caused, do.Raise).alert.tech_code == "SignedEndMissing"
    assert (connector_status(run.session), run.session.owed) == ("Faulted", "transaction-3")


def test_an_end_signed_at_a_second_attempt_is_an_end_like_any_other() -> None:
    run = Run().charging()
    run.stop(on.StopCause.CARD)
    run(on.EndFailed(Fault.METER, "no answer"))
    run.expire(on.Timer.RETRY)
    assert len(only_report(run.sign_end()).samples) == 2
    assert run.alerts == []


def test_a_late_end_is_kept_with_its_transaction_and_clears_the_fault() -> None:
    run = owing()
    assert run.expire(on.Timer.RETRY) == [do.TurnOff("transaction-3")]
    assert run(on.EndFailed(Fault.END, "status 3")) == [do.StartTimer(on.Timer.RETRY, 60.0)]
    run.expire(on.Timer.RETRY)
    caused = run.sign_end()
    assert only(caused, do.KeepRecord).transaction_id == "transaction-3"
    assert not has(caused, do.Report)
    assert only(caused, do.Raise).alert.active is False
    assert run.session.owed is None
    assert has(run.card(), do.TurnOn)


def test_nobody_charges_while_an_end_is_owed() -> None:
    run = owing()
    assert run.card() == []
    run.pilot("A", "B")
    assert run.card() == []
    assert not has(run.effects, do.TurnOn)


def test_a_welded_contactor_is_a_fault_of_its_own_until_the_end_is_signed() -> None:
    run = Run().charging()
    run.stop(on.StopCause.CARD)
    alert = only(run(on.EndFailed(Fault.CONTACTOR, "status 5")), do.Raise).alert
    assert (alert.component, alert.active, alert.transaction_id) == ("PowerContactor", True, "transaction-3")
    run.expire(on.Timer.RETRY)
    caused = run.sign_end()
    assert only(caused, do.Raise).alert.active is False
    assert only_report(caused).event is ENDED


# The output is not released


def test_an_output_that_does_not_go_off_is_asked_again_until_it_does() -> None:
    run = Run(end_retry_s=5.0)
    caused = run(on.ReleaseFailed(Fault.CONTACTOR, "feedback says closed"))
    assert do.StartTimer(on.Timer.RETRY, 5.0) in caused
    assert run.expire(on.Timer.RETRY) == [do.ReleaseOutput()]
    assert only(run(on.OutputReleased()), do.Raise).alert.active is False
    assert refusal(run.session) is None


def test_a_retry_to_release_does_not_ask_a_later_transaction_for_a_second_end() -> None:
    run = Run()
    run(on.ReleaseFailed(Fault.METER, "no answer"), on.FaultCleared(Fault.METER))
    run.pilot("B")
    assert do.StopTimer(on.Timer.RETRY) in run.card()


def test_a_release_that_fails_while_a_start_is_signed_starts_no_retry() -> None:
    run = Run()
    run.pilot("B")
    run.card()
    caused = run(on.ReleaseFailed(Fault.CONTACTOR, "feedback says closed"))
    assert not has(caused, do.StartTimer)
    assert has(run.sign_begin(), do.TurnOff)
    run.sign_end(0)
    assert refusal(run.session) is None


# The end comes late


def test_a_late_end_goes_into_the_ended_event_that_may_still_wait() -> None:
    run = owing()
    run.expire(on.Timer.RETRY)
    caused = run.sign_end()
    record = only(caused, do.KeepRecord).record
    amended = only(caused, do.AmendEnded)
    assert amended.transaction_id == "transaction-3"
    [value] = amended.end.values
    assert (value.context, value.value) == ("Transaction.End", float(record.energy_wh))
    assert value.signed is not None
    assert value.signed.ocmf == record.ocmf


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (KeyPolicy.NEVER, None),
        (KeyPolicy.ONCE, None),  # it went with the begin, in the same event
        (KeyPolicy.EVERY, KEY),
    ],
)
def test_a_late_end_brings_the_key_if_it_is_due(policy: KeyPolicy, expected: bytes | None) -> None:
    run = Run(end_attempts=1, key_policy=policy).charging()
    run.stop(on.StopCause.CARD)
    run(on.EndFailed(Fault.END, "status 3"))
    [value] = only(run.sign_end(), do.AmendEnded).end.values
    assert value.signed is not None
    assert value.signed.public_key == expected


def test_a_late_end_is_plain_if_nothing_is_to_be_signed_and_left_out_if_nothing_is_to_be_told() -> None:
    plain = Run(end_attempts=1, sign_readings=False).charging()
    plain.stop(on.StopCause.CARD)
    plain(on.EndFailed(Fault.END, "status 3"))
    assert only(plain.sign_end(), do.AmendEnded).end.values[0].signed is None
    silent = Run(end_attempts=1, ended_measurands=()).charging()
    silent.stop(on.StopCause.CARD)
    silent(on.EndFailed(Fault.END, "status 3"))
    caused = silent.sign_end()
    assert has(caused, do.KeepRecord)
    assert not has(caused, do.AmendEnded)


def test_without_a_signed_end_ended_shows_the_newest_values_unsigned() -> None:
    run = Run(end_attempts=1, ended_measurands=(MeasurandEnumType.energy_active_import_register,)).charging()
    run.stop(on.StopCause.CARD)
    reading = a_reading(1500, at=run.now + timedelta(hours=1))
    ended = only_report(run(on.EndFailed(Fault.METER, "no answer", reading)))
    [begin, end] = [value for sample in ended.samples for value in sample.values]
    assert begin.signed is not None
    assert (end.context, end.value, end.signed) == ("Transaction.End", 1500.0, None)
    assert ended.samples[1].taken_at == reading.timestamp


def test_values_from_before_the_begin_are_no_end() -> None:
    run = Run(end_attempts=1).charging()
    run.stop(on.StopCause.CARD)
    begin = run.transaction.begin
    assert begin is not None
    early = a_reading(begin.energy_wh - 10)
    assert len(only_report(run(on.EndFailed(Fault.METER, "no answer", early))).samples) == 1


def test_nothing_that_was_signed_is_dropped_even_if_nobody_waits_for_it() -> None:
    caused = Run().sign_end()
    assert only(caused, do.SetAside).record.kind is RecordKind.TURN_OFF


# Another meter


def test_the_end_of_another_meter_is_evidence_but_not_the_end_of_this_transaction() -> None:
    run = Run().charging()
    run.stop(on.StopCause.CARD)
    stranger = a_record(RecordKind.TURN_OFF, 7, serial="001BZR1521079999")
    caused = run(on.EndSigned(stranger))
    assert only(caused, do.SetAside).record == stranger
    assert not has(caused, do.KeepRecord)
    assert [value.context for sample in only_report(caused).samples for value in sample.values] == [
        "Transaction.Begin"
    ]
    assert run.session.owed == "transaction-3"
    assert Fault.CHANGED in run.session.faults


def test_the_end_of_another_meter_does_not_settle_what_is_owed() -> None:
    run = owing()
    caused = run(on.EndSigned(a_record(RecordKind.TURN_OFF, 7, serial="001BZR1521079999")))
    assert has(caused, do.SetAside)
    assert has(caused, do.StartTimer)
    assert run.session.owed == "transaction-3"


def test_counters_of_another_meter_say_nothing_about_new_and_old() -> None:
    run = Run().charging()
    run.stop(on.StopCause.CARD)
    run.sign_end()
    run.pilot("A")
    run.pilot("B")
    run.card()
    again = asleep(run)
    begin = a_record(RecordKind.TURN_ON, 3, serial="001BZR1521079999")
    caused = again.restart(replace(left(output_on=True, begin=begin), meter_serial=begin.meter_serial))
    assert only(caused, do.KeepRecord).record == begin
