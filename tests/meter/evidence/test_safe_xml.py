"""Receipts for transparency software: exact bytes in, exact bytes out."""

import base64
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.core.records import RecordKind, SignedRecord
from station.meter.evidence.safe_xml import Evidence, ReceiptError, compose, read_evidence
from station.meter.evidence.verdict import examine, signed_record
from tests.meter.vectors import BEGIN, DEMO_KEY, END, vectors


def record_of(text: bytes, kind: RecordKind) -> SignedRecord:
    return signed_record(examine(text, DEMO_KEY), text, key=DEMO_KEY, kind=kind)


RECORDS = [record_of(BEGIN, RecordKind.TURN_ON), record_of(END, RecordKind.TURN_OFF)]


def test_a_receipt_has_the_form_that_transparency_software_reads() -> None:
    root = ET.fromstring(compose(RECORDS, transaction_id=17))
    assert root.tag == "values"
    assert [value.attrib for value in root] == [
        {"transactionId": "17", "context": "Transaction.Begin"},
        {"transactionId": "17", "context": "Transaction.End"},
    ]
    for value, text in zip(root, (BEGIN, END), strict=True):
        data, key = value
        assert (data.tag, data.attrib) == ("signedData", {"format": "OCMF", "encoding": "plain"})
        assert (data.text or "").encode() == text
        assert (key.tag, key.attrib, key.text) == ("publicKey", {"encoding": "plain"}, DEMO_KEY.hex())


def test_a_receipt_is_read_back_as_it_was() -> None:
    assert read_evidence(compose(RECORDS, transaction_id=17)) == [
        Evidence(BEGIN, DEMO_KEY, "Transaction.Begin", 17),
        Evidence(END, DEMO_KEY, "Transaction.End", 17),
    ]


def test_start_and_end_kinds_have_contexts_and_a_current_one_has_none() -> None:
    records = [record_of(BEGIN, kind) for kind in (RecordKind.START, RecordKind.END, RecordKind.CURRENT)]
    contexts = [evidence.context for evidence in read_evidence(compose(records, transaction_id=1))]
    assert contexts == ["Transaction.Begin", "Transaction.End", None]


@given(st.text(st.characters(codec="utf-8")))
def test_whatever_stands_in_a_record_survives_or_is_refused(text: str) -> None:
    record = replace(RECORDS[0], ocmf=f'OCMF|{{"ID":"<&>\'{text}"}}|{{}}'.encode())
    try:
        xml = compose([record], transaction_id=1)
    except ReceiptError:
        assert any(ord(letter) < 32 or ord(letter) in (0xFFFE, 0xFFFF) for letter in text)
    else:
        assert read_evidence(xml)[0].ocmf == record.ocmf


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ReceiptError, match="record 4276"):
        compose([replace(RECORDS[0], ocmf=b"OCMF|\xfc|{}")], transaction_id=1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (BEGIN, [BEGIN]),
        (BEGIN + b"\0\0\0\r\n", [BEGIN]),
        (b"\xef\xbb\xbf" + BEGIN + b"\n", [BEGIN]),
        (BEGIN + b"\n" + END + b"\n", [BEGIN, END]),
        (BEGIN + b" \r\n\n" + END, [BEGIN, END]),
    ],
)
def test_plain_texts_are_evidence_as_well(data: bytes, expected: list[bytes]) -> None:
    assert read_evidence(data) == [Evidence(text) for text in expected]


def xml_with(
    signed: str, *, key: str = "", attributes: str = "", data: str = 'format="OCMF" encoding="plain"'
) -> bytes:
    public_key = f"<publicKey>{key}</publicKey>" if key else ""
    return (
        f"<values><value {attributes}><signedData {data}>{signed}</signedData>{public_key}</value></values>".encode()
    )


def test_other_writers_forms_are_read() -> None:
    text = base64.b64encode(BEGIN).decode()
    found = read_evidence(
        xml_with(f"\n{text}\n", key=vectors()["oca_public_key"]["field_value"], data='encoding="base64"')
    )
    assert found == [Evidence(BEGIN, DEMO_KEY)]
    assert read_evidence(xml_with(BEGIN.hex(), data='format="OCMF" encoding="hex"')) == [Evidence(BEGIN)]
    spaced = xml_with(BEGIN.decode()).replace(b"<values>", b'<values xmlns="http://transparency.example/2018">')
    assert read_evidence(spaced) == [Evidence(BEGIN)]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "neither OCMF text nor XML"),
        (b"{}", "neither OCMF text nor XML"),
        (b"<values>", "neither OCMF text nor XML"),
        (b"<values/>", "no <values>"),
        (b"<other><value/></other>", "no <values>"),
        (b"<values><value/></values>", "value 1: no signedData"),
        (xml_with("x", data='format="EDL"'), "value 1: no signedData in format OCMF"),
        (xml_with("x", data='encoding="rot13"'), "value 1: signedData encoding 'rot13'"),
        (xml_with("xyz", data='encoding="hex"'), "value 1: signedData is no hex"),
        (xml_with("x", data='encoding="base64"'), "value 1: signedData is no base64"),
        (xml_with("x", key="abcd"), "value 1: publicKey: a P-256"),
        (xml_with("x", attributes='transactionId="a-b"'), "value 1: transactionId 'a-b' is no number"),
        (xml_with("x", attributes=f'transactionId="{"9" * 5000}"'), "is no number"),
    ],
)  # fmt: skip
def test_files_that_are_no_receipt_are_refused_by_what_is_wrong(data: bytes, complaint: str) -> None:
    with pytest.raises(ReceiptError, match=complaint):
        read_evidence(data)


BOMB = '<!DOCTYPE values [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE values SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize("doctype", [BOMB, OUTSIDE, "<!DOCTYPE values>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused_whatever_the_encoding(doctype: str, encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}{xml_with("&b;").decode()}'
    with pytest.raises(ReceiptError, match="document type"):
        read_evidence(xml.encode(encoding))
