"""Receipts as views: what operators see, and what drivers may."""

from dataclasses import replace
from datetime import UTC

from station.core.powermeter import TransactionReq
from station.core.records import SignedRecord
from station.meter.evidence.verdict import TRANSACTION
from station.meter.ocmf import Ocmf, OcmfError, parse
from station.receipts.pair import begin_of, end_of, energy_of, energy_text, signed
from station.receipts.views import (
    KeptRecord,
    PublicReceipt,
    ReceiptSummary,
    ReceiptView,
    RecordView,
    RequestView,
    VerdictView,
)
from station.storage.receipts import Kept, Receipt, sha256_of


def summary(receipt: Receipt, *, card_name: str) -> ReceiptSummary:
    """Return a session for a list."""
    standing, energy = energy_of(receipt)
    return ReceiptSummary(
        number=receipt.number,
        transaction_id=receipt.id,
        evse_id=receipt.evse_id,
        id_token=receipt.token.value if receipt.token else "",
        id_token_type=receipt.token.type if receipt.token else "",
        card_name=card_name,
        started_at=receipt.started_at,
        ended_at=receipt.ended_at,
        stopped_reason=receipt.stopped_reason or "",
        energy=standing,
        energy_wh=energy,
        energy_text=energy_text(standing, energy),
        signed=signed(receipt),
        delivered=all(kept.sent_at is not None for kept in receipt.kept),
    )


def whole(receipt: Receipt, *, card_name: str) -> ReceiptView:
    """Return a session for operators; its energy is told only if the signatures fit when they are looked at now."""
    standing, energy = energy_of(receipt, verify=True)
    told = summary(receipt, card_name=card_name)
    told = replace(told, energy=standing, energy_wh=energy, energy_text=energy_text(standing, energy))
    return ReceiptView(told, _request(receipt.request), tuple(map(_kept, receipt.kept)))


def public(receipt: Receipt, verdict: VerdictView) -> PublicReceipt:
    """Return what a driver may see; the energy only if the signatures fit when they are looked at now."""
    standing, energy = energy_of(receipt, verify=True)
    begin, end = begin_of(receipt), end_of(receipt)
    keys = {record.public_key for record in receipt.records}
    return PublicReceipt(
        transaction_id=receipt.id,
        number=receipt.number,
        evse_id=receipt.evse_id,
        evse_name=receipt.request.evse_id if receipt.request else "",
        started_at=receipt.started_at,
        ended_at=receipt.ended_at,
        energy=standing,
        energy_wh=energy,
        begin=_record(begin) if begin else None,
        end=_record(end) if end else None,
        public_key=keys.pop().hex() if len(keys) == 1 else "",
        records=tuple(map(_record, receipt.records)),
        verdict=verdict,
    )


def _record(record: SignedRecord) -> RecordView:
    try:
        # What is signed, not what is stored beside it.
        said: Ocmf | SignedRecord = parse(record.ocmf)
    except OcmfError:
        said = record
    return RecordView(
        kind=record.kind.value,
        transaction=said.transaction if isinstance(said, Ocmf) else TRANSACTION[record.kind],
        ocmf=record.ocmf.decode("utf-8", "backslashreplace"),
        sha256=sha256_of(record.ocmf),
        public_key=record.public_key.hex(),
        meter_serial=said.meter_serial,
        pagination=said.pagination,
        taken_at=said.taken_at.astimezone(UTC),
        energy_wh=said.energy_wh,
        session_energy_wh=said.session_energy_wh,
        verified=record.verified,
    )


def _kept(kept: Kept) -> KeptRecord:
    return KeptRecord(_record(kept.record), kept.sent_at, kept.told_at, bool(kept.record.snapshot))


def _request(request: TransactionReq | None) -> RequestView | None:
    if request is None:
        return None
    details = (
        request.identification_status,
        request.identification_type,
        request.identification_level,
        *request.identification_flags,
    )
    return RequestView(
        evse_name=request.evse_id,
        id_data=request.identification_data or "",
        tariff_text=request.tariff_text or "",
        details=tuple(detail.value for detail in details if detail is not None),
    )
