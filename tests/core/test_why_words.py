"""The words by which causes are told apart are said somewhere: who changes a message finds out here."""

from pathlib import Path

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType

import station
from station.core import why_faults, why_refusals
from station.core.controller_faults import FAULTS as OF_CONTROLLERS
from station.core.faults import Fault

HERE = {"why_faults.py", "why_refusals.py"}
SOURCE = "\n".join(
    file.read_text() for file in Path(station.__file__).parent.rglob("*.py") if file.name not in HERE
).replace('"\n            f"', "")


@pytest.mark.parametrize(
    "words", sorted({words for rows in why_faults.ROWS.values() for row in rows for words in row.said})
)
def test_what_a_cause_of_a_fault_is_known_by_is_said_by_a_device_driver(words: str) -> None:
    put_together = words == "in state F"
    assert put_together or words in SOURCE


def test_what_the_pilot_is_known_by_is_said_when_it_changes() -> None:
    assert 'f"control pilot in state {event.letter}"' in SOURCE


@pytest.mark.parametrize("words", [why_refusals.NOT_KNOWN, why_refusals.STATUS, *why_refusals._SENTENCES])
def test_what_a_refusal_is_known_by_is_said_to_drivers(words: str) -> None:
    assert words in SOURCE


def test_every_status_of_a_card_that_is_told_apart_is_one_of_ocpp() -> None:
    assert set(why_refusals._STATUSES) <= {status.value for status in AuthorizationStatusEnumType}


def test_what_a_controller_calls_its_errors_is_no_part_of_a_name_that_comes_later() -> None:
    names = ["cable_refused", "proximity_invalid", "not_available", "state_d_refused", "contactor_stuck"]
    assert all(name in SOURCE for name in names)
    assert OF_CONTROLLERS["contactor_stuck"] is Fault.CONTACTOR


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_has_rows_and_the_last_one_takes_whatever_is_left(fault: Fault) -> None:
    rows = why_faults.ROWS[fault]
    assert not rows[-1].said or fault is Fault.BEGIN
    assert why_faults.row_of(fault, "words that nobody ever said") == rows[-1]
    assert all(row.said for row in rows[:-1])
