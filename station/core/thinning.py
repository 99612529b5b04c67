"""Which queued events of a transaction may go if the station runs out of room (E04.FR.07, E11.FR.04, E12.FR.04)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ocpp.v201.enums import ReadingContextEnumType, TransactionEventEnumType, TriggerReasonEnumType

from station.core.reports import SampledValue, TransactionReport

PASSING = frozenset({TriggerReasonEnumType.meter_value_periodic, TriggerReasonEnumType.meter_value_clock})
"""Triggers of events that tell how the meter stood on the way, and nothing that happened."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that may go."""

    message_id: int
    seq_no: int


@dataclass(slots=True)
class Candidates:
    """The messages that may go, by transaction, in their order."""

    plain: dict[str, list[Candidate]] = field(default_factory=dict)
    signed: dict[str, list[Candidate]] = field(default_factory=dict)

    def note(self, message_id: int, report: TransactionReport) -> None:
        """Take up a message if it may go."""
        if is_passing(report):
            kind = self.signed if is_signed(report) else self.plain
            kind.setdefault(report.transaction_id, []).append(Candidate(message_id, report.seq_no))

    def chosen(self) -> Mapping[str, list[Candidate]]:
        """Return what shall go; signed values only if there is nothing else."""
        return every_second(self.plain) or every_second(self.signed)


def is_passing(report: TransactionReport) -> bool:
    """Say whether an event could be missing without anything being unknown but the meter's way from here to there.

    Nothing that is told once may be in it: not the token, the EVSE, the remote start, the phases, a new state, nor
    the value of the begin.
    """
    told_once = (
        report.id_token,
        report.evse_id,
        report.remote_start_id,
        report.number_of_phases_used,
        report.charging_state,
        report.stopped_reason,
    )
    return (
        report.event is TransactionEventEnumType.updated
        and report.trigger in PASSING
        and all(member is None for member in told_once)
        and not any(value.context is ReadingContextEnumType.transaction_begin for value in _values(report))
    )


def is_signed(report: TransactionReport) -> bool:
    """Say whether a signed value is in it."""
    return any(value.signed is not None for value in _values(report))


def every_second(candidates: Mapping[str, list[Candidate]]) -> dict[str, list[Candidate]]:
    """E04.FR.08: the 1st, 3rd, 5th ... of each transaction."""
    return {transaction_id: those[::2] for transaction_id, those in candidates.items()}


def _values(report: TransactionReport) -> Iterator[SampledValue]:
    return (value for sample in report.samples for value in sample.values)
