"""Begin and end together: each check fails by itself, and only for its own reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from station.meter.evidence.findings import Outcome
from station.meter.evidence.pair import Statement, find_pairs, judge_pair
from tests.meter.vectors import DEMO_KEY

AT = datetime(2026, 7, 8, 8, tzinfo=UTC)
BEGIN = Statement("001BZR1521070006", 4276, "B", AT, ("rfid:1", "evse 2", "v3"), 0, 99840, DEMO_KEY)
END = replace(
    BEGIN, pagination=4277, transaction="E", taken_at=AT + timedelta(hours=1), session_energy_wh=150, energy_wh=99990
)


def outcomes(begin: Statement, end: Statement, **more: Any) -> dict[str, Outcome]:
    return {finding.check: finding.outcome for finding in judge_pair(begin, end, **more)}


def test_a_begin_and_its_end_fit_in_every_way() -> None:
    assert outcomes(BEGIN, END) == dict.fromkeys(
        (
            "kinds", "same_meter", "same_key", "same_identification", "time_order", "counter_order",
            "begins_at_zero", "registers_agree", "counters_consecutive",
        ),
        Outcome.OK,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("begin", "end", "failed"),
    [
        ({"transaction": "E"}, {}, {"kinds"}),
        ({}, {"transaction": "C"}, {"kinds"}),
        ({}, {"meter_serial": "001BZR1521070007"}, {"same_meter"}),
        ({}, {"key": b"another"}, {"same_key"}),
        ({}, {"metadata": ("rfid:2", "evse 2", "v3")}, {"same_identification"}),
        ({}, {"metadata": ("rfid:1", "evse 1", "v3")}, {"same_identification"}),
        ({}, {"metadata": ("rfid:1", "evse 2", "v4")}, {"same_identification"}),
        ({"taken_at": AT + timedelta(hours=1, seconds=1)}, {}, {"time_order"}),
        ({"pagination": 4277}, {}, {"counter_order"}),
        ({"pagination": 4278}, {}, {"counter_order"}),
        ({"session_energy_wh": 10}, {}, {"begins_at_zero"}),
        ({}, {"energy_wh": 99980}, {"registers_agree"}),
        ({}, {"energy_wh": 100010}, {"registers_agree"}),
        ({}, {"energy_wh": 0}, {"registers_agree"}),
        ({}, {"session_energy_wh": 10_000}, {"registers_agree"}),
        ({}, {"pagination": 4278}, {"counters_consecutive"}),
    ],
)
def test_what_does_not_fit_is_named_alone(begin: dict[str, Any], end: dict[str, Any], failed: set[str]) -> None:
    findings = judge_pair(replace(BEGIN, **begin), replace(END, **end))
    assert {finding.check for finding in findings if finding.outcome is Outcome.FAILED} == failed
    assert all(finding.sentence.endswith(".") for finding in findings)


def test_the_total_may_rise_by_one_digit_more_than_the_session() -> None:
    assert outcomes(BEGIN, replace(END, energy_wh=100000))["registers_agree"] is Outcome.OK


def test_begin_and_end_in_the_same_second_are_in_order() -> None:
    assert outcomes(BEGIN, replace(END, taken_at=AT))["time_order"] is Outcome.OK


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"taken_at": None}, "time_order"),
        ({"key": None}, "same_key"),
        ({"meter_serial": "001BZR1521070007"}, "counters_consecutive"),
    ],
)
def test_what_cannot_be_compared_is_not_applicable(change: dict[str, Any], check: str) -> None:
    assert outcomes(BEGIN, replace(END, **change))[check] is Outcome.NOT_APPLICABLE
    assert outcomes(replace(BEGIN, **change), END)[check] is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("end_counter", "told"),
    [(4278, "1 record of the meter"), (4280, "3 records of the meter"), (10**18, "999999999999995723 records")],
)
def test_a_gap_is_told_with_how_many_are_missing(end_counter: int, told: str) -> None:
    finding = judge_pair(BEGIN, replace(END, pagination=end_counter))[-1]
    assert told in finding.sentence


def test_records_at_hand_leave_no_gap() -> None:
    end = replace(END, pagination=4279)
    assert outcomes(BEGIN, end, between={4276, 4277, 4278, 4279})["counters_consecutive"] is Outcome.OK
    assert "1 record" in judge_pair(BEGIN, end, between=[4278, 4278, 4276, 4279, 5000])[-1].sentence


@pytest.mark.parametrize(
    ("records", "pairs"),
    [
        ([], []),
        ([(None, "B"), (None, "E")], [(0, 1)]),
        ([(None, "E"), (None, "B")], [(1, 0)]),
        ([(None, "B"), (None, "C"), (None, "E")], [(0, 2)]),
        ([(None, "B"), (None, "E"), (None, "B"), (None, "E")], [(0, 1), (2, 3)]),
        ([(None, "E"), (None, "B"), (None, "E"), (None, "B")], [(1, 2)]),
        ([(None, "B"), (None, "B"), (None, "E")], [(1, 2)]),
        ([(1, "B"), (2, "B"), (1, "E"), (2, "E")], [(0, 2), (1, 3)]),
        ([(1, "B"), (2, "E")], []),
        ([(1, "B"), (1, "")], []),
    ],
)
def test_begins_find_their_ends(records: list[tuple[int | None, str]], pairs: list[tuple[int, int]]) -> None:
    assert find_pairs(records) == pairs
