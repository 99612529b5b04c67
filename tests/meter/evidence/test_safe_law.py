"""How the S.A.F.E. transparency software sees pairs, version by version."""

from dataclasses import replace
from typing import Any

import pytest

from station.meter.evidence.findings import Finding, Outcome, Weight
from station.meter.evidence.safe_law import safe_findings
from station.meter.evidence.verdict import examine
from tests.meter.ocmf_builder import END_VALUES, KEY, Text
from tests.meter.vectors import BEGIN, DEMO_KEY, END

A_BEGIN = Text()
AN_END = Text(**END_VALUES)


def seen(begin: bytes, end: bytes, key: bytes | None = KEY) -> dict[str, Finding]:
    return {finding.check: finding for finding in safe_findings(examine(begin, key), examine(end, key))}


def test_a_real_pair_is_accepted_by_1_3_and_refused_by_1_4_1_for_its_obis_code_alone() -> None:
    found = seen(BEGIN, END, DEMO_KEY)
    assert found["safe_1_3"].outcome is Outcome.OK
    assert found["safe_1_4_1"].outcome is Outcome.FAILED
    for word in ("signatures are right", "1-0:1.8.0*198", "start", "version 1.3 accepts", "Chargy"):
        assert word in found["safe_1_4_1"].sentence


@pytest.mark.parametrize(
    ("obis", "accepted"),
    [
        ("1-0:1.8.0*0", True), ("1-0:1.8.0*00", True), ("1-0:1.8.0*200", True), ("1-0:1.8.0*255", True),
        ("1-0:1.8.0*FF", True), ("1-0:1.8.0*ff", True), ("1-0:1.8.0*198", False), ("1-0:1.8.0*201", False),
        ("1-0:1.8.0", False), ("", False),
    ],
)  # fmt: skip
def test_1_4_1_takes_four_groups_and_1_3_takes_any(obis: str, accepted: bool) -> None:
    begin, end = replace(A_BEGIN, obis=obis).ocmf, replace(AN_END, obis=obis).ocmf
    found = seen(begin, end)
    assert found["safe_1_3"].outcome is Outcome.OK
    assert found["safe_1_4_1"].outcome is (Outcome.OK if accepted else Outcome.FAILED)


def test_one_foreign_code_is_enough() -> None:
    good = "1-0:1.8.0*200"
    assert seen(replace(A_BEGIN, obis=good).ocmf, AN_END.ocmf)["safe_1_4_1"].outcome is Outcome.FAILED
    assert seen(A_BEGIN.ocmf, replace(AN_END, obis=good).ocmf)["safe_1_4_1"].outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("begin", "end", "reason"),
    [
        ({"status": "E"}, {}, "status"),
        ({}, {"status": "E"}, "status"),
        ({"flags": "Et"}, {}, "flagged as wrong"),
        ({}, {"flags": "E"}, "flagged as wrong"),
        ({"transaction": "C"}, {}, "no begin with an end"),
        ({}, {"transaction": "C"}, "no begin with an end"),
        ({"time": "2022-07-08T10:05:53,000+0200 S"}, {}, "earlier"),
        ({"session_wh": 160}, {}, "falls"),
    ],
)
def test_both_versions_refuse_what_cannot_be_billed(begin: dict[str, Any], end: dict[str, Any], reason: str) -> None:
    found = seen(replace(A_BEGIN, **begin).ocmf, replace(AN_END, **end).ocmf)
    for finding in found.values():
        assert finding.outcome is Outcome.FAILED
        assert reason in finding.sentence
        assert "although" not in finding.sentence


def test_a_flag_about_the_time_alone_is_accepted() -> None:
    assert seen(replace(A_BEGIN, flags="t").ocmf, AN_END.ocmf)["safe_1_3"].outcome is Outcome.OK


@pytest.mark.parametrize(("begin", "end"), [(b"99.85", b"100.00"), (b"99.84", b"100.01")])
def test_both_versions_refuse_a_wrong_signature(begin: bytes, end: bytes) -> None:
    texts = BEGIN.replace(b"99.84", begin), END.replace(b"100.00", end)
    for finding in seen(*texts, DEMO_KEY).values():
        assert finding.outcome is Outcome.FAILED
        assert "signature does not fit" in finding.sentence


@pytest.mark.parametrize(("text", "key"), [(BEGIN, None), (b"", DEMO_KEY)])
def test_nothing_is_told_without_key_or_record(text: bytes, key: bytes | None) -> None:
    outcomes = {finding.outcome for finding in (*seen(text, END, key).values(), *seen(END, text, key).values())}
    assert outcomes == {Outcome.NOT_APPLICABLE}


def test_they_are_notes_whatever_they_say() -> None:
    for found in (seen(BEGIN, END, DEMO_KEY), seen(BEGIN, END, None), seen(b"", END), seen(END, BEGIN, DEMO_KEY)):
        assert {finding.weight for finding in found.values()} == {Weight.NOTE}
        assert {finding.exit_status for finding in found.values()} == {0}
