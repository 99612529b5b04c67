"""What an OCSP responder said about a certificate (RFC 6960), by way of the CSMS."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from station.pki.chains import UNREADABLE
from station.pki.errors import CertificateError


@dataclass(frozen=True, slots=True)
class Status:
    """`revoked` if the responder said so; `next_update` if it said when it will know more."""

    good: bool
    revoked: bool
    next_update: datetime | None


def responder_of(certificate: x509.Certificate) -> str | None:
    """Return where the status of a certificate is asked for, if it says so."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return None
    for description in access:
        location = description.access_location
        if description.access_method == AuthorityInformationAccessOID.OCSP and isinstance(
            location, x509.UniformResourceIdentifier
        ):
            return location.value
    return None


def read(text: str, certificate: x509.Certificate) -> Status:
    """Return what a response (DER in base64) says about the certificate; raises CertificateError.

    Its signature is not judged here: that is for who presents it, and to whom it is presented (M06).
    """
    try:
        response = ocsp.load_der_ocsp_response(base64.b64decode(text, validate=True))
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise CertificateError(f"the responder answered {response.response_status.name}")
        single = next((one for one in response.responses if one.serial_number == certificate.serial_number), None)
        if single is None:
            raise CertificateError("the responder spoke of another certificate")
        status = single.certificate_status
        return Status(
            good=status is ocsp.OCSPCertStatus.GOOD,
            revoked=status is ocsp.OCSPCertStatus.REVOKED,
            next_update=single.next_update_utc,
        )
    except (*UNREADABLE, binascii.Error) as error:
        raise CertificateError(f"this is no OCSP response: {error}") from error
