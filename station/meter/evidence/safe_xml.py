"""Receipts: the XML file that transparency software reads, made from records and read back.

Source: METER.md section 10, "Transparency software input".
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree as ET

from station.core.records import RecordKind, SignedRecord
from station.meter.keys import KeyFormatError, parse_key

_CONTEXT = {
    RecordKind.TURN_ON: "Transaction.Begin",
    RecordKind.START: "Transaction.Begin",
    RecordKind.TURN_OFF: "Transaction.End",
    RecordKind.END: "Transaction.End",
}
_NEXT_RECORD = re.compile(rb"\s+(?=OCMF\|)")
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_DECODERS: Final[Mapping[str, Callable[[str], bytes]]] = MappingProxyType(
    {
        "plain": lambda text: text.encode(),
        "base64": lambda text: base64.b64decode("".join(text.split()), validate=True),
        "hex": bytes.fromhex,
    }
)


class ReceiptError(ValueError):
    """The file is no receipt, or no receipt can be made; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record out of a file, with what the file says about it: all of that is unsigned."""

    ocmf: bytes
    key: bytes | None = None
    """DER SubjectPublicKeyInfo."""
    context: str | None = None
    transaction_id: int | None = None


def compose(records: Sequence[SignedRecord], *, transaction_id: int) -> bytes:
    """Return the XML file for the records of one transaction.

    Reading it gives exactly their bytes back; ReceiptError for a record that cannot stand in XML unchanged.
    `transaction_id` ties begin and end together; transparency software wants a number.
    """
    values = "".join(_value(record, transaction_id) for record in records)
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<values>\n{values}</values>\n'.encode()
    if [evidence.ocmf for evidence in read_evidence(xml)] != [record.ocmf for record in records]:
        raise ReceiptError("a record has characters that do not survive in XML")
    return xml


def read_evidence(data: bytes) -> list[Evidence]:
    """Return the records in a file: OCMF texts, one after the other, or a receipt in XML.

    ReceiptError names what is wrong with the file; whether a record is to be believed is not asked here.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").strip(b"\0 \t\r\n")
    if data.startswith(b"OCMF|"):
        return [Evidence(text) for text in _NEXT_RECORD.split(data)]
    try:
        root = ET.fromstring(data, ET.XMLParser(target=_NoDoctype()))  # noqa: S314 - _NoDoctype is the defence
    except ET.ParseError as error:
        raise ReceiptError(f"neither OCMF text nor XML ({error})") from error
    values = [element for element in root.iter() if _tag(element) == "value"]
    if _tag(root) != "values" or not values:
        raise ReceiptError("no <values> with a <value> in it")
    return [_evidence(value, f"value {number}") for number, value in enumerate(values, 1)]


class _NoDoctype(ET.TreeBuilder):
    """Refuses document types: without them there are no entities that could blow up or reach out."""

    def doctype(self, _name: str, _public_id: str | None, _system_id: str | None) -> None:
        raise ReceiptError("a document type is not allowed in a receipt")


def _value(record: SignedRecord, transaction_id: int) -> str:
    try:
        text = record.ocmf.decode()
    except UnicodeDecodeError as error:
        raise ReceiptError(f"record {record.pagination} has characters that do not survive in XML") from error
    context = _CONTEXT.get(record.kind)
    attribute = f' context="{context}"' if context else ""
    return (
        f'  <value transactionId="{transaction_id}"{attribute}>\n'
        f'    <signedData format="OCMF" encoding="plain">{escape(text, quote=False)}</signedData>\n'
        f'    <publicKey encoding="plain">{record.public_key.hex()}</publicKey>\n'
        "  </value>\n"
    )


def _evidence(value: ET.Element, where: str) -> Evidence:
    children = {_tag(child): child for child in value}
    data = children.get("signedData")
    if data is None or data.get("format", "OCMF").upper() != "OCMF":
        raise ReceiptError(f"{where}: no signedData in format OCMF")
    transaction_id = value.get("transactionId")
    if transaction_id is not None and not _NUMBER.fullmatch(transaction_id):
        raise ReceiptError(f"{where}: transactionId {transaction_id!r} is no number")
    return Evidence(
        ocmf=_decoded(data, where),
        key=_key(children.get("publicKey"), where),
        context=value.get("context"),
        transaction_id=None if transaction_id is None else int(transaction_id),
    )


def _decoded(data: ET.Element, where: str) -> bytes:
    encoding = data.get("encoding", "plain").lower()
    if encoding not in _DECODERS:
        raise ReceiptError(f"{where}: signedData encoding {encoding!r}, one of {', '.join(_DECODERS)} expected")
    try:
        return _DECODERS[encoding]((data.text or "").strip())
    except ValueError as error:
        raise ReceiptError(f"{where}: signedData is no {encoding}: {error}") from error


def _key(element: ET.Element | None, where: str) -> bytes | None:
    if element is None or not (element.text or "").strip():
        return None
    try:
        return parse_key(element.text or "")
    except KeyFormatError as error:
        raise ReceiptError(f"{where}: publicKey: {error}") from error


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
