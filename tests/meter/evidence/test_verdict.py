"""What is to be thought of a record."""

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from station.core.records import RecordKind
from station.meter.evidence.verdict import examine, signed_record
from tests.meter.vectors import BEGIN, DEMO_KEY, OCMF, named, vectors

SIGNER = ec.generate_private_key(ec.SECP256R1())
KEY = SIGNER.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def resigned(old: bytes, new: bytes, text: bytes = BEGIN) -> bytes:
    """A changed text with a good signature by another key."""
    assert old in text
    payload = text.split(b"|")[1].replace(old, new)
    signature = SIGNER.sign(payload, ec.ECDSA(hashes.SHA256())).hex()
    return b'OCMF|%b|{"SA":"ECDSA-secp256r1-SHA256","SD":"%b"}' % (payload, signature.encode())


@pytest.mark.parametrize("row", **named(vectors()["ocmf"]))
def test_published_records_are_valid_and_only_a_moved_clock_is_doubtful(row: dict) -> None:
    verdict = examine(row["ocmf"].encode(), DEMO_KEY)
    assert verdict.valid
    assert verdict.names == (("clock_moved",) if row["tm_flag"] == "U" else ())
    assert verdict.exit_status == (2 if row["tm_flag"] == "U" else 0)


@pytest.mark.parametrize(
    ("old", "new", "doubts"),
    [
        (b'"ST":"G"', b'"ST":"E"', ("event_bits",)),
        (b'"EF":""', b'"EF":"Et"', ("event_bits",)),
        (b"2022-07-08T10:00:28,000+0200 S", b"1970-01-01T00:00:00,000+0000 U", ("clock_unset",)),
        (b"0200 S", b"0200 U", ("clock_moved",)),
        (b"0200 S", b"0200 I", ("clock_informative",)),
        (b"0200 S", b"0200 R", ("clock_relative",)),
        (b'"ID":"contract-id: rfid:12345678abcdef"', b'"ID":""', ("id_empty",)),
        (b'"IS":true', b'"IS":false', ("id_unassigned",)),
        (b'"TX":"B"', b'"TX":"E"', ("kind_contradictory",)),
        (b"f1d3d06", b"38a6a90-dirty", ("development_firmware",)),
        (b'"ID"', b'"ID"', ()),
    ],
)
def test_a_valid_record_may_still_be_doubtful(old: bytes, new: bytes, doubts: tuple[str, ...]) -> None:
    verdict = examine(resigned(old, new), KEY)
    assert verdict.valid
    assert verdict.names == doubts
    assert verdict.exit_status == (2 if doubts else 0)
    assert all(doubt.sentence.endswith(".") for doubt in verdict.doubts)


@pytest.mark.parametrize(
    "text", [BEGIN + b"\n", BEGIN.replace(b',"SD"', b', "SD"'), BEGIN[:-40] + BEGIN[-40:].upper()]
)
def test_a_valid_record_in_another_frame_is_doubtful(text: bytes) -> None:
    verdict = examine(text, DEMO_KEY)
    assert verdict.valid
    assert verdict.names == ("not_as_written",)
    assert verdict.exit_status == 2
    assert examine(text, None).names == ("no_key",)


def test_a_changed_record_is_invalid() -> None:
    verdict = examine(BEGIN.replace(b"99.84", b"99.85"), DEMO_KEY)
    assert verdict.valid is False
    assert verdict.names == ("signature_invalid",)
    assert verdict.exit_status == 1


def test_another_meters_key_makes_a_record_invalid() -> None:
    assert examine(BEGIN, KEY).exit_status == 1


def test_a_record_without_key_is_neither_valid_nor_invalid() -> None:
    verdict = examine(BEGIN, None)
    assert verdict.valid is None
    assert verdict.names == ("no_key",)
    assert verdict.exit_status == 2


@pytest.mark.parametrize("key", [b"", DEMO_KEY[:-1] + b"\0"])
def test_an_unusable_key_validates_nothing(key: bytes) -> None:
    verdict = examine(BEGIN, key)
    assert verdict.valid is False
    assert verdict.names == ("key_unusable",)


def test_another_algorithm_is_not_believed() -> None:
    verdict = examine(BEGIN.replace(b"ECDSA-secp256r1-SHA256", b"ECDSA-secp192r1-SHA256"), DEMO_KEY)
    assert verdict.valid is False
    assert verdict.names == ("algorithm_unknown",)


@pytest.mark.parametrize("key", [None, DEMO_KEY])
def test_what_is_no_ocmf_is_malformed(key: bytes | None) -> None:
    verdict = examine(b"OCMF|rubbish", key)
    assert verdict.record is None
    assert verdict.names == ("malformed",)
    assert "2 sections" in verdict.doubts[0].sentence
    assert verdict.exit_status == 1
    with pytest.raises(ValueError, match="OCMF"):
        signed_record(verdict, b"", key=DEMO_KEY, kind=RecordKind.TURN_ON)


def test_a_verdict_becomes_a_record_with_the_exact_bytes() -> None:
    text = OCMF["001BZR1521070006-T22990-C"]
    record = signed_record(examine(text, DEMO_KEY), text, key=DEMO_KEY, kind=RecordKind.CURRENT)
    assert record.ocmf is text
    assert (record.pagination, record.energy_wh, record.session_energy_wh) == (22990, 52620, 0)
    assert record.taken_at.isoformat() == "2021-01-01T09:00:39+00:00"
    assert record.verified
    assert record.doubts == ("clock_moved",)
