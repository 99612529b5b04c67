"""Papers: what a server shows to the station, and what the station shows, told apart from its own words."""

import base64
import hashlib
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from tests.pki.authority import DAY, Authority, Leaf

OLD_SUITES = "ALL:@SECLEVEL=0"
"""TLS 1.1 signs with SHA-1, which OpenSSL does on its lowest level only."""


def server_context(leaf: Leaf, folder: Path, *, asks: Authority | None = None) -> ssl.SSLContext:
    """Return the TLS of a server with this certificate; `asks` is who signs the stations' certificates it wants."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*leaf.write(folder, f"{leaf.certificate.serial_number:x}"))
    if asks is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=asks.root_pem)
    return context


def outdated(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return the context, made to offer nothing above TLS 1.1."""
    context.set_ciphers(OLD_SUITES)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


class V2gChain:
    """A root with two authorities below, who sign certificates for vehicles and say where their status is told."""

    RESPONDER = "http://ocsp.example.test/"

    def __init__(self) -> None:
        self.root = Authority.now("V2G root")
        self._first = self._below(self.root, "Sub CA 1")
        self._second = self._below(self._first, "Sub CA 2")

    def sign(self, csr: str) -> str:
        """Return the chain for a request, the leaf first."""
        return self._second.sign_csr(csr, ocsp=self.RESPONDER)

    def with_issuers(self, leaf: x509.Certificate) -> list[tuple[x509.Certificate, x509.Certificate]]:
        """Return the leaf and what is between it and the root, each with who signed it."""
        chain = [leaf, self._second.certificate, self._first.certificate, self.root.certificate]
        return list(pairwise(chain))

    def status_of(self, leaf: x509.Certificate) -> str:
        """Return the OCSP response that the leaf is good, as GetCertificateStatusResponse carries it."""
        now = datetime.now(UTC)
        response = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                leaf, self._second.certificate, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD, now, now + DAY, None, None
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self._second.certificate)
            .sign(self._second.key, hashes.SHA256())
        )
        return base64.b64encode(response.public_bytes(Encoding.DER)).decode()

    def _below(self, issuer: Authority, name: str) -> Authority:
        """Return a sub CA whose own certificate says where its status is told."""
        sub = issuer.sub(name)
        sub.certificate = issuer._issue(
            sub.subject, sub.key.public_key(), period=(sub.at - DAY, sub.at + 365 * DAY), ca=True, ocsp=self.RESPONDER
        )
        sub.above = (sub.certificate, *issuer.above)
        return sub


def strong(csr: str) -> bool:
    """Tell whether a request is signed with the key it is for, that key is long enough, and the hash is SHA-256."""
    request = x509.load_pem_x509_csr(csr.encode())
    key = request.public_key()
    least = 2048 if isinstance(key, rsa.RSAPublicKey) else 224
    return (
        request.is_signature_valid
        and isinstance(request.signature_hash_algorithm, hashes.SHA256)
        and isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        and key.key_size >= least
    )


def hash_data(certificate: x509.Certificate, issuer: x509.Certificate, algorithm: str) -> Mapping[str, str]:
    """Return the CertificateHashDataType of a certificate, made from its parts (RFC 6960 section 4.1.1)."""
    digest = getattr(hashlib, algorithm.lower())
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": digest(certificate.issuer.public_bytes()).hexdigest(),
        "issuerKeyHash": digest(_key_bits(issuer)).hexdigest(),
        "serialNumber": f"{certificate.serial_number:x}",
    }


def _key_bits(certificate: x509.Certificate) -> bytes:
    """Return what stands in the BIT STRING of a public key."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
