"""The desk: what operators see, what drivers may, and nothing else of it."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from station.core.documents import to_document
from station.core.tokens import IdToken
from station.meter.evidence.chargy_reader import read_chargy
from station.meter.evidence.safe_xml import read_evidence
from station.receipts.desk import MOST, ReceiptDesk
from station.receipts.files import ExportError
from station.receipts.views import Answer, EnergyStanding, Signature
from station.storage.card_names import CardNames
from station.storage.receipts import sha256_of
from tests.commands.receipts.archive import BEGIN, CARD, END, LATER, REQUEST, Archive, opened
from tests.fakes_clock import START
from tests.meter.vectors import DEMO_KEY

DRIVER = IdToken("0499887766AABB", "ISO14443")
"""Whose number is not in the vectors that the meter signed."""


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as archive:
        archive.add_usual()
        yield archive


@pytest.fixture
def names(archive: Archive) -> CardNames:
    return CardNames(archive.database)


@pytest.fixture
def desk(archive: Archive, names: CardNames) -> ReceiptDesk:
    return ReceiptDesk(archive.database, names=names)


def test_sessions_are_listed_newest_first_with_what_was_signed(desk: ReceiptDesk) -> None:
    third, second, first = desk.summaries()
    assert [third.number, second.number, first.number] == [3, 2, 1]
    assert (first.transaction_id, first.evse_id, first.started_at, first.ended_at) == ("tx-1", 1, START, LATER)
    assert (first.energy, first.energy_wh, first.energy_text) == (EnergyStanding.SIGNED, 150, "0.15 kWh")
    assert (first.id_token, first.id_token_type, first.stopped_reason) == (CARD.value, CARD.type, "Local")
    assert (first.signed, first.delivered) == ("begin+end", True)
    assert (second.energy, second.energy_wh, second.energy_text) == (EnergyStanding.RUNS, None, "no signed end yet")
    assert (second.id_token, second.id_token_type, second.ended_at) == ("", "", None)
    assert (second.signed, second.delivered, third.signed) == ("begin", False, "none")


def test_a_list_goes_on_where_the_one_before_ended(archive: Archive, desk: ReceiptDesk) -> None:
    def numbers(**more: int) -> list[int]:
        return [one.number for one in desk.summaries(**more)]

    assert numbers(limit=2) == [3, 2]
    assert numbers(before=2, limit=2) == [1]
    assert numbers(before=1) == []
    assert numbers(before=1000) == [3, 2, 1]
    assert numbers(limit=-5) == [3]
    for number in range(4, 4 + MOST):
        archive.add(f"tx-{number}")
    assert len(numbers(limit=10**9)) == MOST
    archive.receipts.prune(LATER.replace(year=2099))
    assert numbers(before=3, limit=5) == [2]


def test_a_receipt_is_the_same_by_number_and_by_transaction_id(desk: ReceiptDesk) -> None:
    assert desk.receipt(1) == desk.receipt("tx-1")
    assert desk.verdict(1) == desk.verdict("tx-1")


@pytest.mark.parametrize("which", [9, 0, -1, "tx-9", "1", ""])
def test_of_a_session_that_is_not_there_there_is_nothing(desk: ReceiptDesk, which: int | str) -> None:
    assert desk.receipt(which) is None
    assert desk.verdict(which) is None
    assert desk.safe_xml(which) is None
    assert desk.chargy(which) is None
    assert desk.public(str(which)) is None


def test_a_receipt_has_every_byte_and_what_became_of_it(desk: ReceiptDesk) -> None:
    receipt = desk.receipt(1)
    assert [kept.record.ocmf.encode() for kept in receipt.records] == [BEGIN.ocmf, END.ocmf]
    begin = receipt.records[0]
    assert begin.record.sha256 == sha256_of(BEGIN.ocmf)
    assert begin.record.public_key == DEMO_KEY.hex()
    assert (begin.record.kind, begin.record.transaction, begin.record.pagination) == ("turn_on", "B", 4276)
    assert (begin.record.meter_serial, begin.record.taken_at) == (BEGIN.meter_serial, BEGIN.taken_at)
    assert (begin.record.energy_wh, begin.record.session_energy_wh, begin.record.verified) == (99840, 0, True)
    assert (begin.sent_at, begin.told_at, begin.snapshot_kept) == (LATER, None, True)
    assert (receipt.request.evse_name, receipt.request.id_data) == (REQUEST.evse_id, CARD.value)
    assert receipt.request.details == ("ASSIGNED", "ISO14443", "HEARSAY", "RFID_RELATED")
    assert desk.receipt(2).request is None


def test_readings_are_those_of_the_signed_text(archive: Archive, desk: ReceiptDesk) -> None:
    archive.spoil("UPDATE records SET energy_wh = 7, session_energy_wh = 8, pagination = number, meter_serial = 'x'")
    record = desk.receipt(1).records[1].record
    assert (record.energy_wh, record.session_energy_wh) == (100000, 150)
    assert (record.pagination, record.meter_serial) == (4277, END.meter_serial)
    assert desk.verdict(1).answer is Answer.INVALID


def test_bytes_that_are_no_text_are_shown_as_what_they_are(archive: Archive, desk: ReceiptDesk) -> None:
    archive.receipts.add_record("tx-3", replace(BEGIN, ocmf=b"OCMF|\xff", pagination=9000), at=LATER)
    (kept,) = desk.receipt(3).records
    assert (kept.record.ocmf, kept.record.sha256) == ("OCMF|\\xff", sha256_of(b"OCMF|\xff"))
    assert desk.verdict(3).records[0].signature is Signature.INVALID


def test_cards_have_their_names_in_lists_receipts_and_tables(desk: ReceiptDesk, names: CardNames) -> None:
    names.give(CARD, "Anna", at=START)
    assert [one.card_name for one in desk.summaries()] == ["Anna", "", "Anna"]
    assert desk.receipt(1).summary.card_name == "Anna"
    rows = list(csv.DictReader(io.StringIO(b"".join(desk.csv()).decode(), newline="")))
    assert [row["card_name"] for row in rows] == ["Anna", "", "Anna"]


def test_what_a_driver_sees_is_what_the_meter_signed(desk: ReceiptDesk) -> None:
    receipt = desk.public("tx-1")
    assert (receipt.energy, receipt.energy_wh) == (EnergyStanding.SIGNED, 150)
    assert (receipt.started_at, receipt.ended_at, receipt.evse_name) == (START, LATER, REQUEST.evse_id)
    assert (receipt.begin.energy_wh, receipt.end.energy_wh) == (99840, 100000)
    assert receipt.public_key == DEMO_KEY.hex()
    assert [record.ocmf.encode() for record in receipt.records] == [BEGIN.ocmf, END.ocmf]
    assert receipt.verdict == desk.verdict("tx-1")


def test_a_driver_sees_nothing_of_who_it_was_but_in_the_signed_records(
    archive: Archive, desk: ReceiptDesk, names: CardNames
) -> None:
    names.give(DRIVER, "Anna Musterfrau", at=START)
    request = replace(REQUEST, identification_data=DRIVER.value, transaction_id="tx-4")
    records = [replace(record, pagination=record.pagination + 9) for record in (BEGIN, END)]
    archive.add("tx-4", *records, token=DRIVER)
    archive.add("tx-5", token=DRIVER, request=request, ended=None)
    for transaction_id in ("tx-4", "tx-5"):
        text = json.dumps(to_document(desk.public(transaction_id)))
        assert DRIVER.value.lower() not in text.lower()
        assert "Anna" not in text
        assert "ISO14443" not in text
        operators = json.dumps(to_document(desk.receipt(transaction_id)))
        assert DRIVER.value in operators
        assert "Anna" in operators


def test_a_public_receipt_of_what_is_not_genuine_has_no_energy(archive: Archive, desk: ReceiptDesk) -> None:
    forged = replace(END, pagination=9000, ocmf=END.ocmf.replace(b'"RV":0.15', b'"RV":9.15'))
    archive.add("tx-4", replace(BEGIN, pagination=8999), forged)
    assert desk.summaries(limit=1)[0].energy_wh == 9150  # as it was stored; lists do not look again
    for seen in (desk.public("tx-4"), desk.receipt("tx-4").summary):
        assert (seen.energy, seen.energy_wh) == (EnergyStanding.NOT_GENUINE, None)
    assert desk.public("tx-4").verdict.signature is Signature.INVALID


def test_a_public_receipt_of_a_session_that_runs_says_so(desk: ReceiptDesk) -> None:
    receipt = desk.public("tx-3")
    assert (receipt.energy, receipt.energy_wh, receipt.ended_at) == (EnergyStanding.RUNS, None, None)
    assert (receipt.begin, receipt.end, receipt.public_key, receipt.records) == (None, None, "", ())
    assert receipt.verdict.signature is Signature.UNCHECKED


def test_files_for_transparency_software_hold_exactly_the_bytes_of_the_meter(desk: ReceiptDesk) -> None:
    assert [one.ocmf for one in read_evidence(desk.safe_xml("tx-1"))] == [BEGIN.ocmf, END.ocmf]
    begin, end = read_chargy(desk.chargy(1))
    assert (begin.numbers["RCnt"], end.numbers["RCnt"]) == (4276, 4277)


def test_why_a_file_cannot_be_made_is_said(desk: ReceiptDesk) -> None:
    with pytest.raises(ExportError, match="session 3 has no signed record to export"):
        desk.safe_xml(3)
    with pytest.raises(ExportError, match="cannot be exported as Chargy JSON: it has no signed end"):
        desk.chargy(2)


def test_a_table_comes_in_pieces_so_that_nobody_waits_for_all_of_it(archive: Archive, desk: ReceiptDesk) -> None:
    pieces = desk.csv()
    assert next(pieces).startswith(b"number,transaction_id,")
    assert next(pieces).startswith(b"1,tx-1,")
    archive.add("tx-4")
    assert [piece.split(b",")[0] for piece in pieces] == [b"2", b"3"]


def test_every_answer_is_json(desk: ReceiptDesk) -> None:
    answers = (desk.summaries(), desk.receipt(1), desk.public("tx-1"), desk.verdict(1), desk.verdict(3))
    for answer in answers:
        json.dumps(to_document(answer))


def test_a_station_that_is_never_asked_does_not_load_what_judges() -> None:
    code = (
        "import sys, station.receipts.desk as d; "
        "print([m for m in sys.modules if m.startswith(('cryptography', 'xml')) or m.endswith('judged')])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"
