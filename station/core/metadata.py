"""What the meter signs along with its registers: templates filled with who charges where."""

import hashlib
import string
from dataclasses import dataclass
from enum import StrEnum

from station.core.powermeter import IdentificationFlag, IdentificationLevel, TransactionReq
from station.core.records import Metadata

LIMITS = {"meta1": 140, "meta2": 100, "meta3": 100}
"""Bytes per field, METER.md section 7."""

FORBIDDEN = frozenset('"\\|')
"""They would be escaped inside OCMF, in a form the maker does not document."""

WORST_CASE = {
    "id_token": 36,
    "id_token_type": 15,
    "id_level": max(map(len, IdentificationLevel)),
    "id_flags": 2 * max(map(len, IdentificationFlag)) + 1,
    "evse_id": 48,
    "version": 32,
    "transaction_id": 36,
}
"""The longest text each placeholder may stand for (IdTokenType, transactionId of OCPP 2.0.1; two flags at most)."""


class TooLong(StrEnum):
    """What to do with a text that may not fit: refuse the template, or shorten by a hash and say so."""

    ERROR = "error"
    HASH = "hash"


@dataclass(frozen=True, slots=True)
class Templates:
    """One template a metadata field."""

    meta1: str = "contract-id: rfid:{id_token}"
    meta2: str = "evse-id: {evse_id}"
    meta3: str = "csc-sw-version: {version}"
    too_long: TooLong = TooLong.ERROR


@dataclass(frozen=True, slots=True)
class Filled:
    """Metadata ready for the meter, and the names of the fields that had to be changed to fit."""

    metadata: Metadata
    changed: tuple[str, ...] = ()


def check_templates(templates: Templates, *, evse_name: str, version: str) -> list[str]:
    """Return what is wrong with the templates, one sentence each; an empty list if they are fine."""
    return [
        f"{name}: {problem}"
        for name, limit in LIMITS.items()
        for problem in _problems(getattr(templates, name), limit, templates.too_long, evse_name, version)
    ]


def fill(templates: Templates, request: TransactionReq, *, version: str) -> Filled:
    """Fill the templates; what the meter cannot sign as it is, is replaced knowingly and named in `changed`."""
    words = {
        "id_token": request.identification_data or "",
        "id_token_type": request.identification_type.value,
        "id_level": (request.identification_level or IdentificationLevel.NONE).value,
        "id_flags": ",".join(request.identification_flags),
        "evse_id": request.evse_id,
        "version": version,
        "transaction_id": request.transaction_id,
    }
    texts, changed = {}, []
    for name, limit in LIMITS.items():
        wanted = getattr(templates, name).format(**words)
        texts[name] = _fitted(wanted, limit)
        if texts[name] != wanted:
            changed.append(name)
    return Filled(Metadata(**texts), tuple(changed))


def _problems(template: str, limit: int, too_long: TooLong, evse_name: str, version: str) -> list[str]:
    problems = []
    bad = sorted({c for c in template if c in FORBIDDEN or not " " <= c <= "~"})
    if bad:
        problems.append(f'may not contain {" ".join(map(repr, bad))}; use printable ASCII without " \\ |')
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        return [*problems, f"is not a template: {error}"]
    asked = [
        name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
        for _, name, spec, conversion in parts
        if name is not None
    ]
    unknown = [field for field in asked if field not in WORST_CASE]
    if unknown:
        allowed = ", ".join(f"{{{name}}}" for name in WORST_CASE)
        return [*problems, f"does not know {{{unknown[0]}}}; allowed are {allowed}"]
    known = {"evse_id": len(evse_name), "version": len(version)}
    longest = len(template.format(**{n: "x" * known.get(n, size) for n, size in WORST_CASE.items()}))
    if longest > limit and too_long is TooLong.ERROR:
        problems.append(
            f'can become {longest} characters long, the meter takes {limit}; shorten it or set too_long = "hash"'
        )
    return problems


def _fitted(text: str, limit: int) -> str:
    """Return `text` if the meter can sign it, else as much of it as fits, marked by `#` and a hash of the whole."""
    clean = "".join(c if " " <= c <= "~" and c not in FORBIDDEN else "?" for c in text)
    if clean == text and len(text) <= limit:
        return text
    digest = "#" + hashlib.sha256(text.encode()).hexdigest()[:16]
    return clean[: limit - len(digest)] + digest
