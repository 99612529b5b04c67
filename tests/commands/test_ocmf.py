"""`station ocmf verify`, as a person at a desk uses it."""

import json
from pathlib import Path
from typing import Any

import pytest

from station.cli import MISUSED, UNUSABLE, main
from station.core.records import RecordKind
from station.meter.evidence.safe_xml import compose
from station.meter.evidence.verdict import examine, signed_record
from tests.meter.ocmf_builder import END_VALUES, KEY, Text
from tests.meter.snapshots import chargy_file, chargy_json, edited
from tests.meter.vectors import BEGIN, DEMO_KEY, END

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "vectors.json").read_text())
RECORDS: list[dict[str, Any]] = VECTORS["ocmf"]


def by_id(part: str) -> dict[str, Any]:
    return next(record for record in RECORDS if part in record["id"])


def verify(tmp_path: Path, text: str | bytes, *more: str) -> int:
    file = tmp_path / "record.txt"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return main(["ocmf", "verify", str(file), *more])


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["id"])
def test_real_records_are_valid_and_only_known_ones_doubtful(tmp_path: Path, record: dict[str, Any]) -> None:
    doubtful = record["tm_flag"] == "U" or '"ST":"E"' in record["ocmf"] or "-dirty" in record["ocmf"]
    assert verify(tmp_path, record["ocmf"], "--key", record["public_key_der_hex"]) == (2 if doubtful else 0)


def test_a_changed_digit_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = RECORDS[0]
    forged = record["ocmf"].replace('"RV":0.00', '"RV":9.00')
    assert forged != record["ocmf"]
    assert verify(tmp_path, forged, "--key", record["public_key_der_hex"]) == 1
    assert "INVALID" in capsys.readouterr().out


def test_without_a_key_nothing_is_called_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(tmp_path, RECORDS[0]["ocmf"]) == 2
    assert "not checked" in capsys.readouterr().out


def test_the_key_may_come_from_a_file(tmp_path: Path) -> None:
    key = tmp_path / "key.txt"
    key.write_text("oca:base16:asn1:" + RECORDS[0]["public_key_der_hex"] + "\n")
    assert verify(tmp_path, RECORDS[0]["ocmf"], "--key", str(key)) == 0


@pytest.mark.parametrize("text", ["", "OCMF|{}", "OCMF|{}|{}", "hello", "<values/>", b"\xff\xfe\x00"])
def test_what_is_no_record_is_malformed(tmp_path: Path, text: str | bytes) -> None:
    assert verify(tmp_path, text, "--key", RECORDS[0]["public_key_der_hex"]) == 1


def test_the_worst_of_several_records_counts(tmp_path: Path) -> None:
    record = RECORDS[0]
    forged = record["ocmf"].replace("T4276", "T4275")
    assert verify(tmp_path, f"{record['ocmf']}\n{forged}\n", "--key", record["public_key_der_hex"]) == 1


def test_what_cannot_be_used_is_never_mistaken_for_an_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ocmf", "verify", str(tmp_path / "missing")]) == UNUSABLE
    assert "missing cannot be read" in capsys.readouterr().err
    assert verify(tmp_path, RECORDS[0]["ocmf"], "--key", "nonsense") == UNUSABLE
    assert "--key nonsense: there is no such file, and it is no key: " in capsys.readouterr().err
    (tmp_path / "empty.pem").touch()
    assert verify(tmp_path, RECORDS[0]["ocmf"], "--key", str(tmp_path / "empty.pem")) == UNUSABLE
    assert "empty.pem: this file holds no key: " in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main(["ocmf", "verify"])
    assert end.value.code == MISUSED


def receipt(begin: bytes = BEGIN, end: bytes = END, key: bytes = DEMO_KEY) -> bytes:
    kinds = ((begin, RecordKind.TURN_ON), (end, RecordKind.TURN_OFF))
    records = [signed_record(examine(text, key), text, key=key, kind=kind) for text, kind in kinds]
    return compose(records, transaction_id=17)


def test_signature_and_law_checks_are_reported_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(tmp_path, receipt(), "--key", DEMO_KEY.hex()) == 0
    blocks = capsys.readouterr().out.split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == [
        "record 1 of 2",
        "record 2 of 2",
        "begin and end together: records 1 and 2",
        "result: VALID, nothing doubtful",
    ]
    for block in blocks[:2]:
        assert "\n  VALID        signature: " in block
        assert "\n  ok           key_known: " in block
        assert "safe" not in block
    assert "\n  ok           safe_1_3: " in blocks[2]
    assert "\n  note         safe_1_4_1: " in blocks[2]
    assert "\n  ok           registers_agree: " in blocks[2]
    assert "Transaction.Begin (not signed)" in blocks[0]


def test_a_gap_in_the_counters_is_doubtful(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begin, end = Text().ocmf, Text(**{**END_VALUES, "counter": 4279}).ocmf
    assert verify(tmp_path, begin + b"\n" + end, "--key", KEY.hex()) == 2
    out = capsys.readouterr().out
    assert "DOUBTFUL     counters_consecutive: 2 records" in out
    assert out.endswith("result: DOUBTFUL, see above\n")


def test_records_between_begin_and_end_close_the_gap(tmp_path: Path) -> None:
    between = Text(**{**END_VALUES, "transaction": "C", "kind": 0}).ocmf
    other = Text(**{**END_VALUES, "serial": "001BZR1521070009", "transaction": "C", "kind": 0}).ocmf
    end = Text(**{**END_VALUES, "counter": 4278}).ocmf
    assert verify(tmp_path, b"\n".join((Text().ocmf, between, end)), "--key", KEY.hex()) == 0
    assert verify(tmp_path, b"\n".join((Text().ocmf, other, end)), "--key", KEY.hex()) == 2


def test_a_begin_and_an_end_of_different_transactions_are_no_pair(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = receipt().replace(b'transactionId="17"', b'transactionId="18"', 1)
    assert verify(tmp_path, torn) == 0
    assert "begin and end together" not in capsys.readouterr().out


def test_a_file_with_begin_and_end_mixed_up_is_invalid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mixed = (
        receipt().replace(b"Transaction.Begin", b"Transaction.X").replace(b"Transaction.End", b"Transaction.Begin")
    )
    assert verify(tmp_path, mixed) == 1
    assert "INVALID      context: The file calls it Transaction.Begin" in capsys.readouterr().out


def test_a_key_in_the_file_that_is_not_the_given_one_is_doubtful(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = receipt().replace(DEMO_KEY.hex().encode(), KEY.hex().encode())
    assert verify(tmp_path, forged, "--key", DEMO_KEY.hex()) == 2
    assert "DOUBTFUL     key_known: The record's key is not the given one." in capsys.readouterr().out
    assert verify(tmp_path, forged) == 1


def test_a_text_that_was_written_anew_is_doubtful(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(tmp_path, BEGIN.replace(b',"SD"', b', "SD"'), "--key", DEMO_KEY.hex()) == 2
    assert "DOUBTFUL     as_written: " in capsys.readouterr().out


def test_a_chargy_file_is_verified_by_its_snapshots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(tmp_path, chargy_file()) == 0
    out = capsys.readouterr().out
    assert out.count("VALID        signature: ") == 2
    assert "-            key_known: No key was known" in out
    assert "0.15 kWh in this session, 100.00 kWh in total" in out
    assert "2022-07-08T10:00:28+02:00" in out
    assert "manufacturer BAUER Electronic" in out
    assert "begin and end together: records 1 and 2" in out
    assert "safe" not in out
    assert verify(tmp_path, chargy_file(), "--key", DEMO_KEY.hex()) == 0


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("value", "measuredValue", "value"), 9, "INVALID      signature: "),
        (("time",), "2022-07-08T10:06:52+02:00", "INVALID      unsigned_copy: time says"),
        (("meterInfo", "type"), "other", "INVALID      same_meter_info: "),
    ],
)
def test_a_forged_chargy_file_is_invalid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: tuple[Any, ...], value: Any, told: str
) -> None:
    assert verify(tmp_path, edited(chargy_json(), ("signedMeterValues", 1, *path), value)) == 1
    assert told in capsys.readouterr().out


def test_a_chargy_file_of_another_meter_or_form_is_invalid(tmp_path: Path) -> None:
    assert verify(tmp_path, chargy_file(), "--key", KEY.hex()) == 1
    assert verify(tmp_path, chargy_file()[:-10]) == 1
    assert verify(tmp_path, "{}") == 1


def test_a_file_cannot_command_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = Text(meta1="\x1b[2J\nresult: VALID \u2028 J\u00fcrgen").ocmf
    verify(tmp_path, evil, "--key", KEY.hex())
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\\x1b[2J\\nresult: VALID \\u2028 J\u00fcrgen" in out
    verify(tmp_path, edited(chargy_json(), ("signedMeterValues", 0, "value", "measurand", "name"), "\x1b[2J\ud800"))
    assert "\x1b" not in capsys.readouterr().out
