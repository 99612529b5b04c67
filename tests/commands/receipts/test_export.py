"""`station receipts export`: what other software reads is what the meter signed."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from station.cli import MISUSED, UNUSABLE
from station.core.records import RecordKind
from station.meter.evidence.chargy_law import judge_entries
from station.meter.evidence.chargy_reader import read_chargy
from station.meter.evidence.safe_xml import read_evidence
from tests.commands.receipts.archive import BEGIN, END, LATER, OTHER_BEGIN, OTHER_END, REQUEST, Archive, opened
from tests.meter import ocmf_builder
from tests.meter.vectors import DEMO_KEY


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as archive:
        archive.add_usual()
        yield archive


@pytest.mark.parametrize("to_file", [True, False])
@pytest.mark.parametrize("form", [[], ["--format", "safe-xml"]])
def test_an_export_holds_exactly_the_bytes_of_the_meter(
    archive: Archive, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], form: list[str], to_file: bool
) -> None:
    file = tmp_path / "receipt.xml"
    assert archive.run("export", "1", *form, *(["--output", str(file)] if to_file else [])) == 0
    xml = file.read_bytes() if to_file else capfdbinary.readouterr().out
    evidence = read_evidence(xml)
    assert [one.ocmf for one in evidence] == [BEGIN.ocmf, END.ocmf]
    assert {one.key for one in evidence} == {DEMO_KEY}
    assert {one.transaction_id for one in evidence} == {1}


def test_a_session_without_records_cannot_be_exported(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    assert archive.run("export", "3") == UNUSABLE
    assert "session 3 has no signed record to export" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["safe-xml", "chargy"])
def test_a_file_for_transparency_software_is_of_one_session(
    archive: Archive, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        archive.run("export", "--format", form)
    assert ended.value.code == MISUSED
    assert f"--format {form} takes one session; say its NUMBER" in capsys.readouterr().err


def test_a_session_is_exported_as_chargy_json(archive: Archive, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert archive.run("export", "1", "--format", "chargy") == 0
    data = capfdbinary.readouterr().out
    begin, end = read_chargy(data)
    assert judge_entries(begin, end, known={"configured": DEMO_KEY}).exit_status == 0
    assert (begin.numbers["RCnt"], end.numbers["RCnt"]) == (4276, 4277)
    assert begin.meter["manufacturer"] == "BAUER Electronic"
    assert begin.meter["type"] == "BSM-WS36A-H01-1311-0000"
    assert begin.meter["firmwareVersion"] == "1.9:32CA:AFF4, f1d3d06"


@pytest.mark.parametrize(("request_", "evse_id"), [(REQUEST, REQUEST.evse_id), (None, "7")])
def test_chargy_json_names_the_evse_as_the_request_did_if_the_meter_did_not_sign_it(
    archive: Archive, capfdbinary: pytest.CaptureFixture[bytes], request_: object, evse_id: str
) -> None:
    begin, end = (replace(one, pagination=9000, snapshot=OTHER_BEGIN.snapshot) for one in (OTHER_BEGIN, OTHER_END))
    archive.add("tx-4", begin, end, evse=7, request=request_)
    assert archive.run("export", "tx-4", "--format", "chargy") == 0
    assert json.loads(capfdbinary.readouterr().out)["placeInfo"] == {"evseId": evse_id}


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ([], "it has no signed begin"),
        ([BEGIN], "it has no signed end"),
        ([replace(BEGIN, snapshot=b""), END], "the registers of the begin snapshot were not kept"),
        ([BEGIN, replace(END, snapshot=b"")], "the registers of the end snapshot were not kept"),
        ([BEGIN, replace(END, public_key=ocmf_builder.KEY)], "begin and end have two different public keys"),
        ([replace(BEGIN, ocmf=b"OCMF|"), END], "OCMF"),
    ],
)
def test_why_a_session_cannot_be_exported_as_chargy_json_is_said_with_the_remedy(
    archive: Archive, capsys: pytest.CaptureFixture[str], records: list[object], why: str
) -> None:
    records = [replace(record, pagination=record.pagination + 100) for record in records]
    archive.add("tx-4", *records)
    assert archive.run("export", "tx-4", "--format", "chargy") == UNUSABLE
    told = capsys.readouterr().err
    assert "session 4 cannot be exported as Chargy JSON: " in told
    assert why in told
    assert "--format safe-xml takes what there is" in told


def table(output: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(output.decode(), newline="")))


def test_all_sessions_are_exported_as_a_table(archive: Archive, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert archive.run("export", "--format", "csv") == 0
    first, second, third = table(capfdbinary.readouterr().out)
    assert first == {
        "number": "1",
        "transaction_id": "tx-1",
        "evse_id": "1",
        "id_token": "04A2B3C4",
        "started_at": "2026-12-01T12:00:00Z",
        "ended_at": "2026-12-01T13:00:00Z",
        "stopped_reason": "Local",
        "meter_serial": "001BZR1521070006",
        "begin_counter": "4276",
        "end_counter": "4277",
        "begin_wh": "99840",
        "end_wh": "100000",
        "energy_wh": "150",
        "signed": "begin+end",
        "findings": "",
        "card_name": "",
    }
    assert (second["begin_counter"], second["end_counter"], second["energy_wh"]) == ("22107", "", "")
    assert (third["meter_serial"], third["signed"]) == ("", "none")


def test_one_session_is_exported_as_a_table(
    archive: Archive, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    archive.run("export", "tx-2", "--format", "csv", "--output", str(tmp_path / "table.csv"))
    (row,) = table((tmp_path / "table.csv").read_bytes())
    assert (row["number"], row["transaction_id"]) == ("2", "tx-2")
    assert capfdbinary.readouterr().out == b""


def test_the_table_names_what_is_wrong_with_a_session(
    archive: Archive, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    archive.receipts.finish("tx-2", ended_at=LATER, stopped_reason="PowerLoss")
    archive.spoil("UPDATE records SET session_energy_wh = 15000 WHERE kind = 'turn_off'")
    archive.run("export", "--format", "csv")
    rows = table(capfdbinary.readouterr().out)
    assert [row["findings"] for row in rows] == ["copies", "complete", ""]


def test_an_intermediate_record_is_neither_begin_nor_end(
    archive: Archive, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    archive.receipts.add_record("tx-3", replace(BEGIN, kind=RecordKind.CURRENT), at=LATER)
    archive.run("export", "3", "--format", "csv")
    (row,) = table(capfdbinary.readouterr().out)
    assert (row["begin_counter"], row["signed"]) == ("", "none")
