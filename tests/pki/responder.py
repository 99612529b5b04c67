"""An OCSP responder for tests: it says what it is told to."""

import base64
import datetime as dt

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, ocsp

from tests.fakes_clock import START
from tests.pki.authority import Authority, Leaf


def response(
    of: Leaf | Certificate,
    issuer: Authority,
    *,
    revoked: bool = False,
    at: dt.datetime = START,
    next_update: dt.datetime | None = None,
) -> str:
    """Return a response about a certificate: DER in base64, as GetCertificateStatus brings it."""
    builder = ocsp.OCSPResponseBuilder().add_response(
        of.certificate if isinstance(of, Leaf) else of,
        issuer.certificate,
        hashes.SHA256(),
        ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
        this_update=at,
        next_update=next_update,
        revocation_time=at if revoked else None,
        revocation_reason=None,
    )
    signed = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate).sign(
        issuer.key, hashes.SHA256()
    )
    return base64.b64encode(signed.public_bytes(Encoding.DER)).decode()
