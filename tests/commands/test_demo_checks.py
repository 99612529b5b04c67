"""The checks at the end of a story: each finds the one thing that is wrong, and nothing else does."""

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from station.commands.stories.checks import of_station, of_transaction, signed_data
from station.commands.stories.story import Expected
from station.core.records import RecordKind, SignedRecord
from station.storage.receipts import Kept, Receipt

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
BEGIN, END = b'OCMF|{"PG":"T1"}|{"SD":"30"}', b'OCMF|{"PG":"T2"}|{"SD":"31"}'

Json = dict[str, Any]


def event(seq_no: int, kind: str, *records: bytes, trigger: str = "Authorized", offline: bool = False) -> Json:
    samples = [
        {"value": 1.0, "signedMeterValue": {"signedMeterData": base64.b64encode(ocmf).decode()}} for ocmf in records
    ]
    payload = {"meterValue": [{"sampledValue": [*samples, {"value": 2.0}]}]} if records else {}
    return {"seqNo": seq_no, "eventType": kind, "triggerReason": trigger, "offline": offline, "payload": payload}


def transaction(**changes: Any) -> Json:
    whole = {
        "complete": True,
        "evse": {"id": 1},
        "stoppedReason": "Local",
        "begin": {"signature": "valid"},
        "end": {"signature": "valid"},
        "problems": [],
        "events": [
            event(0, "Started"),
            event(1, "Updated", trigger="SignedDataReceived"),
            event(2, "Ended", BEGIN, END, trigger="StopAuthorized"),
        ],
    }
    return whole | changes


def kept(ocmf: bytes, *, sent: bool = True) -> Kept:
    record = SignedRecord(RecordKind.TURN_ON, ocmf, b"key", "001BZR", 1, NOW, 0, 0, True, (), b"")
    return Kept(record, NOW if sent else None)


def receipt(*records: Kept) -> Receipt:
    return Receipt(1, "tx", 1, None, NOW, NOW, "Local", None, records or (kept(BEGIN), kept(END)))


def failed(told: Json, expected: Expected, stored: Receipt | None) -> list[str]:
    return [check.what for check in of_transaction(told, expected, stored) if not check.holds]


def with_event(at: int, **changes: Any) -> Json:
    events = transaction()["events"]
    events[at] |= changes
    return transaction(events=events)


def test_a_whole_transaction_passes_every_check() -> None:
    assert failed(transaction(), Expected(), receipt()) == []


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (transaction(complete=False), ["complete"]),
        (with_event(1, seqNo=3), ["seqNo"]),
        (with_event(1, eventType="Started"), ["order"]),
        (with_event(1, eventType="Ended"), ["order"]),
        (transaction(evse={"id": 2}), ["EVSE"]),
        (transaction(evse=None), ["EVSE"]),
        (transaction(stoppedReason="Remote"), ["ended by"]),
        (with_event(2, triggerReason="RemoteStop"), ["ended by"]),
        (transaction(begin={"signature": "invalid"}), ["signatures"]),
        (transaction(end={"signature": "no_key"}), ["signatures"]),
        (transaction(end=None), ["signatures"]),
        (transaction(problems=["the EVSE changes"]), ["signatures"]),
        (with_event(1, offline=True), ["offline"]),
    ],
)
def test_what_is_wrong_with_a_transaction_is_found(wrong: Json, found: list[str]) -> None:
    assert failed(wrong, Expected(), receipt()) == found


@pytest.mark.parametrize(
    "stored",
    [
        None,
        receipt(kept(BEGIN)),
        receipt(kept(BEGIN), kept(END + b" ")),
        receipt(kept(BEGIN), kept(END, sent=False)),
        receipt(kept(BEGIN), kept(END), kept(b"more")),
    ],
)
def test_a_receipt_that_is_not_what_the_csms_got_is_found(stored: Receipt | None) -> None:
    assert failed(transaction(), Expected(), stored) == ["receipt"]


def test_a_lack_that_was_foreseen_has_to_show() -> None:
    remark = "only Transaction.Begin is signed"
    expected = Expected(signed_end=False, remarks=(remark,))
    lacking = with_event(2, payload=event(2, "Ended", BEGIN)["payload"])
    lacking |= {"end": None, "problems": [remark]}
    stored = receipt(kept(BEGIN), kept(END, sent=False))
    assert failed(lacking, expected, stored) == []
    assert failed(lacking | {"problems": []}, expected, stored) == ["signatures"]
    assert failed(transaction(), expected, receipt()) == ["signatures", "receipt"]


@pytest.mark.parametrize(
    ("offline", "holds"),
    [
        ((False, True, True), True),
        ((False, False, True), True),
        ((False, True, False), False),
        ((True, True, True), False),
        ((False, False, False), False),
    ],
)
def test_what_happened_offline_is_the_last_of_it(offline: tuple[bool, ...], holds: bool) -> None:
    events = [told | {"offline": is_so} for told, is_so in zip(transaction()["events"], offline, strict=True)]
    found = failed(transaction(events=events), Expected(offline=True), receipt())
    assert found == ([] if holds else ["offline"])


def test_a_gap_in_what_is_told_to_be_offline_is_found() -> None:
    events = [event(n, "Updated", offline=n in (1, 3)) for n in range(5)]
    checks = {check.what: check.holds for check in of_transaction(transaction(events=events), Expected(), None)}
    assert checks["offline"] is False
    either = replace(Expected(), offline=None)
    checks = {check.what: check.holds for check in of_transaction(transaction(events=events), either, None)}
    assert checks["offline"] is False


@pytest.mark.parametrize(
    ("counts", "closed", "problems", "found"),
    [
        ((2, 2), {1: False, 2: False}, [], []),
        ((1, 2), {1: False}, [], ["transactions"]),
        ((3, 2), {1: False}, [], ["transactions"]),
        ((1, 1), {1: False, 2: True}, [], ["contactors"]),
        ((1, 1), {1: False}, ["message 3: no evse"], ["messages"]),
    ],
)
def test_what_is_wrong_with_the_station_is_found(
    counts: tuple[int, int], closed: dict[int, bool], problems: list[str], found: list[str]
) -> None:
    checks = of_station(counts=counts, contactors_closed=closed, problems=problems)
    assert [check.what for check in checks if not check.holds] == found


def test_signed_records_are_taken_as_bytes_from_wherever_they_stand() -> None:
    assert signed_data(transaction()["events"]) == {BEGIN, END}
