"""Public keys of the meter: the forms in which people and protocols hand them over; pure.

The one form inside the station is DER SubjectPublicKeyInfo of a P-256 point, 91 bytes. Source: METER.md sections
1, 10 and 11 (trap 10).
"""

import base64
import re
from typing import Final

_DER_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""SEQUENCE { SEQUENCE { ecPublicKey, prime256v1 }, BIT STRING ... }: the same for every key of this curve."""
_POINT_SIZE = 65
_OCA_PREFIX: Final = "oca:base16:asn1:"
_PEM = re.compile(r"-----(BEGIN|END) PUBLIC KEY-----")
_TAGGED = re.compile(r"AC([0-9a-f]{182})\b", re.IGNORECASE)
"""The key in the Data Matrix on the meter; its tag looks like hex but is no part of the key."""


class KeyFormatError(ValueError):
    """The text is no public key of a meter; the message says what was expected."""


def parse_key(text: str) -> bytes:
    """Return the DER form of a key.

    Takes hex of the DER form or of the uncompressed point, the form `oca:base16:asn1:<hex>`, Base64 of any of
    these, PEM, and the text of the meter's Data Matrix (tag AC). KeyFormatError for everything else.
    """
    tagged = _TAGGED.search(text)
    compact = "".join(_PEM.sub("", text).split())
    for candidate in (tagged[1] if tagged else compact, _base64_text(compact)):
        key = _from_hex(candidate)
        if key is not None:
            return key
    key = to_der(_base64_bytes(compact))
    if key is None:
        raise KeyFormatError(
            "a P-256 public key is expected: DER or uncompressed point, in hex or Base64, "
            f"or {_OCA_PREFIX}<hex>; got {text[:24]!r}"
        )
    return key


def to_der(key: bytes) -> bytes | None:
    """Return a key given as DER or as uncompressed point in the DER form; None if it is neither."""
    if len(key) == _POINT_SIZE and key[0] == 4:
        return _DER_HEAD + key
    return key if len(key) == len(_DER_HEAD) + _POINT_SIZE and key.startswith(_DER_HEAD + b"\x04") else None


def point_of(key: bytes) -> bytes:
    """Return the uncompressed point in a DER key; KeyFormatError if it is none of P-256."""
    der = to_der(key)
    if der is None:
        raise KeyFormatError(f"a P-256 public key of 91 bytes is expected, got {len(key)} bytes")
    return der[len(_DER_HEAD) :]


def oca_public_key(der: bytes) -> str:
    """Return a key as OCPP's SignedMeterValueType.publicKey wants it: Base64 of `oca:base16:asn1:<hex>`."""
    return base64.b64encode(f"{_OCA_PREFIX}{der.hex()}".encode()).decode()


def _from_hex(text: str) -> bytes | None:
    try:
        return to_der(bytes.fromhex(text.removeprefix(_OCA_PREFIX)))
    except ValueError:
        return None


def _base64_bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _base64_text(text: str) -> str:
    return "".join(_base64_bytes(text).decode("latin-1").split())
