"""How messages name a certificate: hashes of its issuer's name and key, and its serial number (Part 2, 2.6)."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from ocpp.v201.enums import HashAlgorithmEnumType

HASHES: dict[HashAlgorithmEnumType, hashes.HashAlgorithm] = {
    HashAlgorithmEnumType.sha256: hashes.SHA256(),
    HashAlgorithmEnumType.sha384: hashes.SHA384(),
    HashAlgorithmEnumType.sha512: hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class HashData:
    """CertificateHashDataType. All hexadecimal, in small letters, the serial number without leading zeros."""

    algorithm: HashAlgorithmEnumType
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str

    @property
    def key(self) -> "HashData":
        """Return the form that equals for equal certificates, however somebody else writes it."""
        return HashData(
            HashAlgorithmEnumType(self.algorithm),
            self.issuer_name_hash.lower(),
            self.issuer_key_hash.lower(),
            self.serial_number.lower().lstrip("0"),
        )


def hash_data(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    algorithm: HashAlgorithmEnumType = HashAlgorithmEnumType.sha256,
) -> HashData:
    """Return how a certificate is named; `issuer` is itself for one that is self-signed.

    It is the CertID of an OCSP request (RFC 6960 section 4.1.1), so that is what computes it.
    """
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, HASHES[algorithm]).build()
    return HashData(
        algorithm, request.issuer_name_hash.hex(), request.issuer_key_hash.hex(), f"{request.serial_number:x}"
    )
