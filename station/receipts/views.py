"""What people and programs see of receipts, as frozen values; `core.documents.to_document` makes JSON of them.

Instants are aware UTC, energies in Wh. Energies are those that the meter signed, and nothing else is ever put in
their place: where there is none, `EnergyStanding` says why.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EnergyStanding(StrEnum):
    """Whether a session has a signed energy, and why not; texts: `receipt.energy.<value>` of station.texts."""

    SIGNED = "signed"
    RUNS = "runs"
    """The session is not over."""
    NO_RECORD = "no_record"
    """It is over, and the meter signed neither its begin nor its end."""
    NO_BEGIN = "no_begin"
    NO_END = "no_end"
    NOT_GENUINE = "not_genuine"
    """The signature of a record does not fit, or the bytes were changed."""
    CONTRADICTORY = "contradictory"
    """Begin and end are not those of one session: two meters, or a register that fell."""


class Answer(StrEnum):
    """What is to be thought of a receipt or a record; texts: `receipt.answer.<value>`."""

    VALID = "valid"
    """Nothing speaks against it."""
    INVALID = "invalid"
    """Something of it is not what the meter signed."""
    DOUBTFUL = "doubtful"
    """It is what the meter signed, as far as could be checked, and something has to be looked at."""


class Signature(StrEnum):
    """Whether signatures fit, apart from all else; texts: `receipt.signature.<value>`."""

    VALID = "valid"
    INVALID = "invalid"
    UNCHECKED = "unchecked"
    """There is nothing to check, or nothing to check it with."""


class Grade(StrEnum):
    """What a check came to; texts: `receipt.grade.<value>`."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing, but it says nothing against the receipt."""
    DOUBT = "doubt"
    FAIL = "fail"
    """This is not what the meter signed."""
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check; `receipt.check.<check>` of station.texts says in a few words what is asked."""

    check: str
    """Stable, for programs: `signature`, `counters_consecutive` ..."""
    grade: Grade
    text: str
    """What came out, for people, in English."""


@dataclass(frozen=True, slots=True)
class LawView:
    """Whether a version of a transparency software takes begin and end; it cannot change what a signature says."""

    check: str
    """`safe_1_3` or `safe_1_4_1`."""
    software: str
    """Its name and version."""
    accepted: bool | None
    """None if there are no two records to ask about."""
    text: str


@dataclass(frozen=True, slots=True)
class RecordVerdict:
    """What is to be thought of one record by itself."""

    kind: str
    pagination: int
    answer: Answer
    signature: Signature
    checks: tuple[CheckView, ...]


@dataclass(frozen=True, slots=True)
class VerdictView:
    """What is to be thought of a receipt; the same as `station receipts verify` says."""

    number: int
    transaction_id: str
    answer: Answer
    signature: Signature
    """Of all records together."""
    law: tuple[LawView, ...]
    """Empty unless there are begin and end."""
    records: tuple[RecordVerdict, ...]
    """In the order of the receipt."""
    together: tuple[CheckView, ...]
    """Of begin and end together."""


@dataclass(frozen=True, slots=True)
class RecordView:
    """One signed record."""

    kind: str
    """turn_on, turn_off, start, end or current."""
    transaction: str
    """B begin, E end, C current."""
    ocmf: str
    """The text exactly as the meter wrote it; of bytes that are no text, those are written as \\xNN."""
    sha256: str
    """Of its bytes, hexadecimal."""
    public_key: str
    """Of the meter, hexadecimal DER."""
    meter_serial: str
    pagination: int
    taken_at: datetime
    """By the meter's clock."""
    energy_wh: int
    """The meter's whole register."""
    session_energy_wh: int
    """The register that a begin resets: what is billed."""
    verified: bool
    """Its signature fitted when it was taken, and its bytes are those that were stored."""


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A record, and what only an operator is told of it."""

    record: RecordView
    sent_at: datetime | None
    """Since when the CSMS has it; None if it has not."""
    told_at: datetime | None
    """Since when the CSMS has its energy, but not its signature; None if it has neither, or both."""
    snapshot_kept: bool
    """The registers that it was made from are here."""


@dataclass(frozen=True, slots=True)
class ReceiptSummary:
    """One session in a list."""

    number: int
    """A small integer of this station's own."""
    transaction_id: str
    evse_id: int
    id_token: str
    """Empty if nobody is named."""
    id_token_type: str
    card_name: str
    """What operators call the card; empty if they do not."""
    started_at: datetime
    ended_at: datetime | None
    """None while it runs."""
    stopped_reason: str
    energy: EnergyStanding
    energy_wh: int | None
    """None unless `energy` is `signed`."""
    energy_text: str
    """The energy in kWh, or in a few words why there is none; English."""
    signed: str
    """`begin+end`, `begin`, `end` or `none`: what was signed and fits."""
    delivered: bool
    """The CSMS has all its records with their signatures."""


@dataclass(frozen=True, slots=True)
class RequestView:
    """What the meter was asked to sign along."""

    evse_name: str
    id_data: str
    tariff_text: str
    details: tuple[str, ...]
    """Status, type, level and flags of the identification, in the words of OCMF."""


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A session with its records, for operators."""

    summary: ReceiptSummary
    request: RequestView | None
    """None if it was not kept."""
    records: tuple[KeptRecord, ...]


@dataclass(frozen=True, slots=True)
class PublicReceipt:
    """What a driver may see who knows the transaction id, which cannot be guessed.

    Nothing in it names a driver but the signed records themselves.
    """

    transaction_id: str
    number: int
    """What the files for transparency software call the transaction."""
    evse_id: int
    evse_name: str
    """The public name; empty if it was not kept."""
    started_at: datetime
    ended_at: datetime | None
    energy: EnergyStanding
    energy_wh: int | None
    begin: RecordView | None
    end: RecordView | None
    public_key: str
    """Of the meter, hexadecimal DER; empty if there is no record, or records with several keys."""
    records: tuple[RecordView, ...]
    verdict: VerdictView
