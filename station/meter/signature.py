"""Verify what the meter signed: ECDSA over P-256 and SHA-256; pure."""

from typing import Final

from station.meter.keys import KeyFormatError, point_of

ALGORITHM: Final = "ECDSA-secp256r1-SHA256"
"""The one that this meter uses, as OCMF names it (SA)."""


def is_signed_by(key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether `signature` (DER r, s; any s) over `message` was made with the private part of `key` (DER).

    A damaged signature is simply no signature of that key; KeyFormatError if the key is none of P-256.
    """
    # Here and not on top: loading the library costs more than the rest of the package.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        public_key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point_of(key))
    except ValueError as error:
        raise KeyFormatError(f"the public key is no point of P-256: {error}") from error
    try:
        public_key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
