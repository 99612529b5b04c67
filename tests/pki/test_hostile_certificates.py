"""Whatever comes instead of a certificate, it is refused with a reason and nothing else is raised."""

import base64
import contextlib
import warnings

from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import example, given, settings
from hypothesis import strategies as st

from station.pki import chains, ocsp
from station.pki.errors import CertificateError
from station.pki.hash_data import hash_data
from tests.fakes_clock import START
from tests.pki.authority import Authority
from tests.pki.responder import response

ROOT = Authority("Root", "rsa")
LEAF = ROOT.issue("S-1", ocsp="http://ocsp.example/", sans=["a.example"])
DERS = [one.public_bytes(Encoding.DER) for one in (ROOT.certificate, LEAF.certificate)]
OCSP = base64.b64decode(response(LEAF, ROOT))

spots = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4)


def changed(data, changes):
    bytes_ = bytearray(data)
    for place, value in changes:
        bytes_[place % len(bytes_)] = value
    return bytes(bytes_)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(DERS), spots)
def test_a_certificate_with_changed_bytes_raises_nothing_else(der, changes):
    body = base64.encodebytes(changed(der, changes)).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"
    with warnings.catch_warnings(), contextlib.suppress(CertificateError):
        warnings.simplefilter("ignore")  # of the library, about what it will refuse some day
        (certificate,) = chains.parse(pem)
        chains.signed_by(certificate, ROOT.certificate)
        chains.public_key(certificate)
        chains.name_of(certificate)
        ocsp.responder_of(certificate)
        hash_data(certificate, ROOT.certificate)
        chains.path(certificate, [certificate], [ROOT.certificate])
        chains.check_path((certificate, certificate), START)
        chains.check_leaf(certificate, now=START, common_name="S-1", organization="CSO", client=True)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
@example("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----")
@example("-----BEGIN CERTIFICATE-----" * 9)
def test_any_text_raises_nothing_else(text):
    with contextlib.suppress(CertificateError):
        chains.parse(text)
    with contextlib.suppress(CertificateError):
        ocsp.read(text, LEAF.certificate)


@settings(max_examples=200, deadline=None)
@given(spots)
def test_an_ocsp_response_with_changed_bytes_raises_nothing_else(changes):
    with warnings.catch_warnings(), contextlib.suppress(CertificateError):
        warnings.simplefilter("ignore")
        ocsp.read(base64.b64encode(changed(OCSP, changes)).decode(), LEAF.certificate)
