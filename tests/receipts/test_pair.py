"""Begin, end, and the energy between them: signed, or none, and then it is said why."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from station.core.records import RecordKind, SignedRecord
from station.receipts.pair import TOLD, begin_of, end_of, energy_of, energy_text, energy_wh, signed
from station.receipts.views import EnergyStanding
from tests.commands.receipts.archive import BEGIN, END, LATER, OTHER_BEGIN, OTHER_END, Archive, opened, record_of
from tests.meter import ocmf_builder
from tests.meter.ocmf_builder import END_VALUES, Text


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as archive:
        yield archive


def made(*, end: bool = False, **values: Any) -> SignedRecord:
    text = Text(**{**(END_VALUES if end else {}), **values})
    return record_of(text.ocmf, RecordKind.TURN_OFF if end else RecordKind.TURN_ON, key=ocmf_builder.KEY)


def test_begin_and_end_are_the_first_and_the_last_of_their_kind(archive: Archive) -> None:
    archive.add("tx-1", END, BEGIN, ended=None)
    archive.add("tx-2", ended=None)
    first, second = archive.receipts.list()
    assert (begin_of(first), end_of(first), signed(first)) == (BEGIN, END, "begin+end")
    assert (begin_of(second), end_of(second), signed(second)) == (None, None, "none")


def test_the_energy_is_what_the_signed_end_says_more_than_the_signed_begin(archive: Archive) -> None:
    archive.add("tx-1", made(session_wh=20), made(end=True, session_wh=150))
    receipt = archive.receipts.get("tx-1")
    for verify in (False, True):
        assert energy_of(receipt, verify=verify) == (EnergyStanding.SIGNED, 130)
    assert energy_wh(receipt) == 130


def test_the_energy_is_that_of_the_text_not_of_what_is_stored_beside_it(archive: Archive) -> None:
    archive.add("tx-1", BEGIN, END)
    archive.spoil("UPDATE records SET session_energy_wh = 999000, energy_wh = 1")
    assert energy_wh(archive.receipts.get("tx-1")) == 150


@pytest.mark.parametrize(
    ("records", "ended", "standing"),
    [
        ((), None, EnergyStanding.RUNS),
        ((BEGIN,), None, EnergyStanding.RUNS),
        ((), LATER, EnergyStanding.NO_RECORD),
        ((BEGIN,), LATER, EnergyStanding.NO_END),
        ((END,), LATER, EnergyStanding.NO_BEGIN),
        ((BEGIN, replace(END, verified=False)), LATER, EnergyStanding.NOT_GENUINE),
        ((BEGIN, replace(END, ocmf=b"OCMF|{}|{}")), LATER, EnergyStanding.NOT_GENUINE),
        ((OTHER_BEGIN, END), LATER, EnergyStanding.CONTRADICTORY),
        ((BEGIN, made(end=True)), LATER, EnergyStanding.CONTRADICTORY),
        ((made(session_wh=200), made(end=True, session_wh=150)), LATER, EnergyStanding.CONTRADICTORY),
        ((made(transaction="E"), made(end=True)), LATER, EnergyStanding.CONTRADICTORY),
    ],
)
def test_where_there_is_no_energy_it_is_said_why(
    archive: Archive, records: tuple[SignedRecord, ...], ended: Any, standing: EnergyStanding
) -> None:
    archive.add("tx-1", *records, ended=ended)
    assert energy_of(archive.receipts.get("tx-1")) == (standing, None)


def test_bytes_that_were_changed_have_no_energy(archive: Archive) -> None:
    archive.add("tx-1", OTHER_BEGIN, OTHER_END)
    assert energy_wh(archive.receipts.get("tx-1")) is not None
    archive.spoil('UPDATE records SET ocmf = CAST(replace(ocmf, \'"TX":"E"\', \'"TX": "E"\') AS BLOB)')
    assert energy_of(archive.receipts.get("tx-1")) == (EnergyStanding.NOT_GENUINE, None)


def test_a_signature_that_is_looked_at_again_counts_more_than_what_was_stored_of_it(archive: Archive) -> None:
    forged = replace(END, ocmf=END.ocmf.replace(b'"RV":0.15', b'"RV":9.15'))
    archive.add("tx-1", BEGIN, forged)
    receipt = archive.receipts.get("tx-1")
    assert energy_of(receipt) == (EnergyStanding.SIGNED, 9150)
    assert energy_of(receipt, verify=True) == (EnergyStanding.NOT_GENUINE, None)


def test_energy_is_told_in_kwh_and_its_lack_in_words() -> None:
    assert energy_text(EnergyStanding.SIGNED, 1234) == "1.23 kWh"
    assert energy_text(EnergyStanding.SIGNED, 0) == "0.00 kWh"
    assert {energy_text(standing, None) for standing in TOLD} == set(TOLD.values())
    assert {*TOLD, EnergyStanding.SIGNED} == set(EnergyStanding)
