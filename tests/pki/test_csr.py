"""A key is made on the station, and what leaves it is a request with the public half."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from station.errors import StorageError
from station.pki import csr
from station.pki.errors import CertificateError
from tests.pki.authority import Authority

SUBJECT = csr.Subject("S-1", "CSO")


@pytest.mark.ocpp("A02.FR.02", "A02.FR.03", "A00.FR.501", "A00.FR.502", "A00.FR.503", "A00.FR.507")
@pytest.mark.parametrize(
    ("kind", "of", "bits"),
    [(csr.KeyKind.EC, ec.EllipticCurvePublicKey, 256), (csr.KeyKind.RSA, rsa.RSAPublicKey, 3072)],
)
def test_a_request_is_signed_with_the_key_that_it_is_about(kind, of, bits):
    key = csr.make_key(kind)
    pem = csr.request_for(key, SUBJECT)
    request = x509.load_pem_x509_csr(pem.encode())
    assert request.is_signature_valid
    assert isinstance(request.public_key(), of)
    assert request.public_key().key_size == bits
    assert len(pem) <= 5500


@pytest.mark.ocpp("A00.FR.509", "A00.FR.511")
def test_the_subject_is_the_station_and_its_operator():
    request = x509.load_pem_x509_csr(csr.request_for(csr.make_key(csr.KeyKind.EC), SUBJECT).encode())
    assert {attribute.oid: attribute.value for attribute in request.subject} == {
        NameOID.COMMON_NAME: "S-1",
        NameOID.ORGANIZATION_NAME: "CSO",
    }


@pytest.mark.ocpp("A02.FR.05", "A03.FR.05")
def test_the_private_key_is_not_in_the_request():
    key = csr.make_key(csr.KeyKind.EC)
    assert "PRIVATE" not in csr.request_for(key, SUBJECT)


def test_two_keys_are_never_the_same():
    assert csr.make_key(csr.KeyKind.EC) != csr.make_key(csr.KeyKind.EC)


def test_the_public_half_compares_with_that_of_a_certificate():
    key = csr.make_key(csr.KeyKind.EC)
    signed = Authority("Root").sign_csr(csr.request_for(key, SUBJECT))
    from station.pki import chains

    assert chains.public_key(chains.parse(signed)[0]) == csr.public_key_of(key)


@pytest.mark.parametrize("name", ["", "x" * 65, "\ud800"])
def test_a_name_that_no_certificate_can_have_is_refused(name):
    with pytest.raises(CertificateError):
        csr.request_for(csr.make_key(csr.KeyKind.EC), csr.Subject(name, "CSO"))


def test_a_damaged_key_is_told_without_showing_it():
    with pytest.raises(StorageError) as caught:
        csr.request_for("-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n", SUBJECT)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
