"""Evidence is kept byte by byte, added to and never changed."""

import dataclasses
from datetime import timedelta

import pytest
from ocpp.v201.enums import MeasurandEnumType, PhaseEnumType, ReadingContextEnumType

from station.core.powermeter import (
    IdentificationFlag,
    IdentificationLevel,
    IdentificationStatus,
    IdentificationType,
    TransactionReq,
)
from station.core.records import RecordKind, SignedRecord
from station.core.reports import Sample, SampledValue
from station.core.tokens import IdToken
from station.errors import StorageError
from station.storage.database import Database
from station.storage.receipts import Receipts
from tests.fakes_clock import START, FakeClock

CARD = IdToken("04A2B3C4", "ISO14443")
BEGIN = SignedRecord(
    kind=RecordKind.TURN_ON,
    ocmf=b'OCMF|{"FV":"1.0","RV":0.00}|{"SD":"30\xff\x00"}',
    public_key=b"\x30\x59\x00",
    meter_serial="001BZR1521070006",
    pagination=7,
    taken_at=START,
    energy_wh=123450,
    session_energy_wh=0,
    verified=True,
    doubts=("clock_moved",),
    snapshot=bytes(range(252)) * 2,
)
END = dataclasses.replace(
    BEGIN,
    kind=RecordKind.TURN_OFF,
    ocmf=BEGIN.ocmf + b" ",
    pagination=8,
    session_energy_wh=4200,
    doubts=(),
    snapshot=b"",
)
REQUEST = TransactionReq(
    "DE*ABC*E1234*1",
    "t1",
    IdentificationStatus.ASSIGNED,
    (IdentificationFlag.RFID_RELATED, IdentificationFlag.OCPP_AUTH),
    IdentificationType.ISO14443,
    IdentificationLevel.HEARSAY,
    "04A2B3C4",
    "0.49 EUR/kWh",
)


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield database


@pytest.fixture
def receipts(database):
    receipts = Receipts(database)
    receipts.begin("t1", evse_id=2, token=CARD, started_at=START)
    return receipts


def test_a_receipt_has_the_transaction_and_its_records_exactly_as_the_meter_wrote_them(receipts):
    receipts.add_record("t1", BEGIN, at=START)
    receipts.add_record("t1", END, at=START + timedelta(hours=1))
    receipts.finish("t1", ended_at=START + timedelta(hours=1), stopped_reason="Local")
    receipt = receipts.get("t1")
    assert receipt.number == 1
    assert (receipt.id, receipt.evse_id, receipt.token) == ("t1", 2, CARD)
    assert (receipt.started_at, receipt.ended_at) == (START, START + timedelta(hours=1))
    assert receipt.stopped_reason == "Local"
    assert receipt.records == (BEGIN, END)


def test_a_receipt_is_found_by_number_and_by_id(receipts):
    assert receipts.get(1) == receipts.get("t1")
    assert receipts.get(2) is None
    assert receipts.get("t2") is None


def test_receipts_are_listed_in_the_order_they_were_begun_and_numbered_without_gaps(receipts):
    receipts.begin("a", evse_id=1, token=None, started_at=START)
    assert [(receipt.number, receipt.id) for receipt in receipts.list()] == [(1, "t1"), (2, "a")]


def test_beginning_again_changes_nothing_but_a_missing_token(receipts):
    receipts.begin("t1", evse_id=1, token=IdToken("FFFF", "ISO14443"), started_at=START + timedelta(hours=1))
    assert receipts.get("t1").token == CARD
    receipts.begin("t2", evse_id=1, token=None, started_at=START)
    receipts.begin("t2", evse_id=1, token=CARD, started_at=START + timedelta(hours=1))
    assert receipts.get("t2").token == CARD
    assert receipts.get("t2").started_at == START
    assert len(receipts.list()) == 2


def test_what_the_meter_was_asked_to_sign_for_is_kept(receipts):
    assert receipts.get("t1").request is None
    receipts.begin("t2", evse_id=2, token=CARD, started_at=START, request=REQUEST)
    assert receipts.get("t2").request == REQUEST


def test_a_request_that_comes_later_is_added_and_the_first_one_stands(receipts):
    receipts.begin("t1", evse_id=2, token=CARD, started_at=START, request=REQUEST)
    assert receipts.get("t1").request == REQUEST
    other = dataclasses.replace(REQUEST, identification_data="somebody else")
    receipts.begin("t1", evse_id=2, token=None, started_at=START, request=other)
    assert (receipts.get("t1").request, receipts.get("t1").token) == (REQUEST, CARD)


def test_an_intermediate_record_is_kept_like_the_others(receipts):
    current = dataclasses.replace(BEGIN, kind=RecordKind.CURRENT, ocmf=b"OCMF|{}|{}", pagination=9)
    receipts.add_record("t1", current, at=START)
    assert receipts.get("t1").records == (current,)


def test_the_registers_of_a_snapshot_are_kept_as_they_are(receipts):
    receipts.add_record("t1", BEGIN, at=START)
    assert receipts.get("t1").records[0].snapshot == bytes(range(252)) * 2


def test_which_records_the_csms_has_is_remembered_and_the_first_time_counts(receipts):
    receipts.add_record("t1", BEGIN, at=START)
    receipts.add_record("t1", END, at=START)
    receipts.mark_sent(END.ocmf, START + timedelta(hours=1))
    receipts.mark_sent(END.ocmf, START + timedelta(hours=2))
    assert [kept.sent_at for kept in receipts.get("t1").kept] == [None, START + timedelta(hours=1)]


def plain(record, *, energy_wh=None, unit="Wh", taken_at=None, **changes):
    """Return the sample of a record as it is reported without its signature."""
    value = SampledValue(
        MeasurandEnumType.energy_active_import_register,
        record.energy_wh if energy_wh is None else energy_wh,
        unit,
        ReadingContextEnumType.transaction_end,
    )
    return Sample(taken_at or record.taken_at, (dataclasses.replace(value, **changes),))


@pytest.mark.parametrize(("energy_wh", "unit"), [(123450.0, "Wh"), (123.45, "kWh")])
def test_a_record_whose_energy_was_told_without_its_signature_is_told_apart(receipts, energy_wh, unit):
    receipts.add_record("t1", BEGIN, at=START)
    receipts.mark_told("t1", plain(BEGIN, energy_wh=energy_wh, unit=unit), START + timedelta(hours=1))
    receipts.mark_told("t1", plain(BEGIN), START + timedelta(hours=2))
    assert [(kept.sent_at, kept.told_at) for kept in receipts.get("t1").kept] == [(None, START + timedelta(hours=1))]


def test_a_signature_that_comes_later_counts_from_then_on(receipts):
    receipts.add_record("t1", BEGIN, at=START)
    receipts.mark_told("t1", plain(BEGIN), START)
    receipts.mark_sent(BEGIN.ocmf, START + timedelta(hours=1))
    receipts.mark_told("t1", plain(BEGIN), START + timedelta(hours=2))
    receipts.mark_sent(BEGIN.ocmf, START + timedelta(hours=3))
    assert [(kept.sent_at, kept.told_at) for kept in receipts.get("t1").kept] == [(START + timedelta(hours=1), None)]


@pytest.mark.parametrize(
    "sample",
    [
        plain(BEGIN, energy_wh=123460),
        plain(BEGIN, taken_at=START + timedelta(seconds=1)),
        plain(BEGIN, measurand=MeasurandEnumType.power_active_import),
        plain(BEGIN, phase=PhaseEnumType.l1),
    ],
)
def test_other_values_tell_nothing_of_a_record(receipts, sample):
    receipts.add_record("t1", BEGIN, at=START)
    receipts.mark_told("t1", sample, START)
    receipts.mark_told("another transaction", plain(BEGIN), START)
    assert [(kept.sent_at, kept.told_at) for kept in receipts.get("t1").kept] == [(None, None)]


def test_whose_a_transaction_is_is_known_after_its_end_too(receipts):
    receipts.begin("t2", evse_id=1, token=None, started_at=START)
    receipts.finish("t1", ended_at=START, stopped_reason="Local")
    assert (receipts.token_of("t1"), receipts.token_of("t2"), receipts.token_of("t3")) == (CARD, None, None)


def test_a_record_is_kept_once_however_often_it_is_added(receipts):
    for _ in range(3):
        receipts.add_record("t1", BEGIN, at=START)
    assert receipts.get("t1").records == (BEGIN,)


def test_records_that_were_signed_between_begin_and_end_stand_between_them(receipts):
    currents = [
        dataclasses.replace(BEGIN, kind=RecordKind.CURRENT, ocmf=b"OCMF|%d|{}" % number, pagination=number)
        for number in (8, 9)
    ]
    records = (BEGIN, *currents, dataclasses.replace(END, pagination=10))
    for record in records:
        receipts.add_record("t1", record, at=START)
    assert receipts.get("t1").records == records
    assert [pagination for _, pagination in receipts.counters()] == [7, 8, 9, 10]


def test_another_text_of_the_same_pagination_is_kept_too(receipts):
    receipts.add_record("t1", BEGIN, at=START)
    receipts.add_record("t1", dataclasses.replace(BEGIN, ocmf=b"OCMF|{}|{}"), at=START)
    assert len(receipts.get("t1").records) == 2


def test_an_end_that_comes_late_is_kept_after_the_transaction_ended(receipts):
    receipts.finish("t1", ended_at=START, stopped_reason="PowerLoss")
    receipts.add_record("t1", END, at=START + timedelta(days=1))
    assert receipts.get("t1").records == (END,)


def test_the_first_end_of_a_transaction_stands(receipts):
    receipts.finish("t1", ended_at=START, stopped_reason="Local")
    receipts.finish("t1", ended_at=START + timedelta(hours=1), stopped_reason="Reboot")
    assert receipts.get("t1").stopped_reason == "Local"


def test_a_record_without_its_transaction_is_a_bug_and_says_so(receipts):
    with pytest.raises(StorageError, match="has no transaction nowhere"):
        receipts.add_record("nowhere", BEGIN, at=START)
    with pytest.raises(StorageError, match="has no transaction nowhere"):
        receipts.finish("nowhere", ended_at=START, stopped_reason="Local")


def test_a_record_that_must_not_be_reported_is_kept_apart(receipts):
    receipts.add_rejected(2, b"OCMF|broken\xff", "the signature does not fit", at=START)
    (kept,) = receipts.rejected()
    assert (kept.evse_id, kept.ocmf, kept.reason) == (2, b"OCMF|broken\xff", "the signature does not fit")
    assert receipts.get("t1").records == ()


def test_a_genuine_record_that_belongs_to_nothing_is_kept_with_all_that_proves_it(receipts):
    receipts.set_aside(2, BEGIN, "a start that nobody waited for any more", at=START)
    (kept,) = receipts.rejected()
    assert (kept.evse_id, kept.ocmf, kept.stored_at) == (2, BEGIN.ocmf, START)
    assert kept.reason == "a start that nobody waited for any more"
    assert (kept.public_key, kept.meter_serial, kept.pagination) == (BEGIN.public_key, BEGIN.meter_serial, 7)
    assert kept.snapshot == BEGIN.snapshot


def test_the_counters_of_all_records_that_are_here_are_told_meter_by_meter(receipts):
    receipts.add_record("t1", END, at=START)
    receipts.add_record("t1", BEGIN, at=START)
    receipts.add_record("t1", dataclasses.replace(BEGIN, meter_serial="000", pagination=9), at=START)
    receipts.set_aside(2, dataclasses.replace(BEGIN, pagination=3), "why", at=START)
    receipts.add_rejected(2, b"OCMF|broken", "why", at=START)
    serial = BEGIN.meter_serial
    assert receipts.counters() == (("000", 9), (serial, 3), (serial, 7), (serial, 8))


def test_what_is_missing_before_a_record_is_counted_from_the_newest_one_before_it(receipts):
    def missing(pagination, serial=BEGIN.meter_serial):
        return receipts.missing_before(dataclasses.replace(BEGIN, pagination=pagination, meter_serial=serial))

    assert missing(100) == 0
    receipts.add_record("t1", BEGIN, at=START)
    assert (missing(8), missing(9), missing(20)) == (0, 1, 12)
    assert (missing(7), missing(5)) == (0, 0)
    assert missing(20, "another meter") == 0
    receipts.set_aside(2, END, "why", at=START)
    assert missing(10) == 1
    receipts.add_record("t1", dataclasses.replace(BEGIN, pagination=20), at=START)
    assert missing(20) == 11


def test_all_receipts_can_be_gone_through_one_by_one(receipts):
    receipts.begin("t2", evse_id=1, token=None, started_at=START)
    assert [receipts.get(number).id for number in receipts.numbers()] == ["t1", "t2"]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE records SET ocmf = x'00'",
        "UPDATE records SET verified = 0",
        "DELETE FROM records",
        "INSERT OR REPLACE INTO records SELECT * FROM records",
        "UPDATE rejected_records SET reason = ''",
        "DELETE FROM rejected_records",
        "DELETE FROM transactions",
        "UPDATE transactions SET id_token = 'somebody else'",
    ],
)
def test_the_database_refuses_to_change_or_delete_evidence(database, receipts, sql):
    receipts.add_record("t1", BEGIN, at=START)
    receipts.add_rejected(2, b"OCMF|broken", "why", at=START)
    receipts.finish("t1", ended_at=START, stopped_reason="Local")
    before = (receipts.list(), receipts.rejected())
    with pytest.raises(StorageError, match="never"):
        database.execute(sql)
    assert (receipts.list(), receipts.rejected()) == before


@pytest.mark.parametrize(
    ("known", "ended", "deletable"),
    [
        ("sent", True, True),
        ("sent", False, False),
        ("told", True, False),
        ("waived", True, True),
        ("waived", False, False),
        ("", True, False),
    ],
)
def test_the_database_lets_a_record_go_only_if_the_csms_has_it_signed_or_it_is_waived_and_its_transaction_ended(
    database, receipts, known, ended, deletable
):
    receipts.add_record("t1", BEGIN, at=START)
    if known == "sent":
        receipts.mark_sent(BEGIN.ocmf, START)
    elif known == "told":
        receipts.mark_told("t1", plain(BEGIN), START)
    elif known == "waived":
        database.execute("INSERT INTO waived_records SELECT sha256, '' FROM records")
    if ended:
        receipts.finish("t1", ended_at=START, stopped_reason="Local")
    if deletable:
        database.execute("DELETE FROM records")
    else:
        with pytest.raises(StorageError, match="never"):
            database.execute("DELETE FROM records")
    assert len(receipts.get("t1").records) == (0 if deletable else 1)


@pytest.mark.parametrize("foreign_keys", ["on", "off"])
def test_the_database_lets_a_transaction_go_only_after_its_records_and_its_end(database, receipts, foreign_keys):
    database.execute(f"PRAGMA foreign_keys = {foreign_keys}")
    with pytest.raises(StorageError, match="never deleted before it ended"):
        database.execute("DELETE FROM transactions")
    receipts.add_record("t1", BEGIN, at=START)
    receipts.mark_sent(BEGIN.ocmf, START)
    receipts.finish("t1", ended_at=START, stopped_reason="Local")
    with pytest.raises(StorageError, match="nor without its records"):
        database.execute("DELETE FROM transactions")
    database.execute("DELETE FROM records")
    database.execute("DELETE FROM transactions")
    assert receipts.list() == []


@pytest.mark.parametrize("column", ["kind = 'nothing'", "taken_at = 'noon'", "doubts = '{'"])
def test_a_row_that_somebody_spoiled_is_an_error_that_names_it(database, receipts, column):
    receipts.add_record("t1", BEGIN, at=START)
    database.execute("DROP TRIGGER records_stay_as_they_are")
    database.execute(f"UPDATE records SET {column}")
    with pytest.raises(StorageError, match="session 1 cannot be read"):
        receipts.get("t1")


def test_bytes_that_changed_on_disk_are_not_passed_off_as_verified(database, receipts):
    receipts.add_record("t1", BEGIN, at=START)
    database.execute("DROP TRIGGER records_stay_as_they_are")
    database.execute("UPDATE records SET ocmf = ?", (BEGIN.ocmf.replace(b"0.00", b"9.00"),))
    (record,) = receipts.get("t1").records
    assert not record.verified
    assert record.doubts == ("clock_moved", "bytes_changed")
