"""Block E: TransactionEvent."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import EVSEType, TransactionType

from station.core.device_model import CONNECTOR_ID
from station.core.documents import from_document
from station.core.events import Judged, Triggered
from station.core.reports import TransactionReport
from station.core.tokens import IdToken, TokenInfo
from station.evse import Evse
from station.ocpp import words
from station.ocpp.meter_values import meter_value
from station.ocpp.triggering import Work, meant
from station.storage.outbox import Queued

log = structlog.get_logger("station.transactions")


class Transactions:
    """Puts reports of sessions into TransactionEvent and takes the answers."""

    action = "TransactionEvent"
    never_given_up = False

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

    def triggered(self, named: EVSEType | None) -> Work | None:
        """F06.FR.07: an Updated event of each transaction that runs there; None if there is none."""
        running = [evse for evse in meant(self._evses, named) if _runs(evse)]

        async def tell() -> None:
            for evse in running:
                evse.post(Triggered(evse.reading))

        return tell if running else None

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
                evse.post(Judged(transaction.id, accepted=False))
        if token is not None:
            self._learn(token, info)


def _runs(evse: Evse) -> bool:
    transaction = evse.session.transaction
    return transaction is not None and transaction.started and transaction.stop is None


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
        meter_value=[meter_value(sample) for sample in report.samples] or None,
    )
