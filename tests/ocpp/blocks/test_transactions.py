"""What a session reports is said in TransactionEvent without loss, and what the CSMS answers is obeyed."""

import asyncio
import base64
from dataclasses import replace

import pytest
from ocpp.v201 import call_result
from ocpp.v201.datatypes import IdTokenInfoType, IdTokenType, MessageContentType
from ocpp.v201.enums import (
    AuthorizationStatusEnumType,
    ChargingStateEnumType,
    IdTokenEnumType,
    MeasurandEnumType,
    MessageFormatEnumType,
    PhaseEnumType,
    ReadingContextEnumType,
    ReasonEnumType,
    TransactionEventEnumType,
    TriggerReasonEnumType,
)

from station.core.documents import to_document
from station.core.events import Judged, StopCause, StopRequested
from station.core.reports import Sample, SampledValue, SignedValue, TransactionReport
from station.core.tokens import IdToken, PersonalMessage, TokenInfo
from station.meter.keys import parse_key
from station.ocpp import codec, validation
from station.ocpp.blocks.transactions import Ears, Transactions, encode
from station.ocpp.schemas import Kind
from station.storage.outbox import Queued
from station.storage.receipts import Receipts
from tests.fakes import reports_in
from tests.fakes_clock import START
from tests.ocpp.yard import ANNA, BERT, Yard, transactions_of

Status = AuthorizationStatusEnumType
OCMF = b'OCMF|{"FV":"1.0","GI":"\xc3\xa4"}|{"SD":"3045"}\r\n '
"""Not what a meter would write: bytes that any re-encoding would change."""
KEY = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + b"\x04" + bytes(range(64))
STARTED = TransactionReport(
    event=TransactionEventEnumType.started,
    transaction_id="8bb9ce2a-2f6a-4a8e-9c44-a8d2a1c0b001",
    seq_no=0,
    happened_at=START,
    trigger=TriggerReasonEnumType.authorized,
    charging_state=ChargingStateEnumType.ev_connected,
    evse_id=1,
    id_token=ANNA,
)


def payload_of(report, *, offline=False):
    """Return the payload of a report, checked against the schema."""
    payload = codec.encode(encode(report, offline=offline))
    assert validation.check("TransactionEvent", Kind.REQUEST, payload) is None
    return payload


def sample(signed=None, **changes):
    value = SampledValue(
        MeasurandEnumType.energy_active_import_register,
        12_345.0,
        "Wh",
        ReadingContextEnumType.transaction_begin,
        signed=signed,
    )
    return Sample(START, (replace(value, **changes),))


@pytest.mark.ocpp("E02.FR.01", "E02.FR.07", "E02.FR.13", "E02.FR.15")
def test_a_started_event_has_all_that_the_standard_wants_in_it():
    assert payload_of(STARTED) == {
        "eventType": "Started",
        "timestamp": "2026-12-01T12:00:00.000Z",
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {
            "transactionId": "8bb9ce2a-2f6a-4a8e-9c44-a8d2a1c0b001",
            "chargingState": "EVConnected",
        },
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": ANNA.value, "type": "ISO14443"},
    }


def test_what_is_not_known_is_left_out():
    bare = replace(STARTED, charging_state=None, evse_id=None, id_token=None)
    assert set(payload_of(bare)) == {"eventType", "timestamp", "triggerReason", "seqNo", "transactionInfo"}


@pytest.mark.ocpp("E06.FR.08", "E06.FR.15", "F01.FR.25")
def test_an_ended_event_says_why_and_a_remote_start_which():
    info = payload_of(
        replace(
            STARTED,
            event=TransactionEventEnumType.ended,
            trigger=TriggerReasonEnumType.reset_command,
            stopped_reason=ReasonEnumType.immediate_reset,
            remote_start_id=7,
        )
    )["transactionInfo"]
    assert (info["stoppedReason"], info["remoteStartId"]) == ("ImmediateReset", 7)


@pytest.mark.ocpp("E02.FR.18", "E02.FR.19", "E03.FR.13", "E03.FR.14")
def test_how_many_phases_are_used_is_told_where_it_is_news():
    assert payload_of(replace(STARTED, number_of_phases_used=3))["numberOfPhasesUsed"] == 3
    assert "numberOfPhasesUsed" not in payload_of(STARTED)


@pytest.mark.ocpp("E04.FR.04", "E07.FR.11", "E08.FR.08", "E09.FR.04", "E10.FR.03")
def test_an_event_keeps_the_number_that_it_got_when_it_was_made():
    assert payload_of(replace(STARTED, seq_no=7), offline=True)["seqNo"] == 7


@pytest.mark.ocpp("E04.FR.03", "E08.FR.07", "E11.FR.02", "E12.FR.02")
def test_an_event_is_offline_if_it_is_and_says_nothing_else():
    assert payload_of(STARTED, offline=True)["offline"] is True
    assert "offline" not in payload_of(STARTED, offline=False)


@pytest.mark.ocpp("E02.FR.09", "E06.FR.11")
def test_a_plain_value_stands_with_measurand_context_phase_and_unit():
    [meter_value] = payload_of(
        replace(
            STARTED,
            samples=(sample(measurand=MeasurandEnumType.voltage, value=230.1, unit="V", phase=PhaseEnumType.l1_n),),
        )
    )["meterValue"]
    assert meter_value == {
        "timestamp": "2026-12-01T12:00:00.000Z",
        "sampledValue": [
            {
                "value": 230.1,
                "context": "Transaction.Begin",
                "measurand": "Voltage",
                "phase": "L1-N",
                "location": "Outlet",
                "unitOfMeasure": {"unit": "V"},
            }
        ],
    }


@pytest.mark.ocpp("E02.FR.14", "E04.FR.10", "E07.FR.12", "E08.FR.12", "E09.FR.08", "E10.FR.07", "E11.FR.08",
                  "E12.FR.10")  # fmt: skip
def test_a_signed_value_holds_exactly_the_bytes_of_the_meter():
    signed = replace(STARTED, samples=(sample(SignedValue(OCMF, KEY)),))
    [value] = payload_of(signed)["meterValue"][0]["sampledValue"]
    told = value["signedMeterValue"]
    assert base64.b64decode(told["signedMeterData"], validate=True) == OCMF
    assert (told["encodingMethod"], told["signingMethod"]) == ("OCMF", "")
    key = base64.b64decode(told["publicKey"], validate=True).decode()
    assert key == "oca:base16:asn1:" + KEY.hex()
    assert parse_key(key) == KEY
    assert value["value"] == 12_345.0


def test_a_key_that_is_not_due_is_an_empty_text():
    [value] = payload_of(replace(STARTED, samples=(sample(SignedValue(OCMF, None)),)))["meterValue"][0][
        "sampledValue"
    ]
    assert value["signedMeterValue"]["publicKey"] == ""


def test_the_longest_record_of_a_meter_fits_into_the_message():
    longest = b"x" * (496 * 2)  # METER.md section 4: the registers that hold OCMF
    payload_of(replace(STARTED, samples=(sample(SignedValue(longest, KEY)),)))


def test_a_stored_report_is_encoded_as_it_was_made():
    row = Queued(1, "TransactionEvent", "", STARTED.transaction_id, 0, START, 0, offline=True)
    transactions = transactions_of({})
    report = replace(STARTED, samples=(sample(SignedValue(OCMF, KEY)),))
    assert transactions.encode(row, to_document(report)) == encode(report, offline=True)


# Answers


class Desk:
    """A yard with its transactions, and what was told on."""

    def __init__(self, yard):
        self.yard = yard
        self.learned, self.told = [], []
        self.delivered, self.told_plain = [], []
        self.costs = []
        ears = Ears(
            learn=lambda token, info: self.learned.append((token, info)),
            delivered=self.delivered.append,
            told_plain=lambda transaction_id, sample: self.told_plain.append((transaction_id, sample)),
            told=lambda transaction_id, info: self.told.append((transaction_id, info)),
            costs=lambda *said: self.costs.append(said),
        )
        self.transactions = Transactions(yard.evses, ears, token_of=Receipts(yard.database).token_of)

    def answer(self, transaction_id, status, *, token=None, **info):
        """Let the CSMS answer the newest event of a transaction."""
        report = replace(STARTED, transaction_id=transaction_id, id_token=token)
        told = IdTokenInfoType(status=status, **info) if status else None
        self.transactions.answered(to_document(report), call_result.TransactionEvent(id_token_info=told))


@pytest.fixture
async def desk(tmp_path):
    yard = Yard(tmp_path, evses=2)
    async with yard.open():
        yield Desk(yard)


@pytest.mark.ocpp("E05.FR.10", "C15.FR.04", "E06.FR.04")
@pytest.mark.parametrize("status", [status for status in Status if status is not Status.accepted])
async def test_whatever_is_not_accepted_ends_the_transaction(tmp_path, status):
    yard = Yard(tmp_path)
    async with yard.open():
        yard.meters[1].signing_s = 0.1
        desk = Desk(yard)
        transaction_id = await yard.charge()
        desk.answer(transaction_id, status, token=ANNA)
        await yard.until(lambda: yard.evses[1].session.transaction is None)
        ended = reports_in(yard.database)[-1]
    assert (ended.event, ended.trigger) == ("Ended", TriggerReasonEnumType.deauthorized)
    assert ended.stopped_reason is ReasonEnumType.de_authorized


@pytest.mark.ocpp("E05.FR.02", "C15.FR.06")
async def test_if_the_operator_wants_so_it_goes_on_without_energy(tmp_path):
    yard = Yard(tmp_path, stop_on_invalid_id=False)
    async with yard.open():
        desk = Desk(yard)
        transaction_id = await yard.charge()
        desk.answer(transaction_id, Status.invalid, token=ANNA)
        await yard.until(lambda: yard.controllers[1].hardware.offered_amps == 0)
        await asyncio.sleep(1)
        assert yard.evses[1].session.transaction.id == transaction_id
        assert reports_in(yard.database)[-1].charging_state is ChargingStateEnumType.suspended_evse


async def test_accepted_and_silence_change_nothing(desk):
    transaction_id = await desk.yard.charge()
    desk.answer(transaction_id, Status.accepted, token=ANNA)
    desk.answer(transaction_id, None, token=ANNA)
    await asyncio.sleep(1)
    assert desk.yard.charging()


async def test_only_the_transaction_that_is_meant_ends(desk):
    first = await desk.yard.charge(1, token=ANNA)
    await desk.yard.charge(2, token=BERT)
    desk.answer(first, Status.blocked, token=ANNA)
    desk.answer("one that is over", Status.blocked, token=BERT)
    await asyncio.sleep(1)
    assert not desk.yard.charging(1)
    assert desk.yard.charging(2)


@pytest.mark.ocpp("C10.FR.05", "C12.FR.06")
async def test_what_is_said_about_a_token_is_learned(desk):
    group = IdTokenType(id_token="fleet", type=IdTokenEnumType.central)
    desk.answer("one that is over", Status.accepted, token=ANNA, group_id_token=group)
    desk.answer("one that is over", Status.blocked)
    assert desk.learned == [(ANNA, TokenInfo(Status.accepted, group=IdToken("fleet", "Central")))]


@pytest.mark.ocpp("C10.FR.05", "C12.FR.06")
async def test_an_answer_to_an_event_without_token_is_about_the_token_of_its_transaction(desk):
    transaction_id = await desk.yard.charge(token=BERT)
    desk.answer(transaction_id, Status.blocked)
    assert desk.learned == [(BERT, TokenInfo(Status.blocked))]


@pytest.mark.ocpp("C10.FR.05", "C12.FR.06", "E05.FR.10")
async def test_an_answer_that_comes_when_its_transaction_is_over_is_about_the_driver_it_had(tmp_path):
    """The event waited offline, or over a restart, and is not the one that named him."""
    yard = Yard(tmp_path)
    async with yard.open():
        transaction_id = await yard.charge(token=BERT)
        yard.evses[1].post(StopRequested(StopCause.REMOTE))
        await yard.until(lambda: yard.evses[1].session.transaction is None)
        desk = Desk(yard)
        desk.answer(transaction_id, Status.blocked)
        assert desk.learned == [(BERT, TokenInfo(Status.blocked))]
        assert desk.told == []


async def test_a_session_hears_what_is_said_about_its_driver_and_the_driver_does_too(tmp_path, monkeypatch):
    yard = Yard(tmp_path)
    async with yard.open():
        transaction_id = await yard.charge(token=ANNA)
        posted = []
        monkeypatch.setattr(yard.evses[1], "post", posted.append)
        desk = Desk(yard)
        group = IdTokenType(id_token="fleet", type=IdTokenEnumType.central)
        message = MessageContentType(format=MessageFormatEnumType.utf8, content="Bon voyage", language="fr")
        desk.answer(transaction_id, Status.accepted, token=ANNA, group_id_token=group, personal_message=message)
        desk.answer(transaction_id, Status.expired)
    assert posted == [
        Judged(transaction_id, accepted=True, group=IdToken("fleet", "Central")),
        Judged(transaction_id, accepted=False),
    ]
    (told_to, info), _ = desk.told
    assert (told_to, info.personal_message.content) == (transaction_id, "Bon voyage")


async def test_what_is_said_about_a_card_that_ended_it_is_not_about_the_driver(tmp_path, monkeypatch):
    yard = Yard(tmp_path)
    async with yard.open():
        transaction_id = await yard.charge(token=ANNA)
        posted = []
        monkeypatch.setattr(yard.evses[1], "post", posted.append)
        desk = Desk(yard)
        desk.answer(transaction_id, Status.invalid, token=BERT)
    assert (posted, desk.told) == ([], [])
    assert desk.learned == [(BERT, TokenInfo(Status.invalid))]


async def test_what_is_said_about_nobody_is_about_nobody(desk):
    desk.answer("one that never was", Status.accepted)
    assert (desk.learned, desk.told) == ([], [])


async def test_records_that_the_csms_got_are_named_whatever_else_it_says(desk):
    report = replace(STARTED, samples=(sample(SignedValue(OCMF, KEY)), sample(None)))
    desk.transactions.answered(to_document(report), call_result.TransactionEvent())
    assert desk.delivered == [OCMF]
    assert desk.told_plain == [(STARTED.transaction_id, sample(None))]


async def test_a_record_that_was_told_without_its_signature_is_known_as_such(tmp_path):
    yard = Yard(tmp_path, sign_readings=False)
    async with yard.open():
        await yard.charge()
        receipts = Receipts(yard.database)
        transactions = transactions_of(
            yard.evses,
            delivered=lambda ocmf: receipts.mark_sent(ocmf, START),
            told_plain=lambda transaction_id, sample: receipts.mark_told(transaction_id, sample, START),
        )
        for report in reports_in(yard.database):
            transactions.answered(to_document(report), call_result.TransactionEvent())
        (receipt,) = receipts.list()
        assert [(kept.sent_at, kept.told_at) for kept in receipt.kept] == [(None, START)]


async def test_what_it_costs_and_the_words_about_it_are_heard_for_drivers(desk):
    message = MessageContentType(format=MessageFormatEnumType.utf8, content="0,49 EUR/kWh", language="de")
    answer = call_result.TransactionEvent(total_cost=1.23, updated_personal_message=message)
    desk.transactions.answered(to_document(STARTED), answer)
    said = PersonalMessage(MessageFormatEnumType.utf8, "0,49 EUR/kWh", "de")
    assert desk.costs == [(STARTED.transaction_id, 1.23, said)]


async def test_an_answer_that_says_nothing_about_costs_leaves_them(desk):
    desk.transactions.answered(to_document(STARTED), call_result.TransactionEvent())
    assert desk.costs == []
