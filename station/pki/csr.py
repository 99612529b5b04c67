"""Keys of the station, and the requests to sign them (PKCS#10)."""

from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from station.errors import StorageError
from station.pki.errors import CertificateError

RSA_BITS = 3072
"""128 bits of security; A00.FR.501 demands 112."""
RSA_EXPONENT = 65537


class KeyKind(StrEnum):
    """What keys the station makes, in the words of the settings."""

    EC = "ec-p256"
    RSA = "rsa-3072"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a certificate is for: the station's serial number (A00.FR.511) and who operates it (A00.FR.509)."""

    common_name: str
    organization: str


def make_key(kind: KeyKind) -> str:
    """Return a new private key as PEM text; RSA takes seconds on a small computer, so call it in a thread."""
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if kind is KeyKind.RSA:
        key = rsa.generate_private_key(RSA_EXPONENT, RSA_BITS)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def request_for(key_pem: str, subject: Subject) -> str:
    """Return the request to sign a key, as PEM text.

    Raises StorageError if the key cannot be read, CertificateError if the subject is none that X.509 can express.
    """
    key = _load(key_pem)
    try:
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organization),
                x509.NameAttribute(NameOID.COMMON_NAME, subject.common_name),
            ]
        )
        request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    except ValueError as error:
        raise CertificateError(f"nobody can be called so in a certificate: {error}") from error
    return request.public_bytes(Encoding.PEM).decode()


def public_key_of(key_pem: str) -> bytes:
    """Return the public half, as `chains.public_key` does; raises StorageError if the key cannot be read."""
    return _load(key_pem).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _load(key_pem: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    try:
        # Our own key: what a check of RSA takes, seconds on a small computer, would stop everything else.
        key = load_pem_private_key(key_pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    except ValueError:
        # Without the cause: what the library says of a key is nothing for a log.
        raise StorageError("a private key of the station cannot be read; ask for a new certificate") from None
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return key
