"""What is to be thought of a stored session: what the law of its records says, and what was stored of them."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from station.core.records import SignedRecord
from station.meter.bsm.agreement import differences
from station.meter.codec import to_words
from station.meter.evidence.findings import Finding, Weight, checked, failed, not_applicable, worst
from station.meter.evidence.law import Judged, judge_record, judge_together
from station.meter.evidence.safe_xml import Evidence
from station.meter.evidence.verdict import TRANSACTION, Verdict
from station.meter.ocmf import Ocmf
from station.meter.signature import is_signed_by
from station.meter.snapshot import decode
from station.receipts.pair import begin_of, end_of
from station.storage.database import Database
from station.storage.meters import Meters
from station.storage.receipts import BYTES_CHANGED, Receipt, Receipts

SNAPSHOT: Final = "scs"
"""The blocks of all kinds of snapshots have the same layout."""
SENTENCES: Final = {
    "id_differs": "The meter forgot for whom it measured, as it does when its power fails; the begin names them.",
    BYTES_CHANGED: "These are not the bytes that were stored: the storage fails, or somebody wrote to it.",
}
"""For doubts that the bytes of a record do not show by themselves."""


@dataclass(frozen=True, slots=True)
class JudgedSession:
    """A stored session and what was found."""

    receipt: Receipt
    records: tuple[tuple[Finding, ...], ...]
    """Of each record by itself, in the order of the receipt."""
    together: tuple[Finding, ...]
    """Of begin and end together."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return (*(finding for alone in self.records for finding in alone), *self.together)

    @property
    def exit_status(self) -> int:
        """0 all is well, 1 something is not what the meter signed, 2 something is doubtful."""
        return worst(self.findings)

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the checks that failed, notes apart, each once."""
        return failed(self.findings)


class Examiner:
    """Judges sessions by the meters that the station remembers and by all counters that it has."""

    def __init__(self, database: Database) -> None:
        self._keys: dict[int, dict[str, list[bytes]]] = defaultdict(lambda: defaultdict(list))
        for meter in Meters(database).history():
            self._keys[meter.evse_id][meter.serial].append(meter.public_key)
        self._receipts = Receipts(database)

    def judge(self, receipt: Receipt) -> JudgedSession:
        """Judge each record of a session, and its begin and end together."""
        judged = [self._judge_record(receipt, record) for record in receipt.records]
        together = (*_single(receipt), *self._judge_together(receipt, judged))
        return JudgedSession(receipt, tuple(one.findings for one in judged), together)

    def _judge_record(self, receipt: Receipt, record: SignedRecord) -> Judged:
        evidence = Evidence(record.ocmf, record.public_key)
        judged = judge_record(evidence, known=self._known(receipt.evse_id, record))
        findings = [*judged.findings, self._meter_known(receipt.evse_id, record), _bytes_unchanged(record)]
        if judged.verdict is not None and judged.verdict.record is not None:
            findings += [_copies(record, judged.verdict), _snapshot(record, judged.verdict.record)]
            findings += _noted(record, judged.verdict)
        return Judged(tuple(findings), judged.statement, judged.verdict)

    def _judge_together(self, receipt: Receipt, judged: Sequence[Judged]) -> tuple[Finding, ...]:
        begin, end = begin_of(receipt), end_of(receipt)
        if begin is not None and end is not None:
            first, last = (judged[receipt.records.index(record)] for record in (begin, end))
            return judge_together(first, last, between=self._between(first, last))
        if receipt.ended_at is None:
            return ()
        missing = "end" if begin else "begin" if end else "record"
        return (checked("complete", False, ok="", failed=f"There is no signed {missing}: this cannot be billed."),)

    def _known(self, evse_id: int, record: SignedRecord) -> dict[str, bytes]:
        """Return the key that the meter is remembered to have; empty if it is not remembered."""
        keys = self._keys[evse_id][record.meter_serial]
        if not keys:
            return {}
        return {"remembered": record.public_key if record.public_key in keys else keys[-1]}

    def _meter_known(self, evse_id: int, record: SignedRecord) -> Finding:
        serials = [serial for serial, keys in self._keys[evse_id].items() if keys]
        if not serials:
            return not_applicable("meter_known", f"No meter is remembered for EVSE {evse_id}.")
        known = f"EVSE {evse_id} ({', '.join(serials)})"
        return checked(
            "meter_known",
            record.meter_serial in serials,
            ok=f"The meter is one of {known}.",
            failed=f"Meter {record.meter_serial} is none of {known}.",
        )

    def _between(self, begin: Judged, end: Judged) -> Sequence[int]:
        if begin.statement is None or end.statement is None:
            return ()
        first, last = begin.statement.pagination, end.statement.pagination
        if last - first <= 1:  # as nearly always: nothing can be between them
            return ()
        counters = self._counters.get(begin.statement.meter_serial, ())
        return counters[bisect_right(counters, first) : bisect_left(counters, last)]

    @cached_property
    def _counters(self) -> Mapping[str, Sequence[int]]:
        """Counters of all records that are or were here, by meter, rising."""
        counters: dict[str, list[int]] = defaultdict(list)
        for serial, counter in self._receipts.counters():
            counters[serial].append(counter)
        return counters


def _single(receipt: Receipt) -> list[Finding]:
    kinds = [TRANSACTION[record.kind] for record in receipt.records]
    counts = {"begins": kinds.count("B"), "ends": kinds.count("E")}
    too_many = " and ".join(f"{count} {name}" for name, count in counts.items() if count > 1)
    return [checked("single", False, ok="", failed=f"One session has {too_many}.")] if too_many else []


def _bytes_unchanged(record: SignedRecord) -> Finding:
    return checked(
        "bytes_unchanged",
        BYTES_CHANGED not in record.doubts,
        ok="These are the bytes that were stored.",
        failed=SENTENCES[BYTES_CHANGED],
        weight=Weight.DECISIVE,
    )


def _copies(record: SignedRecord, verdict: Verdict) -> Finding:
    """Compare what is stored beside the text, and shown by lists, with what the text says."""
    text = verdict.record
    assert text is not None
    pairs = (
        ("kind", record.kind, text.kind or record.kind),
        ("TX", TRANSACTION[record.kind], text.transaction),
        ("meter", record.meter_serial, text.meter_serial),
        ("counter", record.pagination, text.pagination),
        ("time", record.taken_at, text.taken_at),
        ("total", record.energy_wh, text.energy_wh),
        ("energy", record.session_energy_wh, text.session_energy_wh),
    )
    differing = [f"{name} {stored} is not {said}" for name, stored, said in pairs if stored != said]
    return checked(
        "copies",
        not differing,
        ok="What is stored beside the text is what it says.",
        failed=f"What is stored beside the text is not what it says: {', '.join(differing)}.",
        weight=Weight.DECISIVE,
    )


def _snapshot(record: SignedRecord, text: Ocmf) -> Finding:
    if not record.snapshot:
        return not_applicable("snapshot", "The registers of its snapshot were not kept.")
    try:
        snapshot = decode(SNAPSHOT, to_words(record.snapshot))
        genuine = is_signed_by(record.public_key, snapshot.signed, snapshot.signature)
    except ValueError as error:
        return checked("snapshot", False, ok="", failed=f"Its snapshot is none: {error}.", weight=Weight.DECISIVE)
    problems = differences(text, snapshot) if genuine else ["its signature does not fit"]
    return checked(
        "snapshot",
        not problems,
        ok="Its snapshot is signed too, and says the same.",
        failed=f"Its snapshot cannot be trusted: {'; '.join(problems)}.",
        weight=Weight.DECISIVE,
    )


def _noted(record: SignedRecord, verdict: Verdict) -> list[Finding]:
    """Return what was known when the record was taken, and does not show in it."""
    names = [name for name in record.doubts if name not in (BYTES_CHANGED, *verdict.names)]
    return [checked(name, False, ok="", failed=SENTENCES.get(name, name)) for name in names]
