"""How the S.A.F.E. transparency software sees a pair of records, version by version; pure.

It looks for a billable reading at the start and at the end. What it asks of one is modelled here as far as it
concerns this meter's texts. Version 1.4 takes a reading only if the last group of its OBIS code (RI) is one of four;
this meter always signs 198, so those versions say that there is no start value. Source: METER.md section 10.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from station.meter.evidence.findings import Finding, Weight, checked, not_applicable
from station.meter.evidence.verdict import Verdict
from station.meter.ocmf import Ocmf

_GROUPS_1_4_1: Final = frozenset({0x0, 0x200, 0x255, 0xFF})
"""Read as hex digits by that software, whatever OBIS means by them."""
_VERSIONS: Final[Mapping[str, tuple[str, frozenset[int] | None]]] = MappingProxyType(
    {"safe_1_3": ("1.3", None), "safe_1_4_1": ("1.4.1", _GROUPS_1_4_1)}
)
"""Check, version, and the groups it takes; None for any."""


def safe_findings(begin: Verdict, end: Verdict) -> tuple[Finding, ...]:
    """Return whether each version would accept the pair; notes, for they say nothing that other checks do not."""
    return tuple(_finding(name, begin, end) for name in _VERSIONS)


def _finding(name: str, begin: Verdict, end: Verdict) -> Finding:
    version, groups = _VERSIONS[name]
    software = f"The S.A.F.E. transparency software {version}"
    if begin.record is None or end.record is None or begin.valid is None or end.valid is None:
        return not_applicable(name, f"{software} needs two records and a key.", weight=Weight.NOTE)
    reasons = list(_reasons(begin, end, begin.record, end.record))
    foreign = (
        []
        if groups is None
        else [obis for obis in (begin.record.obis, end.record.obis) if _group(obis) not in groups]
    )
    if foreign and not reasons:
        return checked(name, False, ok="", failed=_code_refused(software, foreign[0]), weight=Weight.NOTE)
    return checked(
        name,
        not reasons,
        ok=f"{software} accepts this pair.",
        failed=f"{software} refuses this pair: {'; '.join(reasons)}.",
        weight=Weight.NOTE,
    )


def _reasons(begin: Verdict, end: Verdict, first: Ocmf, last: Ocmf) -> Iterator[str]:
    if not (begin.valid and end.valid):
        yield "a signature does not fit"
    if (first.transaction, last.transaction) != ("B", "E"):
        yield "it is no begin with an end"
    if (first.status, last.status) != ("G", "G"):
        yield "a status (ST) is not G"
    if "E" in first.error_flags + last.error_flags:
        yield "an energy value is flagged as wrong (EF)"
    if first.taken_at > last.taken_at:
        yield "the end is earlier than the begin"
    if first.session_energy_wh > last.session_energy_wh:
        yield "the reading falls"


def _group(obis: str) -> int:
    try:
        return int(obis.rpartition("*")[2], 16)
    except ValueError:
        return -1


def _code_refused(software: str, obis: str) -> str:
    return (
        f"{software} refuses this pair, although the signatures are right: it takes no reading with the OBIS code "
        f"{obis or '(none)'} for a start or end value. The code is signed by the meter and cannot be changed; "
        "version 1.3 accepts the pair, and Chargy takes the same session as Chargy JSON."
    )
