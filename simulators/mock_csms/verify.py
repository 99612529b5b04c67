"""Verify: check signed values and what stands beside them; pure.

How a value has to look: OCA application note on signed meter values, METER.md section 10.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256

from simulators.mock_csms import ocmf
from simulators.mock_csms.keys import BadKeyError, KeyRing, KeySource, load, sent_key

REGISTER: Final = "Energy.Active.Import.Register"
LONGEST_DATA: Final = 2500
RESOLUTION_WH: Final = 10
"""Of the meter's registers: two of them may differ by so much for one amount of energy."""

_LARGEST_MULTIPLIER: Final = 12
_CONTEXTS: Final[Mapping[str, str]] = {"Transaction.Begin": "B", "Transaction.End": "E"}
"""Which record (TX) belongs to which context; every other context takes a current one (C)."""


class Verdict(StrEnum):
    """Whether a signature fits."""

    VALID = "valid"
    INVALID = "invalid"
    NO_KEY = "no_key"


@dataclass(frozen=True, slots=True)
class SignedValue:
    """A signed value that came with a message."""

    context: str
    data: bytes
    """The OCMF text; empty if it could not be decoded."""
    verdict: Verdict
    problems: tuple[str, ...]
    """What is wrong apart from the signature, or why there is no verdict to trust."""
    record: ocmf.Record | None = None
    key: bytes | None = None
    key_source: KeySource | None = None


def signed_values(
    meter_values: list[Mapping[str, Any]], *, keys: KeyRing, transaction_id: str | None
) -> Iterator[SignedValue]:
    """Examine every signed value of a list of MeterValueType."""
    for meter_value in meter_values:
        for sample in meter_value["sampledValue"]:
            if "signedMeterValue" in sample:
                yield examine(sample, keys=keys, transaction_id=transaction_id)


def examine(sample: Mapping[str, Any], *, keys: KeyRing, transaction_id: str | None) -> SignedValue:
    """Check the signed value of a SampledValueType that has one."""
    context = sample.get("context", "Sample.Periodic")
    envelope = sample["signedMeterValue"]
    problems = list(_envelope_problems(envelope))
    try:
        data = base64.b64decode(envelope["signedMeterData"], validate=True)
    except (binascii.Error, ValueError) as error:
        return SignedValue(context, b"", Verdict.INVALID, (*problems, f"signedMeterData is no Base64: {error}"))
    try:
        record = ocmf.read(data)
    except ocmf.OcmfError as error:
        return SignedValue(context, data, Verdict.INVALID, (*problems, f"signedMeterData {error}"))
    sent = None
    if envelope["publicKey"]:
        try:
            sent = sent_key(envelope["publicKey"])
        except BadKeyError as error:
            problems.append(str(error))
    found = keys.find(record.meter_serial, transaction_id, sent)
    problems += _key_problems(record, sent=sent, expected=keys.expected(record.meter_serial))
    problems += _record_problems(record, context)
    problems += _plain_problems(record, sample)
    if found is None:
        return SignedValue(context, data, Verdict.NO_KEY, tuple(problems), record)
    verdict = Verdict.VALID if fits(record, found[0]) else Verdict.INVALID
    return SignedValue(context, data, verdict, tuple(problems), record, *found)


def fits(record: ocmf.Record, key: bytes) -> bool:
    """Tell whether the signature of a record fits a DER key: ECDSA P-256 over the SHA-256 of the signed bytes."""
    if record.algorithm != ocmf.ALGORITHM:
        return False
    try:
        load(key).verify(record.signature, record.signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def pair_problems(begin: SignedValue, end: SignedValue) -> Iterator[str]:
    """Tell what speaks against billing from two records."""
    first, last = begin.record, end.record
    if first is None or last is None:
        return
    if first.meter_serial != last.meter_serial:
        yield f"begin is of meter {first.meter_serial}, end of {last.meter_serial}"
    if begin.key and end.key and begin.key != end.key:
        yield "begin and end are signed with different keys"
    if last.pagination <= first.pagination:
        yield f"the end's pagination {last.pagination} is not above the begin's {first.pagination}"
    if last.taken_at < first.taken_at:
        yield f"the end was taken at {last.taken_at.isoformat()}, before the begin"
    if first.identification != last.identification:
        yield "begin and end name different identifications (ID)"
    total = last.energy_wh - first.energy_wh
    session = last.session_energy_wh - first.session_energy_wh
    if total < 0 or session < 0:
        yield "a register went backwards between begin and end"
    if abs(total - session) > RESOLUTION_WH:
        yield f"XV grew by {total.normalize():f} Wh, RV by {session.normalize():f} Wh"


def order_problems(values: Iterable[SignedValue]) -> Iterator[str]:
    """Tell what speaks against records between begin and end, by the meter's own count of its records."""
    records = {value.data: value.record for value in values if value.record is not None}.values()
    if len(serials := sorted({record.meter_serial for record in records})) > 1:
        yield f"signed by several meters: {', '.join(serials)}"
        return
    for before, after in pairwise(sorted(records, key=lambda record: record.pagination)):
        if {before.transaction, after.transaction} <= {"B", "E"}:
            continue  # of these two pair_problems tells
        if after.taken_at < before.taken_at:
            yield f"record T{after.pagination} was taken before T{before.pagination}"
        if after.energy_wh < before.energy_wh:
            yield f"the register went backwards between records T{before.pagination} and T{after.pagination}"


def sample_wh(sample: Mapping[str, Any]) -> Decimal | None:
    """Return the plain value of a sample of the import register in Wh, None if it is another measurand."""
    if sample.get("measurand", REGISTER) != REGISTER or "phase" in sample:
        return None
    unit = sample.get("unitOfMeasure", {})
    factor = ocmf.WATT_HOURS.get(unit.get("unit", "Wh"))
    multiplier = int(unit.get("multiplier", 0))
    if factor is None or abs(multiplier) > _LARGEST_MULTIPLIER:
        return None
    return Decimal(str(sample["value"])) * factor * Decimal(10) ** multiplier


def _envelope_problems(envelope: Mapping[str, Any]) -> Iterator[str]:
    if envelope["encodingMethod"] != "OCMF":
        yield f"encodingMethod is {envelope['encodingMethod']!r}: OCMF expected"
    if envelope["signingMethod"]:
        yield f"signingMethod is {envelope['signingMethod']!r}: empty expected, since OCMF holds it"
    if len(envelope["signedMeterData"]) > LONGEST_DATA:
        yield f"signedMeterData has {len(envelope['signedMeterData'])} characters: at most {LONGEST_DATA}"


def _key_problems(record: ocmf.Record, *, sent: bytes | None, expected: bytes | None) -> Iterator[str]:
    if sent and expected and sent != expected:
        yield f"publicKey is another one than that known for meter {record.meter_serial}"


def _record_problems(record: ocmf.Record, context: str) -> Iterator[str]:
    expected = _CONTEXTS.get(context, "C")
    if record.transaction != expected:
        yield f"TX is {record.transaction}: {expected} belongs to {context}"
    if record.algorithm != ocmf.ALGORITHM:
        yield f"SA is {record.algorithm}: {ocmf.ALGORITHM} expected"
    if record.status != "G" or record.error_flags:
        yield f"status ST {record.status}, error flags EF {record.error_flags!r}: not fit for billing"
    if record.taken_at.year <= 1970:
        yield "the meter's clock was not set"


def _plain_problems(record: ocmf.Record, sample: Mapping[str, Any]) -> Iterator[str]:
    plain = sample_wh(sample)
    if plain is None:
        yield f"stands beside a value of {sample.get('measurand', REGISTER)}: {REGISTER} in Wh or kWh expected"
    elif plain != record.energy_wh:
        yield f"the plain value is {plain.normalize():f} Wh, the signed one (XV) {record.energy_wh.normalize():f} Wh"
