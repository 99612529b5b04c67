"""Block E: TransactionEvent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import EVSEType, TransactionType

from station.core.device_model import CONNECTOR_ID
from station.core.documents import from_document
from station.core.events import Judged, Triggered
from station.core.reports import Sample, TransactionReport
from station.core.tokens import IdToken, PersonalMessage, TokenInfo
from station.evse import Evse, evse_of
from station.ocpp import words
from station.ocpp.meter_values import meter_value
from station.ocpp.triggering import Work, meant
from station.storage.outbox import Queued

log = structlog.get_logger("station.transactions")


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears what the CSMS answers, and what it has got with the event that it answers."""

    learn: Callable[[IdToken, TokenInfo], None]
    """What is known about a token."""
    delivered: Callable[[bytes], None]
    """Each signed record (its OCMF text)."""
    told_plain: Callable[[str, Sample], None]
    """Each sample without a signature, by the transaction's id."""
    told: Callable[[str, TokenInfo], None]
    """What is said about the driver of a transaction, the message for him included."""
    costs: Callable[[str, float | None, PersonalMessage | None], None]
    """What a transaction costs so far, or did at last, and what its driver is to read about that (I02, I03)."""


class Transactions:
    """Puts reports of sessions into TransactionEvent and takes the answers."""

    action = "TransactionEvent"
    never_given_up = False

    def __init__(self, evses: Mapping[int, Evse], ears: Ears, *, token_of: Callable[[str], IdToken | None]) -> None:
        """`token_of` knows whose a transaction is that does not run any more."""
        self._evses = evses
        self._ears = ears
        self._token_of = token_of

    def triggered(self, named: EVSEType | None) -> Work | None:
        """F06.FR.07: an Updated event of each transaction that runs there; None if there is none."""
        running = [evse for evse in meant(self._evses, named) if _runs(evse)]

        async def tell() -> None:
            for evse in running:
                measured = await evse.measure(signed=False) if evse.reading is None else None
                evse.post(Triggered(measured.reading if measured else evse.reading))

        return tell if running else None

    def encode(self, row: Queued, body: Any) -> call.TransactionEvent:
        """Return the message of a stored report."""
        return encode(from_document(TransactionReport, body), offline=row.offline)

    def answered(self, body: Any, answer: call_result.TransactionEvent) -> None:
        """Remember what the CSMS has got, and what it says about the token, however late the event came (C10.FR.05).

        Whether a transaction goes on after that is for its session to decide (E05, C15.FR.04).
        """
        report = from_document(TransactionReport, body)
        self._take_stock(report)
        message = answer.updated_personal_message
        if answer.total_cost is not None or message is not None:
            said = words.personal_message(message) if message else None
            self._ears.costs(report.transaction_id, answer.total_cost, said)
        if answer.id_token_info is not None:
            self._judge(report, words.token_info(answer.id_token_info))

    def _take_stock(self, report: TransactionReport) -> None:
        for sample in report.samples:
            signed = [value.signed for value in sample.values if value.signed is not None]
            for value in signed:
                self._ears.delivered(value.ocmf)
            if not signed:
                self._ears.told_plain(report.transaction_id, sample)

    def _judge(self, report: TransactionReport, info: TokenInfo) -> None:
        evse = evse_of(self._evses, report.transaction_id)
        running = evse.session.transaction if evse else None
        driver = running.token if running else self._token_of(report.transaction_id)
        # Most events do not repeat the token, but what is said is about it; the card that ends it may be another one.
        token = report.id_token or driver
        if token is not None:
            self._ears.learn(token, info)
        if evse is None or token is None or not token.matches(driver):
            return
        if not info.accepted:
            log.warning("transaction_deauthorized", transaction=report.transaction_id, status=info.status.value)
        self._ears.told(report.transaction_id, info)
        evse.post(Judged(report.transaction_id, accepted=info.accepted, group=info.group))


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
        number_of_phases_used=report.number_of_phases_used,
        offline=offline or None,
        evse=words.evse(report.evse_id, CONNECTOR_ID) if report.evse_id is not None else None,
        id_token=words.id_token(report.id_token) if report.id_token else None,
        meter_value=[meter_value(sample) for sample in report.samples] or None,
    )
