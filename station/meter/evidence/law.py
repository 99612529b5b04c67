"""What is to be thought of the signed records of a session: every check by its name, none behind another; pure.

That a signature is right and that a transparency software accepts the pair are two findings: no software can change
the first, and the second differs from version to version. Sources: METER.md sections 4, 5 and 10.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from station.meter.evidence.findings import Finding, Weight, checked, failed, not_applicable, worst
from station.meter.evidence.pair import Statement, judge_pair
from station.meter.evidence.safe_law import safe_findings
from station.meter.evidence.safe_xml import Evidence
from station.meter.evidence.verdict import Verdict, examine
from station.meter.ocmf import Ocmf

NO_KEYS: Final[Mapping[str, bytes]] = MappingProxyType({})

_CONTEXT = {"Transaction.Begin": "B", "Transaction.End": "E"}
_CHECKS: Final[Sequence[tuple[str, frozenset[str], str]]] = (
    ("as_written", frozenset({"not_as_written"}), "The text is as the meter writes it."),
    ("event_bits", frozenset({"event_bits"}), "The meter reports no error (status G, no error flags)."),
    (
        "clock",
        frozenset({"clock_unset", "clock_moved", "clock_informative", "clock_relative"}),
        "The meter's clock was set (flag S).",
    ),
    ("assignment", frozenset({"id_empty", "id_unassigned"}), "Whether somebody is named, and who, agree."),
    ("kind", frozenset({"kind_contradictory"}), "Kind of snapshot and kind of reading fit together (XT, TX)."),
    ("firmware", frozenset({"development_firmware"}), "The meter runs no development firmware."),
)
"""Check, the doubts of a verdict that make it fail, and what is said if there is none."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One record, and what is to be thought of it."""

    findings: tuple[Finding, ...]
    statement: Statement | None
    """What it says; None if it cannot be read."""
    verdict: Verdict | None = None
    """None for a record that did not come as OCMF text."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The records of one session: each alone, and both together."""

    begin: Judged | None
    end: Judged | None
    together: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, the begin's first."""
        alone = [finding for judged in (self.begin, self.end) if judged for finding in judged.findings]
        return (*alone, *self.together)

    @property
    def exit_status(self) -> int:
        """0 all is well, 1 something is not what the meter signed, 2 something is doubtful."""
        return worst(self.findings)

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the checks that failed, notes apart, each once."""
        return failed(self.findings)


def judge(
    begin: Evidence | None,
    end: Evidence | None,
    *,
    known: Mapping[str, bytes] = NO_KEYS,
    between: Collection[int] = (),
) -> Judgement:
    """Judge the two records of a session, or the one that there is; never raises for bad input.

    `known`: keys (DER) that did not come with the records, by where they are from ("configured", "remembered"); the
    first one, if any, is the one that signatures are checked with. `between`: counters of other records of the
    session that are at hand.
    """
    judged_begin = None if begin is None else judge_record(begin, known=known)
    judged_end = None if end is None else judge_record(end, known=known)
    if judged_begin is None or judged_end is None:
        missing = "begin" if judged_begin is None else "end"
        lonely = checked("complete", False, ok="", failed=f"There is no signed {missing}: this cannot be billed.")
        return Judgement(judged_begin, judged_end, (lonely,))
    return Judgement(judged_begin, judged_end, judge_together(judged_begin, judged_end, between=between))


def judge_record(evidence: Evidence, *, known: Mapping[str, bytes] = NO_KEYS) -> Judged:
    """Judge one OCMF text by itself; never raises for bad input."""
    verdict = examine(evidence.ocmf, next(iter(known.values()), evidence.key))
    record = verdict.record
    if record is None:
        told = verdict.doubts[0].sentence
        return Judged((checked("readable", False, ok="", failed=told, weight=Weight.DECISIVE),), None, verdict)
    findings = [_signature(verdict), key_finding(evidence.key, known)]
    findings += [_from_doubts(verdict, *row) for row in _CHECKS]
    if evidence.context in _CONTEXT:
        findings.append(_context(evidence.context, record))
    return Judged(tuple(findings), _statement(record, evidence.key), verdict)


def judge_together(begin: Judged, end: Judged, *, between: Collection[int] = ()) -> tuple[Finding, ...]:
    """Judge a begin and an end as one session; the transparency software's view is told for OCMF texts only."""
    if begin.statement is None or end.statement is None:
        return (not_applicable("pair", "Not both records can be read.", weight=Weight.DECISIVE),)
    findings = judge_pair(begin.statement, end.statement, between=between)
    if begin.verdict is None or end.verdict is None:
        return findings
    return findings + safe_findings(begin.verdict, end.verdict)


def key_finding(offered: bytes | None, known: Mapping[str, bytes]) -> Finding:
    """Compare the key that came with a record with those that are known otherwise."""
    name = "key_known"
    if not known:
        told = "No key was known beforehand: one from the file proves nothing unless it is the one on the meter."
        return not_applicable(name, told)
    used = next(iter(known.values()))
    others = [where for where, key in known.items() if key != (offered or used)]
    return checked(
        name,
        not others,
        ok=f"The key is the {' and '.join(known)} one.",
        failed=f"The record's key is not the {' and not the '.join(others)} one.",
    )


def _signature(verdict: Verdict) -> Finding:
    match verdict.valid:
        case True:
            return checked("signature", True, ok="The signature fits the key.", failed="", weight=Weight.DECISIVE)
        case False:
            told = verdict.doubts[0].sentence
            return checked("signature", False, ok="", failed=told, weight=Weight.DECISIVE)
    return not_applicable("signature", verdict.doubts[0].sentence, weight=Weight.DECISIVE)


def _from_doubts(verdict: Verdict, name: str, doubts: frozenset[str], ok: str) -> Finding:
    if name == "as_written" and not verdict.valid:
        return not_applicable(name, "Told for valid records only.")
    told = next((doubt.sentence for doubt in verdict.doubts if doubt.name in doubts), "")
    return checked(name, not told, ok=ok, failed=told)


def _context(context: str, record: Ocmf) -> Finding:
    return checked(
        "context",
        record.transaction == _CONTEXT[context],
        ok="The file calls the record what it is.",
        failed=f"The file calls it {context}, the meter signed TX {record.transaction!r}.",
        weight=Weight.DECISIVE,
    )


def _statement(record: Ocmf, key: bytes | None) -> Statement:
    return Statement(
        meter_serial=record.meter_serial,
        pagination=record.pagination,
        transaction=record.transaction,
        taken_at=record.taken_at if record.clock_set else None,
        metadata=(record.id_data, record.meta2, record.meta3),
        session_energy_wh=record.session_energy_wh,
        energy_wh=record.energy_wh,
        key=key,
    )
