"""The two ends of a receipt, and the energy that the meter signed between them."""

from typing import Final

from station.core.records import RecordKind, SignedRecord
from station.meter.evidence.verdict import examine
from station.meter.ocmf import Ocmf, OcmfError, parse
from station.receipts.views import EnergyStanding
from station.storage.receipts import Receipt

BEGINS: Final = (RecordKind.TURN_ON, RecordKind.START)
ENDS: Final = (RecordKind.TURN_OFF, RecordKind.END)
TOLD: Final = {
    EnergyStanding.RUNS: "no signed end yet",
    EnergyStanding.NO_RECORD: "nothing signed",
    EnergyStanding.NO_BEGIN: "no signed begin",
    EnergyStanding.NO_END: "no signed end",
    EnergyStanding.NOT_GENUINE: "a signature does not fit",
    EnergyStanding.CONTRADICTORY: "begin and end are not of one session",
}
"""Why there is no energy, in a few words."""


def begin_of(receipt: Receipt) -> SignedRecord | None:
    """Return the signed begin; None if there is none."""
    return next((record for record in receipt.records if record.kind in BEGINS), None)


def end_of(receipt: Receipt) -> SignedRecord | None:
    """Return the signed end; None if there is none."""
    return next((record for record in reversed(receipt.records) if record.kind in ENDS), None)


def signed(receipt: Receipt) -> str:
    """Return what of begin and end was signed and verified, in a word."""
    kinds = {record.kind for record in receipt.records if record.verified}
    names = [name for name, wanted in (("begin", BEGINS), ("end", ENDS)) if kinds & set(wanted)]
    return "+".join(names) or "none"


def energy_of(receipt: Receipt, *, verify: bool = False) -> tuple[EnergyStanding, int | None]:
    """Return what the signed end says more than the signed begin, in Wh; or why that cannot be told, and None.

    It is read from the signed texts, not from what is stored beside them. With `verify` the signatures are checked
    again, which takes milliseconds; without it what was found when the records came counts.
    """
    begin, end = begin_of(receipt), end_of(receipt)
    if end is None or begin is None:
        return _missing(receipt, begin=begin, end=end), None
    first, last = _read(begin, verify=verify), _read(end, verify=verify)
    if first is None or last is None:
        return EnergyStanding.NOT_GENUINE, None
    energy_wh = last.session_energy_wh - first.session_energy_wh
    one_meter = (first.meter_serial, begin.public_key) == (last.meter_serial, end.public_key)
    if not one_meter or (first.transaction, last.transaction) != ("B", "E") or energy_wh < 0:
        return EnergyStanding.CONTRADICTORY, None
    return EnergyStanding.SIGNED, energy_wh


def energy_wh(receipt: Receipt) -> int | None:
    """Return the energy that the meter signed; None if it did not, or not all that it takes."""
    return energy_of(receipt)[1]


def energy_text(standing: EnergyStanding, energy: int | None) -> str:
    """Return what `energy_of` found in words: the energy in kWh, or why there is none."""
    return TOLD[standing] if energy is None else f"{energy / 1000:.2f} kWh"


def _missing(receipt: Receipt, *, begin: SignedRecord | None, end: SignedRecord | None) -> EnergyStanding:
    if end is not None:
        return EnergyStanding.NO_BEGIN
    if receipt.ended_at is None:
        return EnergyStanding.RUNS
    return EnergyStanding.NO_RECORD if begin is None else EnergyStanding.NO_END


def _read(record: SignedRecord, *, verify: bool) -> Ocmf | None:
    """Return what a record says; None if it is not what the meter signed."""
    if verify:
        verdict = examine(record.ocmf, record.public_key)
        return verdict.record if verdict.valid and record.verified else None
    try:
        return parse(record.ocmf) if record.verified else None
    except OcmfError:
        return None
