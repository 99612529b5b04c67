"""What is stored is judged by what the meter signed: each check fails for what it is there for, and alone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from station.core.records import RecordKind, SignedRecord
from station.meter.evidence.findings import Outcome
from station.receipts.judged import Examiner, JudgedSession
from station.storage.meters import Meters
from tests.commands.receipts.archive import BEGIN, END, LATER, OTHER_BEGIN, Archive, opened, record_of
from tests.meter import ocmf_builder, vectors
from tests.meter.ocmf_builder import END_VALUES, Text
from tests.meter.snapshots import FIRST, IMAGES, LAST
from tests.meter.vectors import DEMO_KEY


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as archive:
        yield archive


def judged(archive: Archive, *records: SignedRecord, **more: Any) -> JudgedSession:
    archive.add("tx", *records, **more)
    return Examiner(archive.database).judge(archive.receipts.get("tx"))


def outcome(session: JudgedSession, check: str) -> set[Outcome]:
    return {finding.outcome for finding in session.findings if finding.check == check}


def made(*, end: bool = False, **values: Any) -> SignedRecord:
    """A record that the tests' own key signed."""
    text = Text(**{**(END_VALUES if end else {}), **values})
    kind = RecordKind.TURN_OFF if end else RecordKind.TURN_ON
    return record_of(text.ocmf, kind, key=ocmf_builder.KEY)


@pytest.fixture
def known(archive: Archive) -> Archive:
    """The tests' own key is the one of the meter."""
    Meters(archive.database).confirm(1, BEGIN.meter_serial, ocmf_builder.KEY, LATER)
    return archive


def test_what_a_real_meter_signed_is_valid(archive: Archive) -> None:
    session = judged(archive, BEGIN, END)
    assert (session.exit_status, session.failed) == (0, ())
    assert [len(findings) > 8 for findings in session.records] == [True, True]
    for check in ("signature", "key_known", "meter_known", "bytes_unchanged", "copies", "snapshot", "safe_1_3"):
        assert outcome(session, check) == {Outcome.OK}


@pytest.mark.parametrize(
    ("begin", "end", "failed", "status"),
    [
        ({}, {"status": "E", "flags": "Et"}, ("event_bits",), 2),
        ({}, {"time": "2022-07-08T10:05:52,000+0200 U"}, ("clock",), 2),
        ({}, {"time": "2022-07-08T09:05:52,000+0200 S"}, ("time_order",), 2),
        ({}, {"counter": 4276}, ("counter_order",), 2),
        ({}, {"counter": 4279}, ("counters_consecutive",), 2),
        ({"session_wh": 10}, {}, ("begins_at_zero",), 2),
        ({}, {"meta1": "somebody else"}, ("same_identification",), 2),
        ({}, {"session_wh": 1500}, ("registers_agree",), 2),
    ],
)
def test_the_law_of_a_pair_is_asked(
    known: Archive, begin: dict[str, Any], end: dict[str, Any], failed: tuple[str, ...], status: int
) -> None:
    session = judged(known, made(**begin), made(end=True, **end))
    assert (session.failed, session.exit_status) == (failed, status)


def test_a_record_between_begin_and_end_is_no_gap_wherever_it_is_kept(known: Archive) -> None:
    known.receipts.set_aside(1, made(counter=4277), "why", at=LATER)
    session = judged(known, made(), made(counter=4278, transaction="C", kind=0), made(end=True, counter=4279))
    assert outcome(session, "counters_consecutive") == {Outcome.OK}


def test_a_record_of_another_meter_fills_no_gap(known: Archive) -> None:
    known.receipts.set_aside(1, made(counter=4277, serial="another"), "why", at=LATER)
    session = judged(known, made(), made(end=True, counter=4278))
    assert session.failed == ("counters_consecutive",)


def test_the_key_is_the_one_that_is_remembered_for_that_meter_at_that_evse(archive: Archive) -> None:
    """The record's own key would verify it."""
    session = judged(archive, made(), made(end=True))
    assert session.failed == ("signature", "key_known")
    assert session.exit_status == 1


def test_a_meter_that_counted_once_is_known_for_ever(archive: Archive) -> None:
    Meters(archive.database).confirm(1, "another", ocmf_builder.KEY, LATER)
    assert judged(archive, BEGIN, END).exit_status == 0


def test_each_key_that_a_meter_had_counts(known: Archive) -> None:
    assert judged(known, BEGIN, END).exit_status == 0


def test_a_meter_that_was_never_met_at_that_evse_is_doubtful(archive: Archive) -> None:
    session = judged(archive, OTHER_BEGIN, ended=None)
    assert (session.failed, session.exit_status) == (("meter_known",), 2)


def test_a_meter_of_one_evse_is_a_stranger_at_another(archive: Archive) -> None:
    Meters(archive.database).remember(2, OTHER_BEGIN.meter_serial, DEMO_KEY, LATER)
    session = judged(archive, BEGIN, END, evse=2)
    assert (session.failed, session.exit_status) == (("meter_known",), 2)


def test_where_no_meter_is_remembered_the_key_that_is_stored_with_a_record_counts(
    archive: Archive,
) -> None:
    session = judged(archive, made(), made(end=True), evse=2)
    assert (session.exit_status, session.failed) == (0, ())
    assert outcome(session, "meter_known") == outcome(session, "key_known") == {Outcome.NOT_APPLICABLE}


def test_a_snapshot_that_was_not_kept_is_nothing_against_the_record(archive: Archive) -> None:
    session = judged(archive, replace(BEGIN, snapshot=b""), END)
    assert outcome(session, "snapshot") == {Outcome.NOT_APPLICABLE, Outcome.OK}
    assert session.exit_status == 0


@pytest.mark.parametrize(
    ("snapshot", "told"),
    [
        (LAST[:100] + b"\xff" + LAST[101:], "its signature does not fit"),
        (FIRST, "is not RCnt"),
        (IMAGES["001BZR1521070006-4278"], "is not RCnt"),
        (LAST[:-2], "registers expected"),
        (b"\xff" * 504, "Typ"),
    ],
)
def test_a_snapshot_that_is_not_the_one_of_the_text_is_invalid(archive: Archive, snapshot: bytes, told: str) -> None:
    session = judged(archive, BEGIN, replace(END, snapshot=snapshot))
    assert (session.failed, session.exit_status) == (("snapshot",), 1)
    (finding,) = (one for one in session.findings if one.check == "snapshot" and one.outcome is Outcome.FAILED)
    assert told in finding.sentence


@pytest.mark.parametrize(
    "change",
    [
        {"kind": RecordKind.END},
        {"kind": RecordKind.CURRENT},
        {"meter_serial": "another"},
        {"pagination": 4278},
        {"taken_at": END.taken_at + timedelta(seconds=1)},
        {"energy_wh": 1},
        {"session_energy_wh": 999},
    ],
)
def test_what_is_stored_beside_a_text_must_be_what_it_says(archive: Archive, change: dict[str, Any]) -> None:
    session = judged(archive, BEGIN, replace(END, **change), ended=None)
    assert "copies" in session.failed
    assert session.exit_status == 1


def test_bytes_that_changed_are_invalid_even_if_they_are_signed(archive: Archive) -> None:
    archive.add("tx", BEGIN, ended=None)
    other = vectors.OCMF["001BZR1521070003-T22107-B"].hex()
    archive.spoil(f"UPDATE records SET ocmf = x'{other}'")
    session = Examiner(archive.database).judge(archive.receipts.get("tx"))
    assert outcome(session, "signature") == {Outcome.OK}
    assert {"bytes_unchanged", "copies"} <= set(session.failed)
    assert session.exit_status == 1


def test_bytes_that_are_no_record_are_invalid_and_no_more_is_asked(archive: Archive) -> None:
    session = judged(archive, replace(BEGIN, ocmf=b"OCMF|{}"), END)
    assert session.failed == ("readable",)
    assert session.exit_status == 1


def test_what_was_known_when_a_record_was_taken_is_a_doubt(archive: Archive) -> None:
    session = judged(archive, BEGIN, replace(END, doubts=("id_differs",)))
    assert (session.failed, session.exit_status) == (("id_differs",), 2)


@pytest.mark.parametrize(
    ("records", "told"), [([], "no signed record"), ([BEGIN], "no signed end"), ([END], "no signed begin")]
)
def test_what_is_missing_of_a_session_that_ended_is_named(
    archive: Archive, records: list[SignedRecord], told: str
) -> None:
    session = judged(archive, *records)
    assert (session.failed, session.exit_status) == (("complete",), 2)
    assert told in session.together[-1].sentence


@pytest.mark.parametrize("records", [[], [BEGIN]])
def test_a_session_that_runs_misses_nothing(archive: Archive, records: list[SignedRecord]) -> None:
    assert judged(archive, *records, ended=None).exit_status == 0


def test_two_ends_of_one_session_are_doubtful(known: Archive) -> None:
    session = judged(known, made(), made(end=True), made(end=True, counter=4278))
    assert (session.failed, session.exit_status) == (("single",), 2)


def test_an_intermediate_record_is_judged_by_itself(archive: Archive) -> None:
    middle = record_of(vectors.OCMF["001BZR1521070006-T4278-C"], RecordKind.CURRENT)
    session = judged(archive, BEGIN, END, middle)
    assert len(session.records) == 3
    assert session.exit_status == 0
    assert {record.public_key for record in session.receipt.records} == {DEMO_KEY}
