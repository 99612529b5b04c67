"""Signed records of the meter, and what it signs and holds, as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RecordKind(StrEnum):
    """Which snapshot of the meter a record comes from (METER: Typ 0..4)."""

    CURRENT = "current"
    TURN_ON = "turn_on"
    TURN_OFF = "turn_off"
    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """One OCMF text exactly as the meter wrote it, and what was read out of it for display and for plain values.

    `ocmf` is the evidence: it is stored, hashed, forwarded and exported as it is. Everything else can be derived
    from it and is kept here only because it is needed often.
    """

    kind: RecordKind
    ocmf: bytes
    public_key: bytes
    """The meter's key, DER SubjectPublicKeyInfo."""
    meter_serial: str
    pagination: int
    """The meter's response counter (OCMF PG, register RCnt)."""
    taken_at: datetime
    """The meter's own time of the snapshot, aware UTC."""
    energy_wh: int
    """The import register that is never reset (OCMF XV, register TotWhImp)."""
    session_energy_wh: int
    """The register that a turn-on resets (OCMF RV, register RCR): what is billed."""
    verified: bool
    """The signature fits `public_key`."""
    doubts: tuple[str, ...] = ()
    """What else a reader should know: `event_bits`, `clock_unset`, `clock_moved`, `signature_invalid` ..."""
    snapshot: bytes = b""
    """The 252 registers of the snapshot that the text was made from, big endian; empty if they were not read."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the meter signs with a snapshot: printable ASCII without `"`, `\\` and `|`; 140, 100 and 100 at most."""

    meta1: str = ""
    meta2: str = ""
    meta3: str = ""


@dataclass(frozen=True, slots=True)
class LeftOver:
    """What a meter still holds from before the station woke up."""

    meter_serial: str
    counter: int
    """The response counter: every record up to here is from before."""
    output_on: bool
    """The meter's DO: it demands the contactor to be closed."""
    contactor_closed: bool
    """The feedback contact (DI) says closed."""
    begin: SignedRecord | None
    """A valid turn-on (or start) record, if the meter still has one."""
    end: SignedRecord | None
    """A valid turn-off (or end) record, if the meter still has one."""
