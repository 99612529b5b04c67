"""`station ocmf verify`, as a person at a desk uses it."""

import json
from pathlib import Path
from typing import Any

import pytest

from station.cli import MISUSED, UNUSABLE, main

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
    with pytest.raises(SystemExit) as end:
        main(["ocmf", "verify"])
    assert end.value.code == MISUSED
