"""Begin and end together: do two signed records tell of one charging session; pure.

Every check looks at signed values only, whether they came as OCMF text or as a snapshot. Source: METER.md sections
4 and 5.
"""

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from station.meter.evidence.findings import Finding, checked, not_applicable

LAST_DIGIT_WH: Final = 10
"""The registers' resolution. A begin clears the session register's hidden digits and keeps those of the total."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one signed record says."""

    meter_serial: str
    pagination: int
    """PG, RCnt."""
    transaction: str
    """B begin, E end, C current; in a snapshot its Typ says so."""
    taken_at: datetime | None
    """Aware; None if the meter's clock was not set."""
    metadata: tuple[str, str, str]
    """For whom and where: Meta1 to Meta3."""
    session_energy_wh: int
    """RV, RCR."""
    energy_wh: int
    """XV, TotWhImp."""
    key: bytes | None
    """DER; the key that came with the record."""


def judge_pair(begin: Statement, end: Statement, *, between: Collection[int] = ()) -> tuple[Finding, ...]:
    """Return one finding a check; `between`: counters of other records at hand, which leave no gap."""
    findings = [check(begin, end) for check in _CHECKS]
    return (*findings, _counters_consecutive(begin, end, set(between)))


def find_pairs(records: Sequence[tuple[Hashable, str]]) -> list[tuple[int, int]]:
    """Return which records of a file are begin and end of one session, by their places in it.

    A record is the transaction that the file calls it by (None if it does not) and B, E or something else. In one
    transaction a begin goes with the end that follows it; a single begin and a single end in any order.
    """
    pairs: list[tuple[int, int]] = []
    for transaction in dict.fromkeys(transaction for transaction, _ in records):
        places = [(at, kind) for at, (of, kind) in enumerate(records) if of == transaction and kind in ("B", "E")]
        if sorted(kind for _, kind in places) == ["B", "E"]:
            places.sort(key=lambda place: place[1])
        pairs += [(at, after) for (at, kind), (after, then) in pairwise(places) if (kind, then) == ("B", "E")]
    return pairs


def _kinds(begin: Statement, end: Statement) -> Finding:
    kinds = begin.transaction + end.transaction
    return checked(
        "kinds",
        kinds == "BE",
        ok="One record is a begin, the other an end.",
        failed=f"A begin (B) and an end (E) are expected, these are {kinds[0]} and {kinds[1:]}.",
    )


def _same_meter(begin: Statement, end: Statement) -> Finding:
    return checked(
        "same_meter",
        begin.meter_serial == end.meter_serial,
        ok="Both come from the same meter.",
        failed=f"They come from two meters: {begin.meter_serial} and {end.meter_serial}.",
    )


def _same_key(begin: Statement, end: Statement) -> Finding:
    if begin.key is None or end.key is None:
        return not_applicable("same_key", "Not both records came with a public key.")
    return checked(
        "same_key",
        begin.key == end.key,
        ok="Both came with the same public key.",
        failed="They came with two different public keys.",
    )


def _same_identification(begin: Statement, end: Statement) -> Finding:
    return checked(
        "same_identification",
        begin.metadata == end.metadata,
        ok="Both name the same.",
        failed=f"They do not name the same: {_named(begin)} and {_named(end)}.",
    )


def _time_order(begin: Statement, end: Statement) -> Finding:
    if begin.taken_at is None or end.taken_at is None:
        return not_applicable("time_order", "The meter's clock was not set: the times say nothing.")
    return checked(
        "time_order",
        begin.taken_at <= end.taken_at,
        ok="The begin is not later than the end.",
        failed=f"The begin is later ({begin.taken_at.isoformat()}) than the end ({end.taken_at.isoformat()}).",
    )


def _counter_order(begin: Statement, end: Statement) -> Finding:
    return checked(
        "counter_order",
        begin.pagination < end.pagination,
        ok="The meter's counter rose from begin to end.",
        failed=f"The meter's counter did not rise: {begin.pagination} and {end.pagination}.",
    )


def _begins_at_zero(begin: Statement, _end: Statement) -> Finding:
    return checked(
        "begins_at_zero",
        begin.session_energy_wh == 0,
        ok="The session's register starts at 0.",
        failed=f"The session's register starts at {begin.session_energy_wh} Wh instead of 0.",
    )


def _registers_agree(begin: Statement, end: Statement) -> Finding:
    total_wh = end.energy_wh - begin.energy_wh
    told = f"{end.session_energy_wh} Wh in this session, the total rose by {total_wh} Wh"
    return checked(
        "registers_agree",
        total_wh - end.session_energy_wh in (0, LAST_DIGIT_WH),
        ok=f"The two registers agree: {told}.",
        failed=f"The two registers contradict each other: {told}; the same or {LAST_DIGIT_WH} Wh more is expected.",
    )


def _counters_consecutive(begin: Statement, end: Statement, between: set[int]) -> Finding:
    name = "counters_consecutive"
    if begin.meter_serial != end.meter_serial or begin.pagination >= end.pagination:
        return not_applicable(name, "The counters are not those of a begin and an end of one meter.")
    steps = end.pagination - begin.pagination - 1
    # Counted, not listed: a counter in a file may be any number.
    missing = steps - sum(begin.pagination < number < end.pagination for number in between)
    return checked(
        name,
        missing == 0,
        ok="No record is missing between begin and end.",
        failed=f"{missing} record{'s' if missing > 1 else ''} of the meter between begin and end "
        f"(counters {begin.pagination} and {end.pagination}) {'are' if missing > 1 else 'is'} not at hand.",
    )


def _named(statement: Statement) -> str:
    return ", ".join(text for text in statement.metadata if text) or "nobody"


_CHECKS: Final[Sequence[Callable[[Statement, Statement], Finding]]] = (
    _kinds,
    _same_meter,
    _same_key,
    _same_identification,
    _time_order,
    _counter_order,
    _begins_at_zero,
    _registers_agree,
)
