"""Keys: which public key a signed value is checked with; pure bookkeeping."""

import base64
import binascii
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

ANY_METER: Final = "*"
_NOTATION: Final = "oca:base16:asn1:"


class BadKeyError(ValueError):
    """A text is no usable public key; the message says why."""


class KeySource(StrEnum):
    """Where a key came from. Only a configured one proves whose meter it was."""

    CONFIGURED = "configured"
    MESSAGE = "message"
    TRANSACTION = "transaction"
    METER = "meter"


def sent_key(text: str) -> bytes:
    """Return the DER key that a message's publicKey holds: Base64 of `oca:base16:asn1:` and hex digits."""
    try:
        notation = base64.b64decode(text, validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise BadKeyError(f"publicKey is no Base64 of a text: {error}") from error
    if not notation.startswith(_NOTATION):
        raise BadKeyError(f"publicKey does not begin with {_NOTATION} (in Base64)")
    return _checked(notation.removeprefix(_NOTATION))


def configured_key(text: str) -> bytes:
    """Return the DER key of a setting: hex digits, or what stands in a message's publicKey."""
    try:
        return sent_key(text)
    except BadKeyError:
        return _checked(text.removeprefix(_NOTATION))


def _checked(hex_digits: str) -> bytes:
    try:
        der = bytes.fromhex(hex_digits)
    except ValueError as error:
        raise BadKeyError(f"public key: hex digits expected ({error})") from error
    load(der)
    return der


@lru_cache(maxsize=64)
def load(der: bytes) -> EllipticCurvePublicKey:
    """Return a key to check with; BadKeyError if it is none on the curve P-256."""
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadKeyError(f"public key cannot be read: {error}") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise BadKeyError("public key is none on the curve secp256r1")
    return key


class KeyRing:
    """The keys that are known: configured ones, and those that valid messages brought."""

    def __init__(self, configured: Mapping[str, bytes] | None = None) -> None:
        self._configured = dict(configured or {})
        self._of_transaction: dict[str, bytes] = {}
        self._of_meter: dict[str, bytes] = {}

    def find(self, serial: str, transaction_id: str | None, sent: bytes | None) -> tuple[bytes, KeySource] | None:
        """Return the key for a record of a meter, the most trusted one first, or None."""
        candidates = (
            (self._configured.get(serial) or self._configured.get(ANY_METER), KeySource.CONFIGURED),
            (sent, KeySource.MESSAGE),
            (self._of_transaction.get(transaction_id or ""), KeySource.TRANSACTION),
            (self._of_meter.get(serial), KeySource.METER),
        )
        return next(((key, source) for key, source in candidates if key), None)

    def expected(self, serial: str) -> bytes | None:
        """Return the key that this meter had before, or None."""
        return self._configured.get(serial) or self._configured.get(ANY_METER) or self._of_meter.get(serial)

    def learn(self, serial: str, transaction_id: str | None, key: bytes) -> None:
        """Remember a key that a record fitted; the first one of a meter stays."""
        if transaction_id:
            self._of_transaction.setdefault(transaction_id, key)
        self._of_meter.setdefault(serial, key)
