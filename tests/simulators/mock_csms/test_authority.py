from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from simulators.mock_csms.authority import Authority
from simulators.mock_csms.errors import RequestError, SettingsError
from simulators.mock_csms.settings import RSA
from simulators.mock_csms.tls import Flaw
from tests.simulators.mock_csms.tls_peer import Key, csr, new_key

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def authority(folder: Path | None = None, **options: object) -> Authority:
    return Authority(folder, now=lambda: NOW, **options)  # type: ignore[arg-type]


def certificates(text: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(text.encode())


def cn(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def public(key: Key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def signed(of: Authority, text: str, **options: object) -> x509.Certificate:
    (certificate,) = certificates(of.sign(text, **options))  # type: ignore[arg-type]
    return certificate


@pytest.mark.parametrize("kind", ["ec-p256", RSA])
def test_a_csr_is_signed_by_the_root_for_its_subject_and_its_key(kind: str) -> None:
    ca, key = authority(key=kind), new_key()
    certificate = signed(ca, csr(key, "SN-1"))
    (root,) = certificates(ca.root_pem)
    certificate.verify_directly_issued_by(root)
    assert cn(certificate) == "SN-1"
    assert certificate.public_key() == key.public_key()
    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc
    assert certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises(x509.ExtensionNotFound):  # A00.FR.514
        certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)


def test_an_authority_between_stands_in_the_chain() -> None:
    ca = authority(intermediate=True)
    leaf, between = certificates(ca.sign(csr(new_key())))
    (root,) = certificates(ca.root_pem)
    leaf.verify_directly_issued_by(between)
    between.verify_directly_issued_by(root)
    assert between.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_later_certificate_begins_later_even_within_one_second() -> None:
    ca, text = authority(), csr(new_key())
    starts = [signed(ca, text).not_valid_before_utc for _ in range(3)]
    assert starts == sorted(set(starts))


def test_flaws_are_what_they_say() -> None:
    ca, key = authority(), new_key()
    text = csr(key)
    (root,) = certificates(ca.root_pem)
    assert signed(ca, text, flaw=Flaw.EXPIRED).not_valid_after_utc < NOW
    assert signed(ca, text, flaw=Flaw.NOT_YET_VALID).not_valid_before_utc > NOW
    assert cn(signed(ca, text, flaw=Flaw.WRONG_NAME)) != "CS1"
    assert signed(ca, text, flaw=Flaw.OTHER_KEY).public_key() != key.public_key()
    with pytest.raises(ValueError, match="does not match"):
        signed(ca, text, flaw=Flaw.UNKNOWN_CA).verify_directly_issued_by(root)
    soon = signed(ca, text, valid_for=timedelta(days=20)).not_valid_after_utc
    assert soon == NOW + timedelta(days=20)


def test_a_server_certificate_has_its_first_name_as_cn_and_all_as_alternatives() -> None:
    ca = authority()
    (certificate,) = certificates(ca.server(["csms.example", "127.0.0.1", "::1"]))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert cn(certificate) == "csms.example"
    assert names.get_values_for_type(x509.DNSName) == ["csms.example"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]


def test_a_root_in_a_folder_stays_and_its_key_is_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "ca"
    first, second = authority(folder), authority(folder)
    assert first.root_pem == second.root_pem == (folder / "root.pem").read_text()
    (root,) = certificates(first.root_pem)
    signed(second, csr(new_key())).verify_directly_issued_by(root)
    assert (folder / "root.key").stat().st_mode & 0o777 == 0o600


def test_a_folder_with_a_key_of_another_root_is_refused(tmp_path: Path) -> None:
    authority(tmp_path / "one"), authority(tmp_path / "two")
    (tmp_path / "one" / "root.key").write_bytes((tmp_path / "two" / "root.key").read_bytes())
    with pytest.raises(SettingsError, match="not that of the certificate"):
        authority(tmp_path / "one")
    (tmp_path / "two" / "root.pem").write_text("nonsense")
    with pytest.raises(SettingsError, match="two"):
        authority(tmp_path / "two")


def altered(text: str) -> str:
    request = x509.load_pem_x509_csr(text.encode())
    der = request.public_bytes(Encoding.DER).replace(b"CS1", b"CS2")
    return x509.load_der_x509_csr(der).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nonsense", "no CSR"),
        (csr(rsa.generate_private_key(65537, 1024)), "1024 bits"),
        (csr(ec.generate_private_key(ec.SECP192R1())), "192 bits"),
        (csr(new_key(), cn=""), "no CN"),
        (altered(csr(new_key())), "signature"),
    ],
)
def test_a_csr_that_cannot_be_signed_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(RequestError, match=why):
        authority().check(text)
    with pytest.raises(RequestError, match=why):
        authority().sign(text)
