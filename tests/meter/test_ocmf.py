"""Reading OCMF texts: real ones, and damaged ones."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.core.records import RecordKind
from station.meter.ocmf import KINDS, OcmfError, parse
from tests.meter.vectors import BEGIN, END, OCMF, named, vectors


@pytest.mark.parametrize("row", **named(vectors()["ocmf"]))
def test_real_texts_say_what_was_published_about_them(row: dict) -> None:
    record = parse(row["ocmf"].encode())
    assert record.signature.hex() == row["signature_der_hex"]
    assert record.signed == row["ocmf"].encode().split(b"|")[1]
    assert record.time_flag == row["tm_flag"]
    assert record.transaction == row["tx"]
    assert record.kind == (None if row["xt"] is None else KINDS[row["xt"]])
    assert (record.meter_serial, f"T{record.pagination}") == tuple(row["id"].rsplit("-", 1)[0].rsplit("-", 1))
    assert record.firmware == row["firmware"]
    assert (record.manufacturer, record.model) == ("BAUER Electronic", "BSM-WS36A-H01-1311-0000")
    assert (record.status, record.error_flags) == ("G", "")
    assert record.clock_set


@pytest.mark.parametrize("row", **named([row for row in vectors()["ocmf"] if "relation_to_snapshot" in row]))
def test_real_texts_agree_with_their_snapshots(row: dict) -> None:
    snapshots = {snapshot["id"]: snapshot["fields"] for snapshot in vectors()["snapshots"]}
    fields = snapshots.get((row["relation_to_snapshot"] or {}).get("snapshot"))
    if fields is None:
        pytest.skip("its snapshot was not published")
    record = parse(row["ocmf"].encode())
    assert record.session_energy_wh == fields["RCR"] * 10 ** fields["Wh_SF"]
    assert record.energy_wh == fields["TotWhImp"] * 10 ** fields["Wh_SF"]
    assert record.taken_at.timestamp() == fields["Epoch"]
    assert record.taken_at.utcoffset() == timedelta(minutes=fields["TZO"])
    assert record.id_data == fields["Meta1"]
    if record.meta2:
        assert (record.meta2, record.meta3) == (fields["Meta2"], fields["Meta3"])


def test_both_number_formats_give_watt_hours() -> None:
    assert parse(BEGIN).energy_wh == 99840
    assert parse(END).session_energy_wh == 150
    assert parse(OCMF["001BZR1521070006-T22979-E"]).session_energy_wh == 160


def test_metadata_and_kind_are_read() -> None:
    record = parse(BEGIN)
    assert record.kind is RecordKind.TURN_ON
    assert record.id_assigned
    assert record.id_data == "contract-id: rfid:12345678abcdef"
    assert (record.meta2, record.meta3) == ("evse-id: DE*BDO*E8025334492*2", "csc-sw-version: v1.2.34")
    assert record.taken_at.astimezone(UTC) == datetime(2022, 7, 8, 8, 0, 28, tzinfo=UTC)


def test_the_register_that_is_billed_is_named() -> None:
    assert parse(BEGIN).obis == "1-0:1.8.0*198"
    assert parse(BEGIN.replace(b'"RI":"1-0:1.8.0*198",', b"")).obis == ""
    with pytest.raises(OcmfError, match="RI: text expected"):
        parse(BEGIN.replace(b'"1-0:1.8.0*198"', b"198"))


def test_an_unset_clock_is_seen() -> None:
    text = BEGIN.replace(b"2022-07-08T10:00:28,000+0200 S", b"1970-01-01T00:00:00,000+0000 U")
    assert not parse(text).clock_set


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b"OCMF|", b"OCMX|", "does not begin"),
        (b"OCMF|", b"", "does not begin"),
        (b'}|{"SA"', b'}{"SA"', "2 sections"),
        (b"evse-id", b"evse|id", "4 sections"),
        (b'{"FV"', b'"FV"', "payload: no readable JSON"),
        (b'{"SA"', b'["SA"', "signature section: no readable JSON"),
        (b'"FV":"1.0"', b'"FV":"\xff"', "payload: no readable JSON"),
        (b'"FV":"1.0"', b'"PG":"T1"', "a key stands twice"),
        (b"}]}|", b"}]}x|", "payload: no readable JSON"),
        (b'"PG":"T4276"', b'"PG":"4276"', "PG: T and a number"),
        (b'"PG":"T4276"', b'"PG":4276', "PG: text expected"),
        (b'"PG":"T4276"', b'"P":"T4276"', "PG: missing"),
        (b'"MS":"001BZR1521070006"', b'"MS":null', "MS: missing"),
        (b'"IS":true', b'"IS":1', "IS: true or false"),
        (b'"RD":[{', b'"RD":[{},{', "RD: a list of one reading"),
        (b'"RD":', b'"RX":', "RD: a list of one reading"),
        (b"2022-07-08", b"2022-07-38", "TM: a time"),
        (b",000+0200 S", b",000+0200 X", "TM: a time"),
        (b"2022-07-08T10:00:28", b"0001-01-01T00:00:00", "TM: a time"),
        (b'"RV":0.00', b'"RV":0.0001', "RV: 0.0001 kWh is no whole number"),
        (b'"RV":0.00', b'"RV":-1', "RV: -1 kWh"),
        (b'"RV":0.00', b'"RV":"0.00"', "RV: a number expected"),
        (b'"RV":0.00', b'"RV":true', "RV: a number expected"),
        (b'"RV":0.00', b'"RV":NaN', "NaN is no number"),
        (b'"RV":0.00', b'"RV":1e99999999999999999999', "no number of a meter"),
        (b'"RV":0.00', b'"RV":0.1500000000000000000000000001', "no number of a meter"),
        (b'"XU":"kWh"', b'"XU":"MWh"', "XU: Wh or kWh"),
        (b'"XT":1', b'"XT":5', "XT: 0 to 4"),
        (b'"XT":1', b'"XT":true', "XT: 0 to 4"),
        (b'"XT":1', b'"XT":"1"', "XT: 0 to 4"),
        (b'"ST":"G"', b'"S":"G"', "ST: missing"),
        (b'"SD":"3046', b'"SD":"304x', "SD: hex digits"),
        (b'"SD":', b'"SE":"base64","SD":', "SE: only hex"),
        (b'"SA":', b'"S":', "SA: missing"),
    ],
)  # fmt: skip
def test_damaged_texts_are_refused_by_the_name_of_what_is_wrong(old: bytes, new: bytes, complaint: str) -> None:
    assert old in BEGIN
    with pytest.raises(OcmfError, match=complaint):
        parse(BEGIN.replace(old, new, 1))


def test_a_payload_that_is_no_object_is_refused() -> None:
    with pytest.raises(OcmfError, match="payload: JSON object expected"):
        parse(b'OCMF|[1]|{"SA":""}')


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for text in (data, b"OCMF|" + data, b"OCMF|" + data + b"|{}"):
        with pytest.raises(OcmfError):
            parse(text)


@given(st.integers(0, len(BEGIN) - 1), st.binary(max_size=3))
def test_any_damage_is_read_or_refused(at: int, replacement: bytes) -> None:
    with suppress(OcmfError):
        parse(BEGIN[:at] + replacement + BEGIN[at + 1 :])
