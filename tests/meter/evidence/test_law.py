"""What is to be thought of the records of a session: each check apart."""

from dataclasses import replace
from typing import Any

import pytest

from station.meter.evidence.findings import Outcome, Weight
from station.meter.evidence.law import judge, judge_record
from station.meter.evidence.safe_xml import Evidence
from station.meter.evidence.verdict import examine
from tests.meter.ocmf_builder import END_VALUES, KEY, Text
from tests.meter.vectors import BEGIN, DEMO_KEY, END, OCMF

A_BEGIN = Text()
AN_END = Text(**END_VALUES)
FIRST, LAST = Evidence(A_BEGIN.ocmf, KEY), Evidence(AN_END.ocmf, KEY)


def of(text: bytes, key: bytes | None = KEY, **more: Any) -> Evidence:
    return Evidence(text, key, **more)


def record_failures(evidence: Evidence, **more: Any) -> set[str]:
    return {one.check for one in judge_record(evidence, **more).findings if one.outcome is Outcome.FAILED}


def test_the_builder_writes_what_the_meter_writes() -> None:
    real, ours = BEGIN.split(b"|")[1], replace(A_BEGIN, firmware="1.9:32CA:AFF4, f1d3d06").payload
    assert ours == real
    old = replace(A_BEGIN, in_kwh=False, meta2="", meta3="", counter=22978, total_wh=52440)
    old = replace(old, firmware="1.9:32CA:AFF4, 6d1dd3c", time="2021-01-01T10:00:27,000+0100 S")
    assert old.payload == OCMF["001BZR1521070006-T22978-B"].split(b"|")[1]


@pytest.mark.parametrize(
    ("begin", "end"),
    [(BEGIN, END), (OCMF["001BZR1521070006-T22978-B"], OCMF["001BZR1521070006-T22979-E"]),
     (OCMF["001BZR1521070003-T22107-B"], OCMF["001BZR1521070003-T22108-E"])],
)  # fmt: skip
def test_real_sessions_have_nothing_against_them_but_the_newest_law_check(begin: bytes, end: bytes) -> None:
    judgement = judge(of(begin, DEMO_KEY), of(end, DEMO_KEY), known={"configured": DEMO_KEY})
    failed = [finding for finding in judgement.findings if finding.outcome is not Outcome.OK]
    assert [finding.check for finding in failed] == ["safe_1_4_1"]
    assert failed[0].weight is Weight.NOTE
    assert judgement.exit_status == 0
    assert judgement.failed == ()


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({"flags": "Et"}, {"event_bits"}),
        ({"status": "E"}, {"event_bits"}),
        ({"time": "1970-01-01T00:00:00,000+0000 U"}, {"clock"}),
        ({"time": "2022-07-08T10:00:28,000+0200 U"}, {"clock"}),
        ({"time": "2022-07-08T10:00:28,000+0200 I"}, {"clock"}),
        ({"time": "2022-07-08T10:00:28,000+0200 R"}, {"clock"}),
        ({"meta1": ""}, {"assignment"}),
        ({"assigned": False}, {"assignment"}),
        ({"kind": 2}, {"kind"}),
        ({"transaction": "C"}, {"kind"}),
        ({"firmware": "1.9:32CA:AFF4, 38a6a90-dirty"}, {"firmware"}),
        ({}, set()),
    ],
)
def test_what_a_record_says_against_itself_is_named_alone(change: dict[str, Any], failed: set[str]) -> None:
    evidence = of(replace(A_BEGIN, **change).ocmf)
    assert record_failures(evidence) == failed
    assert judge(evidence, LAST).exit_status == (2 if failed else 0)


def test_every_doubt_of_a_verdict_makes_its_check_fail() -> None:
    change = {"flags": "Et", "time": "1970-01-01T00:00:00,000+0000 U", "meta1": "", "kind": 2, "firmware": "x-dirty"}
    text = replace(A_BEGIN, **change).ocmf + b"\n"
    assert len(examine(text, KEY).doubts) == len(record_failures(of(text))) == 6


def test_a_record_that_is_not_as_the_meter_writes_it_is_doubtful() -> None:
    evidence = of(A_BEGIN.ocmf + b" ")
    assert record_failures(evidence) == {"as_written"}
    assert judge(evidence, LAST).exit_status == 2


def test_a_changed_record_is_invalid() -> None:
    evidence = of(A_BEGIN.ocmf.replace(b"99.84", b"99.85"))
    assert record_failures(evidence) == {"signature"}
    judgement = judge(evidence, LAST)
    assert judgement.exit_status == 1
    assert "signature" in judgement.failed


def test_without_a_key_nothing_is_proven() -> None:
    judged = judge_record(of(A_BEGIN.ocmf, None))
    outcomes = {finding.check: finding.outcome for finding in judged.findings}
    assert outcomes["signature"] is outcomes["key_known"] is outcomes["as_written"] is Outcome.NOT_APPLICABLE
    assert judge(of(A_BEGIN.ocmf, None), of(AN_END.ocmf, None)).exit_status == 2


@pytest.mark.parametrize("text", [b"", b"OCMF|{}", A_BEGIN.ocmf.replace(b'"RV":0.00', b'"RV":-1.00')])
def test_what_cannot_be_read_is_no_record(text: bytes) -> None:
    assert record_failures(of(text)) == {"readable"}
    judgement = judge(of(text), LAST)
    assert judgement.exit_status == 1
    assert [finding.check for finding in judgement.together] == ["pair"]
    assert judge(FIRST, of(text)).exit_status == 1


def test_a_key_that_is_not_the_known_one_is_named() -> None:
    assert record_failures(FIRST, known={"configured": KEY, "remembered": KEY}) == set()
    assert record_failures(FIRST, known={"configured": KEY, "remembered": DEMO_KEY}) == {"key_known"}
    judged = judge_record(FIRST, known={"configured": KEY, "remembered": DEMO_KEY})
    assert any("not the remembered one" in finding.sentence for finding in judged.findings)
    assert judge(FIRST, LAST, known={"configured": KEY, "remembered": DEMO_KEY}).exit_status == 2


def test_the_known_key_decides_and_not_the_one_in_the_file() -> None:
    assert record_failures(FIRST, known={"configured": DEMO_KEY}) == {"signature", "key_known"}
    assert record_failures(of(A_BEGIN.ocmf, DEMO_KEY), known={"configured": KEY}) == {"key_known"}
    assert record_failures(of(A_BEGIN.ocmf, None), known={"configured": KEY}) == set()


def test_known_keys_that_differ_among_themselves_are_named() -> None:
    assert record_failures(of(A_BEGIN.ocmf, None), known={"configured": KEY, "remembered": DEMO_KEY}) == {"key_known"}


@pytest.mark.parametrize(
    ("context", "failed"),
    [("Transaction.Begin", set()), ("Transaction.End", {"context"}), ("Sample.Periodic", set()), (None, set())],
)
def test_a_file_that_calls_a_begin_an_end_is_found(context: str | None, failed: set[str]) -> None:
    evidence = of(A_BEGIN.ocmf, context=context)
    assert record_failures(evidence) == failed
    assert judge(evidence, LAST).exit_status == (1 if failed else 0)


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({"serial": "001BZR1521070007"}, {"same_meter"}),
        ({"counter": 4279}, {"counters_consecutive"}),
        ({"counter": 4276}, {"counter_order"}),
        ({"time": "2022-07-08T10:00:27,000+0200 S"}, {"time_order"}),
        ({"time": "2022-07-08T10:00:28,000+0300 S"}, {"time_order"}),
        ({"meta1": "contract-id: rfid:other"}, {"same_identification"}),
        ({"meta2": "evse-id: DE*BDO*E8025334492*1"}, {"same_identification"}),
        ({"meta3": ""}, {"same_identification"}),
        ({"session_wh": 140}, {"registers_agree"}),
        ({"transaction": "B", "kind": 1}, {"kinds"}),
        ({"time": "1970-01-01T00:00:00,000+0000 U"}, {"clock"}),
        ({}, set()),
    ],
)
def test_what_does_not_fit_in_a_pair_is_named_alone(change: dict[str, Any], failed: set[str]) -> None:
    judgement = judge(FIRST, of(replace(AN_END, **change).ocmf))
    assert set(judgement.failed) == failed
    assert judgement.exit_status == (2 if failed else 0)


def test_two_keys_in_one_session_are_found() -> None:
    judgement = judge(FIRST, of(AN_END.ocmf, DEMO_KEY), known={"remembered": KEY})
    assert judgement.failed == ("key_known", "same_key")


def test_a_session_that_starts_above_zero_is_found() -> None:
    begin = of(replace(A_BEGIN, session_wh=10, total_wh=99850).ocmf)
    assert judge(begin, LAST).failed == ("begins_at_zero",)


def test_signed_values_in_between_leave_no_gap() -> None:
    end = of(replace(AN_END, counter=4278).ocmf)
    assert judge(FIRST, end).failed == ("counters_consecutive",)
    assert judge(FIRST, end, between=[4277]).failed == ()


@pytest.mark.parametrize(("begin", "end", "missing"), [(FIRST, None, "end"), (None, LAST, "begin")])
def test_half_a_session_cannot_be_billed(begin: Evidence | None, end: Evidence | None, missing: str) -> None:
    judgement = judge(begin, end)
    assert judgement.failed == ("complete",)
    assert f"no signed {missing}" in judgement.findings[-1].sentence
    assert judgement.exit_status == 2


def test_a_failure_of_begin_and_end_is_counted_once() -> None:
    bad = {"flags": "Et", "status": "E"}
    judgement = judge(of(replace(A_BEGIN, **bad).ocmf), of(replace(AN_END, **bad).ocmf))
    assert judgement.failed == ("event_bits",)
