"""What a responder said is read with care: it may speak of something else, or not at all."""

import base64
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as x509_ocsp

from station.pki import ocsp
from station.pki.errors import CertificateError
from tests.fakes_clock import START
from tests.pki.authority import Authority
from tests.pki.responder import response

DAY = timedelta(days=1)
ROOT = Authority("Root")
LEAF = ROOT.issue("S-1", ocsp="http://ocsp.example/")


@pytest.mark.ocpp("M06.FR.06")
def test_a_good_certificate_is_good_until_the_responder_knows_more():
    status = ocsp.read(response(LEAF, ROOT, next_update=START + DAY), LEAF.certificate)
    assert status == ocsp.Status(good=True, revoked=False, next_update=START + DAY)


def test_a_revoked_certificate_is_told_as_such():
    status = ocsp.read(response(LEAF, ROOT, revoked=True), LEAF.certificate)
    assert (status.good, status.revoked, status.next_update) == (False, True, None)


def test_a_response_about_another_certificate_is_refused():
    with pytest.raises(CertificateError, match="another certificate"):
        ocsp.read(response(ROOT.issue("S-2"), ROOT), LEAF.certificate)


def test_a_responder_that_does_not_know_is_told():
    unsuccessful = x509_ocsp.OCSPResponseBuilder.build_unsuccessful(x509_ocsp.OCSPResponseStatus.TRY_LATER)
    text = base64.b64encode(unsuccessful.public_bytes(Encoding.DER)).decode()
    with pytest.raises(CertificateError, match="TRY_LATER"):
        ocsp.read(text, LEAF.certificate)


@pytest.mark.parametrize("text", ["", "AAAA", "no base64!", "MAMCAQE=", "\x00"])
def test_garbage_is_refused(text):
    with pytest.raises(CertificateError):
        ocsp.read(text, LEAF.certificate)


def test_where_to_ask_stands_in_the_certificate_or_nowhere():
    assert ocsp.responder_of(LEAF.certificate) == "http://ocsp.example/"
    assert ocsp.responder_of(ROOT.certificate) is None
