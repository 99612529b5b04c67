"""Certificates are named as an OCSP request names them; OpenSSL, which is asked where it is there, agrees."""

import hashlib
import re
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ocpp.v201.enums import HashAlgorithmEnumType

from station.pki.hash_data import HashData, hash_data
from tests.pki.authority import Authority

SHA256 = HashAlgorithmEnumType.sha256
KINDS = pytest.mark.parametrize("key", ["ec", "rsa"])
ALGORITHMS = pytest.mark.parametrize("algorithm", list(HashAlgorithmEnumType))


def by_hand(certificate, issuer, algorithm):
    """The three values, from what the library gives of name, key and number."""
    key = issuer.public_key()
    kind = PublicFormat.PKCS1 if isinstance(key, rsa.RSAPublicKey) else PublicFormat.UncompressedPoint
    bits = key.public_bytes(Encoding.DER if isinstance(key, rsa.RSAPublicKey) else Encoding.X962, kind)

    def hashed(data):
        return hashlib.new(algorithm.value, data).hexdigest()

    serial = f"{certificate.serial_number:x}"
    return HashData(algorithm, hashed(certificate.issuer.public_bytes()), hashed(bits), serial)


@pytest.mark.ocpp("M03.FR.04")
@KINDS
@ALGORITHMS
def test_the_hashes_are_those_of_the_issuers_name_and_of_its_bare_key(key, algorithm):
    root = Authority("Root", key)
    leaf = root.issue("S-1")
    assert hash_data(leaf.certificate, root.certificate, algorithm) == by_hand(
        leaf.certificate, root.certificate, algorithm
    )


@KINDS
def test_a_root_is_named_by_itself(key):
    root = Authority("Root", key).certificate
    assert hash_data(root, root) == by_hand(root, root, SHA256)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl command")
@KINDS
@ALGORITHMS
def test_openssl_computes_the_same(key, algorithm, tmp_path):
    root = Authority("Root", key)
    leaf = root.issue("S-1")
    leaf_file, _ = leaf.write(tmp_path)
    command = ["openssl", "ocsp", f"-{algorithm.value.lower()}", "-issuer", root.write(tmp_path), "-cert", leaf_file]
    text = subprocess.run([*command, "-req_text", "-no_nonce"], capture_output=True, text=True, check=True).stdout
    text = text.replace("\\\n", "")  # where it breaks long lines
    name, bits, serial = (
        re.search(rf"{what}: ([0-9A-F]+)", text)[1]
        for what in ("Issuer Name Hash", "Issuer Key Hash", "Serial Number")
    )
    assert HashData(algorithm, name, bits, serial).key == hash_data(leaf.certificate, root.certificate, algorithm)


def test_a_name_is_the_same_in_capitals_and_with_leading_zeros():
    assert HashData(SHA256, "AB", "CD", "00EF").key == HashData(SHA256, "ab", "cd", "ef")


def test_a_serial_number_has_no_leading_zero():
    roots = [Authority(str(number)).certificate for number in range(20)]
    assert not any(hash_data(root, root).serial_number.startswith("0") for root in roots)
