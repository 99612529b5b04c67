"""The meter's own P-256 key and its signatures."""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from simulators.bench.errors import BenchError


class MeterKey:
    """Signs; never leaves the bench."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self.public: Final = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        """The public key, DER SubjectPublicKeyInfo: 91 bytes."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature over SHA-256, DER (r, s)."""
        return self._private.sign(data, ec.ECDSA(hashes.SHA256()))


def new_key() -> MeterKey:
    """Return a key that lives as long as its meter."""
    return MeterKey(ec.generate_private_key(ec.SECP256R1()))


def kept_key(path: Path) -> MeterKey:
    """Return the key in a PEM file, which is made if there is none; BenchError if it cannot be used."""
    if not path.exists():
        _store(path)
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise BenchError(f"{path} holds no usable key: remove it to get a new one") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise BenchError(f"{path} holds another key than one of P-256: remove it to get a new one")
    return MeterKey(private)


def _store(path: Path) -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(mode=0o600)
    path.write_bytes(pem)
