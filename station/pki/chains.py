"""What makes a certificate acceptable: its own properties, and a path of signatures to an installed root."""

import contextlib
import re
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from station.pki.errors import CertificateError

MOST_SUB_CAS = 4
"""CertificateHashDataChainType.childCertificateHashData lists no more."""
MOST_CERTIFICATES = 10
"""In one bundle; a chain is no longer, and what is more is there to be a burden."""
SMALLEST_KEY_BITS = {rsa.RSAPublicKey: 2048, ec.EllipticCurvePublicKey: 224}
"""A00.FR.502, A00.FR.503."""
WEAK_HASHES = frozenset({"md5", "sha1"})
"""A00.FR.504."""
UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CERTIFICATE_POLICIES,
    }
)
"""Extensions that may be marked as critical (RFC 5280 section 4.2)."""
BEGIN = re.compile(r"-----BEGIN CERTIFICATE-----")

E = TypeVar("E", bound=x509.ExtensionType)
Chain = tuple[Certificate, ...]

UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises for bytes that are no certificate, or one from another world."""


def parse(pem: str) -> Chain:
    """Return the certificates of a PEM text, in its order; raises CertificateError."""
    if not 0 < len(BEGIN.findall(pem)) <= MOST_CERTIFICATES:
        raise CertificateError(f"this is no PEM text with 1 to {MOST_CERTIFICATES} certificates")
    try:
        certificates = tuple(x509.load_pem_x509_certificates(pem.encode("ascii")))
        for certificate in certificates:
            _read_through(certificate)
    except UNREADABLE as error:
        raise CertificateError(f"this is no readable X.509 certificate: {error}") from error
    return certificates


def pem_of(chain: Iterable[Certificate]) -> str:
    """Return certificates as PEM text."""
    return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in chain)


def signed_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Tell whether `issuer` signed the certificate: names and signature, RSA (PKCS#1 and PSS) and ECDSA."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True


def self_signed(certificate: Certificate) -> bool:
    """Tell whether this is the top of a chain."""
    return signed_by(certificate, certificate)


def check_authority(certificate: Certificate, now: datetime | None) -> None:
    """Raise CertificateError for what cannot sign certificates now; None: whenever."""
    _check_each(certificate, now)
    basic = _extension(certificate, x509.BasicConstraints)
    if basic is None or not basic.ca:
        raise CertificateError(f"{name_of(certificate)} is no certificate of an authority")
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        raise CertificateError(f"{name_of(certificate)} may not sign certificates (keyUsage)")


def check_leaf(leaf: Certificate, *, now: datetime, common_name: str, organization: str, client: bool) -> None:
    """Raise CertificateError if this is not a certificate for this station (A00.FR.501-512); `client`: for TLS."""
    _check_each(leaf, now)
    basic = _extension(leaf, x509.BasicConstraints)
    if basic is not None and basic.ca:
        raise CertificateError("the certificate is one of an authority, not of a station")
    usage = _extension(leaf, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        raise CertificateError("the certificate may not be used for signatures (keyUsage), which TLS needs")
    purposes = _extension(leaf, x509.ExtendedKeyUsage)
    if client and purposes is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in purposes:
        raise CertificateError("the certificate may not be used by a client (extendedKeyUsage)")
    for what, oid, wanted in (
        ("CN", NameOID.COMMON_NAME, common_name),  # A00.FR.511
        ("O", NameOID.ORGANIZATION_NAME, organization),  # A00.FR.509
    ):
        found = [str(attribute.value) for attribute in leaf.subject.get_attributes_for_oid(oid)]
        if found != [wanted]:
            raise CertificateError(f"its subject has {what}={', '.join(found) or 'nothing'}, not {wanted}")


def path(leaf: Certificate, bundle: Iterable[Certificate], roots: Iterable[Certificate]) -> Chain:
    """Return the shortest chain from the leaf to a root, both included; raises CertificateError if there is none.

    The order of the bundle does not matter, nor what else is in it, such as another certificate of the same sub CA
    that leads elsewhere. Signatures only: see `check_authority`.
    """
    roots = tuple(roots)
    sub_cas = [certificate for certificate in bundle if certificate not in roots and certificate != leaf]
    ways: deque[Chain] = deque([(leaf,)])
    while ways:
        way = ways.popleft()
        last = way[-1]
        if root := next((root for root in roots if signed_by(last, root)), None):
            return (*way, root)
        above = [sub for sub in sub_cas if signed_by(last, sub)]
        sub_cas = [sub for sub in sub_cas if sub not in above]  # each counts once, however they sign each other
        ways.extend((*way, sub) for sub in above)
    raise CertificateError(f"no installed root leads to {name_of(last)}, whose issuer is {_issuer(last)}")


def fit_path(
    leaf: Certificate, bundle: Iterable[Certificate], roots: Iterable[Certificate], *, now: datetime
) -> Chain:
    """Return a chain as `path` does, over authorities that are fit now; raises CertificateError if there is none.

    A sub CA or a root that was renewed with the same key may be there twice: in its old period and in the new one.
    """
    bundle, roots = tuple(bundle), tuple(roots)
    try:
        chain = path(leaf, _fit(bundle, now), _fit(roots, now))
    except CertificateError:
        chain = path(leaf, bundle, roots)
    check_path(chain, now)
    return chain


def check_path(chain: Chain, now: datetime) -> None:
    """Raise CertificateError if an authority above the leaf is not fit to be there."""
    authorities = chain[1:]
    if len(authorities) > MOST_SUB_CAS + 1:
        raise CertificateError(f"the chain has more than {MOST_SUB_CAS} sub CAs")
    for below, authority in enumerate(authorities):
        check_authority(authority, now)
        basic = _extension(authority, x509.BasicConstraints)
        if basic is not None and basic.path_length is not None and below > basic.path_length:
            raise CertificateError(f"{name_of(authority)} allows {basic.path_length} sub CAs only")


def current(certificate: Certificate, now: datetime) -> bool:
    """Tell whether `now` is within the period of the certificate."""
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def public_key(certificate: Certificate | x509.CertificateSigningRequest) -> bytes:
    """Return the public key, so that two can be compared."""
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def name_of(certificate: Certificate) -> str:
    """Return the subject, for people."""
    return certificate.subject.rfc4514_string() or "a certificate without a name"


def _fit(authorities: Iterable[Certificate], now: datetime) -> Iterator[Certificate]:
    for authority in authorities:
        with contextlib.suppress(CertificateError):
            check_authority(authority, now)
            yield authority


def _check_each(certificate: Certificate, now: datetime | None) -> None:
    name = name_of(certificate)
    if now is not None and not current(certificate, now):
        begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        raise CertificateError(f"{name} is valid from {begin:%Y-%m-%dT%H:%MZ} to {end:%Y-%m-%dT%H:%MZ} only")
    key = certificate.public_key()
    smallest = next((bits for kind, bits in SMALLEST_KEY_BITS.items() if isinstance(key, kind)), None)
    if smallest is None:
        raise CertificateError(f"{name} has a key that is neither RSA nor EC")
    assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    if key.key_size < smallest:
        raise CertificateError(f"{name} has a key of {key.key_size} bits; {smallest} is the least")
    algorithm = certificate.signature_hash_algorithm
    if algorithm is None or algorithm.name in WEAK_HASHES:
        raise CertificateError(f"{name} is signed with an algorithm that is not allowed")
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in UNDERSTOOD:
            oid = extension.oid.dotted_string
            raise CertificateError(f"{name} has a critical extension that is not understood here: {oid}")


def _extension(certificate: Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _read_through(certificate: Certificate) -> None:
    """Let everything be parsed that is used later; the library does it late, and raises then."""
    certificate.public_key()
    _ = certificate.extensions, certificate.subject, certificate.issuer, certificate.signature_hash_algorithm
    _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc


def _issuer(certificate: Certificate) -> str:
    return certificate.issuer.rfc4514_string() or "without a name"
