"""What is to be thought of the snapshots in a Chargy JSON file; pure.

The signature alone proves little here: the file's unsigned copies are what people read. Source: METER.md section 3.
"""

from collections.abc import Mapping

from station.meter.evidence.chargy_reader import Copy, Entry
from station.meter.evidence.findings import Finding, Weight, checked, not_applicable
from station.meter.evidence.law import NO_KEYS, Judged, Judgement, judge_together, key_finding
from station.meter.evidence.pair import Statement
from station.meter.evidence.verdict import TRANSACTION
from station.meter.keys import KeyFormatError
from station.meter.ocmf import KINDS
from station.meter.signature import is_signed_by


def judge_entry(entry: Entry, *, known: Mapping[str, bytes] = NO_KEYS) -> Judged:
    """Judge one snapshot by itself; `known` as in `station.meter.evidence.law.judge`."""
    findings = [
        _signature(entry, next(iter(known.values()), entry.key)),
        key_finding(entry.key, known),
        _nothing_added(entry),
        *map(_copy, entry.copies),
        _event_bits(entry),
        _clock(entry),
    ]
    return Judged(tuple(findings), _statement(entry))


def judge_entries(begin: Entry, end: Entry, *, known: Mapping[str, bytes] = NO_KEYS) -> Judgement:
    """Judge a begin and an end as one session."""
    first, last = judge_entry(begin, known=known), judge_entry(end, known=known)
    same = checked(
        "same_meter_info",
        begin.meter == end.meter,
        ok="Both describe the meter alike (manufacturer, type and firmware are not signed).",
        failed="They describe the meter differently.",
        weight=Weight.DECISIVE,
    )
    return Judgement(first, last, (*judge_together(first, last), same))


def _signature(entry: Entry, key: bytes | None) -> Finding:
    name, weight = "signature", Weight.DECISIVE
    if key is None:
        return not_applicable(name, "There is no public key to check the signature with.", weight=weight)
    try:
        valid = is_signed_by(key, entry.signed, entry.signature)
    except KeyFormatError as error:
        return checked(name, False, ok="", failed=f"The public key cannot be used: {error}.", weight=weight)
    return checked(
        name,
        valid,
        ok="The signature over the file's values fits the key.",
        failed="The signature does not fit: a signed value was changed or signed with another key.",
        weight=weight,
    )


def _nothing_added(entry: Entry) -> Finding:
    return checked(
        "nothing_added",
        not entry.unsigned,
        ok="Every listed value is one that the meter signs.",
        failed=f"The meter does not sign what is listed among its values: {', '.join(entry.unsigned)}.",
        weight=Weight.DECISIVE,
    )


def _copy(copy: Copy) -> Finding:
    return checked(
        "unsigned_copy",
        copy.claimed == copy.signed,
        ok=f"{copy.name} is what was signed.",
        failed=f"{copy.name} says {copy.claimed!r}, signed was {copy.signed or 'nothing'!r}.",
        weight=Weight.DECISIVE,
    )


def _event_bits(entry: Entry) -> Finding:
    return checked(
        "event_bits",
        entry.numbers["Evt"] == 0,
        ok="The meter reports no error (Evt 0).",
        failed=f"The meter reports an error (Evt {entry.numbers['Evt']:#x}): not fit for billing.",
    )


def _clock(entry: Entry) -> Finding:
    return checked(
        "clock",
        entry.taken_at is not None,
        ok="The meter's clock was set.",
        failed="The meter's clock had not been set: there is no time.",
    )


def _statement(entry: Entry) -> Statement:
    number = entry.numbers["Typ"]
    return Statement(
        meter_serial=entry.texts["MA1"],
        pagination=entry.numbers["RCnt"],
        transaction=TRANSACTION[KINDS[number]] if number < len(KINDS) else "?",
        taken_at=entry.taken_at,
        metadata=entry.metadata,
        session_energy_wh=entry.watt_hours("RCR"),
        energy_wh=entry.watt_hours("TotWhImp"),
        key=entry.key,
    )
