"""Certificates: keys and X.509, with what OCPP asks of them. Imports `cryptography.x509`: import this module late.

Source: Part 2, A00.FR.501 to A00.FR.514: 112 bits at least, SHA-256, organization and CN, key usage, no extended one.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from simulators.mock_csms.errors import RequestError, SettingsError
from simulators.mock_csms.settings import RSA

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_LEAST_BITS: Final = {"RSA": 2048, "EC": 224}
_LONGEST_CN: Final = 64
_USES: Final = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """A certificate before it is signed."""

    subject: x509.Name
    key: PublicKey
    start: datetime
    end: datetime
    names: tuple[str, ...] = ()
    """Alternative names: host names and IP addresses."""
    is_ca: bool = False


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs: a certificate and its key. `tail` is the PEM that goes with what it signs, below the root."""

    name: x509.Name
    key: PrivateKey
    tail: str = ""

    def sign(self, draft: Draft) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder(self.name, draft.subject, draft.key, x509.random_serial_number())
            .not_valid_before(draft.start)
            .not_valid_after(draft.end)
            .add_extension(x509.BasicConstraints(ca=draft.is_ca, path_length=None), critical=True)
            .add_extension(_usage(draft), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(draft.key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if draft.names:
            alternatives = x509.SubjectAlternativeName([_general_name(name) for name in draft.names])
            builder = builder.add_extension(alternatives, critical=False)
        if isinstance(self.key, rsa.RSAPrivateKey):
            pss = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)
            return builder.sign(self.key, SHA256(), rsa_padding=pss)  # A00.FR.505
        return builder.sign(self.key, SHA256())


def new_key(kind: str) -> PrivateKey:
    """Return a new key of one of tls.KEY_TYPES."""
    if kind == RSA:
        return rsa.generate_private_key(65537, 3072)
    return ec.generate_private_key(ec.SECP256R1())


def named(common_name: str, organization: str) -> x509.Name:
    """Return a subject; a CN that is too long for X.509 is cut."""
    pairs = ((NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common_name[:_LONGEST_CN]))
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs])


def pem(thing: x509.Certificate | PrivateKey) -> str:
    """Return the PEM text of a certificate, or of a key, which is then readable by everyone."""
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(Encoding.PEM).decode("ascii")
    return thing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def read_csr(text: str) -> x509.CertificateSigningRequest:
    """Return a CSR that can be signed; RequestError says what is wrong with it."""
    try:
        csr = x509.load_pem_x509_csr(text.encode())
        key, genuine = csr.public_key(), csr.is_signature_valid
    except (ValueError, TypeError) as error:
        raise RequestError(f"no CSR in PEM: {error}") from error
    if not isinstance(key, PublicKey):
        raise RequestError("the key is neither RSA nor of an elliptic curve")
    kind = "RSA" if isinstance(key, rsa.RSAPublicKey) else "EC"
    if key.key_size < _LEAST_BITS[kind]:
        raise RequestError(f"{kind} key of {key.key_size} bits: {_LEAST_BITS[kind]} at least")  # A00.FR.502, .503
    if not genuine:
        raise RequestError("the signature of the CSR does not fit its key")
    if not csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        raise RequestError("the subject of the CSR has no CN")  # A00.FR.511
    return csr


def key_of(csr: x509.CertificateSigningRequest) -> PublicKey:
    """Return the key of a CSR that read_csr accepted."""
    key = csr.public_key()
    assert isinstance(key, PublicKey)
    return key


def organization_of(name: x509.Name) -> str:
    """Return the O of a subject, empty without one."""
    return "".join(str(attribute.value) for attribute in name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[:1])


def read_pair(certificate: bytes, key: bytes, *, place: str) -> tuple[x509.Certificate, PrivateKey]:
    """Return the certificate and key of two PEM files; SettingsError names the place."""
    try:
        read, secret = x509.load_pem_x509_certificate(certificate), load_pem_private_key(key, None)
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{place}: certificate or key cannot be read: {error}") from error
    if not isinstance(secret, PrivateKey) or secret.public_key() != read.public_key():
        raise SettingsError(f"{place}: the key is not that of the certificate")
    return read, secret


def _usage(draft: Draft) -> x509.KeyUsage:
    """Return what a key is for (A00.FR.512)."""
    if draft.is_ca:
        uses: tuple[str, ...] = ("key_cert_sign", "crl_sign")
    elif isinstance(draft.key, rsa.RSAPublicKey):
        uses = ("digital_signature", "key_encipherment")
    else:
        uses = ("digital_signature", "key_agreement")
    return x509.KeyUsage(**{use: use in uses for use in _USES})


def _general_name(name: str) -> x509.GeneralName:
    with suppress(ValueError):
        return x509.IPAddress(ip_address(name))
    try:
        return x509.DNSName(name)
    except ValueError as error:
        raise RequestError(f"{name!r} is no name for a certificate: {error}") from error
