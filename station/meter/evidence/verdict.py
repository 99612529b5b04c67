"""Judge a record: is its signature good, and what else should its reader know; pure."""

from dataclasses import dataclass
from datetime import UTC
from typing import Final

from station.core.records import RecordKind, SignedRecord
from station.meter.keys import KeyFormatError
from station.meter.ocmf import Ocmf, OcmfError, parse
from station.meter.signature import ALGORITHM, is_signed_by

_TIME_FLAGS = {
    "U": ("clock_moved", "The meter calls its time unsure (flag U): its clock was moved while it ran."),
    "I": ("clock_informative", "The meter's time is informative only (flag I)."),
    "R": ("clock_relative", "The meter's time is relative only (flag R)."),
}
TRANSACTION: Final = {
    RecordKind.CURRENT: "C",
    RecordKind.TURN_ON: "B",
    RecordKind.START: "B",
    RecordKind.TURN_OFF: "E",
    RecordKind.END: "E",
}
"""TX of each kind of snapshot: B begin, E end, C current."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something a reader of a record should know."""

    name: str
    """Stable, for programs: `event_bits`, `clock_unset` ..."""
    sentence: str
    """For people."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be thought of one record."""

    record: Ocmf | None
    """None if the text is no OCMF."""
    valid: bool | None
    """The signature fits the key; None without a key."""
    doubts: tuple[Doubt, ...]

    @property
    def exit_status(self) -> int:
        """0 valid and nothing doubtful, 1 invalid or malformed, 2 doubtful or nothing to check with."""
        if self.record is None or self.valid is False:
            return 1
        return 2 if self.doubts else 0

    @property
    def names(self) -> tuple[str, ...]:
        """The doubts' names."""
        return tuple(doubt.name for doubt in self.doubts)


def examine(ocmf: bytes, key: bytes | None) -> Verdict:
    """Judge a record by the meter's key (DER), or as far as it goes without one; never raises for bad input."""
    try:
        record = parse(ocmf)
    except OcmfError as error:
        return Verdict(
            None, None if key is None else False, (Doubt("malformed", f"This is no OCMF record: {error}."),)
        )
    valid, doubts = _signature(record, key)
    if valid and ocmf != _as_the_meter_writes(record):
        sentence = "The signature fits, but the text around the signed part is not as the meter writes it."
        doubts = (Doubt("not_as_written", sentence),)
    return Verdict(record, valid, (*doubts, *_content(record)))


def signed_record(verdict: Verdict, ocmf: bytes, *, key: bytes, kind: RecordKind) -> SignedRecord:
    """Return the record that goes with a verdict; ValueError if the verdict found no OCMF."""
    record = verdict.record
    if record is None:
        raise ValueError("no record without OCMF")
    return SignedRecord(
        kind=kind,
        ocmf=ocmf,
        public_key=key,
        meter_serial=record.meter_serial,
        pagination=record.pagination,
        taken_at=record.taken_at.astimezone(UTC),
        energy_wh=record.energy_wh,
        session_energy_wh=record.session_energy_wh,
        verified=verdict.valid is True,
        doubts=verdict.names,
    )


def _signature(record: Ocmf, key: bytes | None) -> tuple[bool | None, tuple[Doubt, ...]]:
    if key is None:
        return None, (Doubt("no_key", "There is no public key to check the signature with."),)
    if record.algorithm != ALGORITHM:
        sentence = f"The signature is made by {record.algorithm!r}; only {ALGORITHM} can be checked."
        return False, (Doubt("algorithm_unknown", sentence),)
    try:
        if is_signed_by(key, record.signed, record.signature):
            return True, ()
    except KeyFormatError as error:
        return False, (Doubt("key_unusable", f"The public key cannot be used: {error}."),)
    sentence = "The signature does not fit: the text was changed or signed with another key."
    return False, (Doubt("signature_invalid", sentence),)


def _as_the_meter_writes(record: Ocmf) -> bytes:
    # METER.md section 4: one line, no white space, SA before SD, lower-case hex; none of that is under the signature.
    section = f'{{"SA":"{ALGORITHM}","SD":"{record.signature.hex()}"}}'
    return b"OCMF|" + record.signed + b"|" + section.encode()


def _content(record: Ocmf) -> tuple[Doubt, ...]:
    found: list[Doubt] = []
    if record.status != "G" or record.error_flags:
        told = f"status {record.status!r}, error flags {record.error_flags!r}"
        found.append(Doubt("event_bits", f"The meter reports an error ({told}): not fit for billing."))
    if not record.clock_set:
        found.append(Doubt("clock_unset", "The meter's clock had not been set: the time says nothing."))
    elif record.time_flag in _TIME_FLAGS:
        found.append(Doubt(*_TIME_FLAGS[record.time_flag]))
    if record.id_assigned and not record.id_data:
        found.append(Doubt("id_empty", "The record is assigned to somebody, but names nobody."))
    if record.id_data and not record.id_assigned:
        found.append(Doubt("id_unassigned", "The record names somebody, but is not assigned to them."))
    if record.kind is not None and record.transaction != TRANSACTION[record.kind]:
        told = f"TX {record.transaction!r}, XT {record.kind.value}"
        found.append(Doubt("kind_contradictory", f"The record contradicts itself about its kind ({told})."))
    if "-dirty" in record.firmware:
        sentence = f"The meter runs a development firmware ({record.firmware})."
        found.append(Doubt("development_firmware", sentence))
    return tuple(found)
