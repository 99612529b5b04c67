"""What an operator reads about an EVSE, told from what a step wants to be stored."""

import logging
from collections.abc import Iterable
from enum import Enum
from typing import Any

import structlog
from ocpp.v201.enums import TransactionEventEnumType

from station.core import effects as do
from station.core.effects import StoredEffect
from station.core.reports import Alert, TransactionReport
from station.core.session import Session
from station.core.thinning import PASSING

REPORTED = {
    TransactionEventEnumType.started: "transaction_started",
    TransactionEventEnumType.updated: "transaction_updated",
    TransactionEventEnumType.ended: "transaction_ended",
}

log = structlog.get_logger("station.evse")


def tell(evse_id: int, stored: Iterable[StoredEffect]) -> None:
    """Write one line for each report, problem and record."""
    for effect in stored:
        match effect:
            case do.Report(report):
                # There may be one each second of them for each EVSE.
                level = logging.DEBUG if report.trigger in PASSING else logging.INFO
                log.log(level, REPORTED[report.event], evse=evse_id, **_of_report(report))
            case do.Raise(alert) if alert.active:
                log.warning("problem_appeared", evse=evse_id, text=alert.tech_info, **_of_alert(alert))
            case do.Raise(alert):
                log.info("problem_gone", evse=evse_id, **_of_alert(alert))
            case do.KeepRecord(transaction_id, record):
                log.info(
                    "record_stored",
                    evse=evse_id,
                    transaction=transaction_id,
                    kind=record.kind.value,
                    pagination=record.pagination,
                    energy_wh=record.session_energy_wh,
                )


def tell_gap(evse_id: int, before: Session, after: Session, stored: Iterable[StoredEffect]) -> None:
    """Say so if the meter signed something that this station never got (its response counter jumped)."""
    if before.last_serial != after.last_serial or not before.last_serial:
        return
    kept = sum(isinstance(effect, do.KeepRecord | do.SetAside | do.NoteRecord) for effect in stored)
    if after.last_pagination - before.last_pagination > kept:
        first, last = before.last_pagination + 1, after.last_pagination - min(kept, 1)
        log.warning("records_missing", evse=evse_id, first=first, last=last)


def _of_report(report: TransactionReport) -> dict[str, Any]:
    fields = {
        "transaction": report.transaction_id,
        "seq_no": report.seq_no,
        "trigger": report.trigger,
        "charging_state": report.charging_state,
        "stopped_reason": report.stopped_reason,
    }
    return {
        name: value.value if isinstance(value, Enum) else value for name, value in fields.items() if value is not None
    }


def _of_alert(alert: Alert) -> dict[str, Any]:
    return {"component": alert.component, "code": alert.tech_code}
