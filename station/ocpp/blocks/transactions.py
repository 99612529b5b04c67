"""Block E: TransactionEvent."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import (
    MeterValueType,
    SampledValueType,
    SignedMeterValueType,
    TransactionType,
    UnitOfMeasureType,
)

from station.core.device_model import CONNECTOR_ID
from station.core.documents import from_document
from station.core.events import StopCause, StopRequested
from station.core.reports import Sample, SampledValue, SignedValue, TransactionReport
from station.core.tokens import IdToken, TokenInfo
from station.evse import Evse
from station.meter.keys import oca_public_key
from station.ocpp import words
from station.storage.outbox import Queued

log = structlog.get_logger("station.transactions")


class Transactions:
    """Puts reports of sessions into TransactionEvent and takes the answers."""

    action = "TransactionEvent"

    def __init__(
        self,
        evses: Mapping[int, Evse],
        *,
        learn: Callable[[IdToken, TokenInfo], None],
        delivered: Callable[[bytes], None],
    ) -> None:
        """`delivered` is told each signed record (its OCMF text) that the CSMS has got."""
        self._evses = evses
        self._learn = learn
        self._delivered = delivered

    def encode(self, row: Queued, body: Any) -> call.TransactionEvent:
        """Return the message of a stored report."""
        return encode(from_document(TransactionReport, body), offline=row.offline)

    def answered(self, body: Any, answer: call_result.TransactionEvent) -> None:
        """Remember what the CSMS says about the token (C10.FR.05); stop if it is not accepted (E05)."""
        report = from_document(TransactionReport, body)
        for value in (value for sample in report.samples for value in sample.values):
            if value.signed is not None:
                self._delivered(value.signed.ocmf)
        if answer.id_token_info is None:
            return
        info = words.token_info(answer.id_token_info)
        token = report.id_token
        for evse in self._evses.values():
            transaction = evse.session.transaction
            if transaction is None or transaction.id != report.transaction_id:
                continue
            token = token or transaction.token  # most events do not repeat it, but what is said is about it
            if not info.accepted:
                log.warning("transaction_deauthorized", transaction=transaction.id, status=info.status.value)
                evse.post(StopRequested(StopCause.DEAUTHORIZED, transaction.id))
        if token is not None:
            self._learn(token, info)


def encode(report: TransactionReport, *, offline: bool) -> call.TransactionEvent:
    """Return a report as the message of the standard."""
    return call.TransactionEvent(
        event_type=report.event,
        timestamp=words.timestamp(report.happened_at),
        trigger_reason=report.trigger,
        seq_no=report.seq_no,
        transaction_info=TransactionType(
            transaction_id=report.transaction_id,
            charging_state=report.charging_state,
            stopped_reason=report.stopped_reason,
            remote_start_id=report.remote_start_id,
        ),
        offline=offline or None,
        evse=words.evse(report.evse_id, CONNECTOR_ID) if report.evse_id is not None else None,
        id_token=words.id_token(report.id_token) if report.id_token else None,
        meter_value=[_meter_value(sample) for sample in report.samples] or None,
    )


def _meter_value(sample: Sample) -> MeterValueType:
    return MeterValueType(
        timestamp=words.timestamp(sample.taken_at), sampled_value=[_sampled_value(value) for value in sample.values]
    )


def _sampled_value(value: SampledValue) -> SampledValueType:
    return SampledValueType(
        value=value.value,
        context=value.context,
        measurand=value.measurand,
        phase=value.phase,
        signed_meter_value=_signed(value.signed) if value.signed else None,
        unit_of_measure=UnitOfMeasureType(unit=value.unit) if value.unit else None,
    )


def _signed(signed: SignedValue) -> SignedMeterValueType:
    """OCA application note on signed meter values: the method stands inside the OCMF, so it is left empty here."""
    return SignedMeterValueType(
        signed_meter_data=base64.b64encode(signed.ocmf).decode("ascii"),
        signing_method="",
        encoding_method="OCMF",
        public_key=oca_public_key(signed.public_key) if signed.public_key else "",
    )
