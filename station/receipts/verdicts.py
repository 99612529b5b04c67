"""What was found of a session, as a view: whether it is signed, and apart from that what laws and software say."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from station.core.records import SignedRecord
from station.meter.evidence.findings import DOUBTFUL, INVALID, Finding, Outcome, Weight, worst
from station.receipts.judged import JudgedSession
from station.receipts.views import Answer, CheckView, Grade, LawView, RecordVerdict, Signature, VerdictView

ANSWERS: Final[Mapping[int, Answer]] = MappingProxyType(
    {0: Answer.VALID, INVALID: Answer.INVALID, DOUBTFUL: Answer.DOUBTFUL}
)
"""By exit code."""
SOFTWARE: Final[Mapping[str, str]] = MappingProxyType({"safe_1_3": "S.A.F.E. 1.3", "safe_1_4_1": "S.A.F.E. 1.4.1"})
"""Checks that stand for transparency software, and what it is called."""
_SIGNATURE: Final = frozenset({"signature", "readable"})
"""Checks that say whether a record is signed; what cannot be read is not."""
_FAILED: Final[Mapping[Weight, Grade]] = MappingProxyType(
    {Weight.NOTE: Grade.NOTE, Weight.DOUBT: Grade.DOUBT, Weight.DECISIVE: Grade.FAIL}
)


def verdict_of(judged: JudgedSession) -> VerdictView:
    """Return what was found, check by check."""
    receipt = judged.receipt
    records = tuple(map(_record, receipt.records, judged.records))
    return VerdictView(
        number=receipt.number,
        transaction_id=receipt.id,
        answer=ANSWERS[judged.exit_status],
        signature=_together(record.signature for record in records),
        law=tuple(_law(finding) for finding in judged.together if finding.check in SOFTWARE),
        records=records,
        together=tuple(_check(finding) for finding in judged.together if finding.check not in SOFTWARE),
    )


def grade_of(finding: Finding) -> Grade:
    """Return what a check came to, in one word."""
    match finding.outcome:
        case Outcome.OK:
            return Grade.OK
        case Outcome.FAILED:
            return _FAILED[finding.weight]
        case Outcome.NOT_APPLICABLE:
            return Grade.UNCHECKED


def _record(record: SignedRecord, findings: tuple[Finding, ...]) -> RecordVerdict:
    return RecordVerdict(
        kind=record.kind.value,
        pagination=record.pagination,
        answer=ANSWERS[worst(findings)],
        signature=_together(_signature(finding) for finding in findings if finding.check in _SIGNATURE),
        checks=tuple(map(_check, findings)),
    )


def _signature(finding: Finding) -> Signature:
    match finding.outcome:
        case Outcome.OK:
            return Signature.VALID
        case Outcome.FAILED:
            return Signature.INVALID
        case Outcome.NOT_APPLICABLE:
            return Signature.UNCHECKED


def _together(signatures: Iterable[Signature]) -> Signature:
    """Return what several come to: one that does not fit decides, and all must be checked to be valid."""
    found = set(signatures)
    if Signature.INVALID in found:
        return Signature.INVALID
    return Signature.VALID if found == {Signature.VALID} else Signature.UNCHECKED


def _check(finding: Finding) -> CheckView:
    return CheckView(finding.check, grade_of(finding), finding.sentence)


def _law(finding: Finding) -> LawView:
    accepted = {Outcome.OK: True, Outcome.FAILED: False}.get(finding.outcome)
    return LawView(finding.check, SOFTWARE[finding.check], accepted, finding.sentence)
