"""`station receipts`, as a person uses it beside a station that runs."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from station.cli import UNUSABLE, main
from station.commands.receipts import NOT_FOUND
from station.core.records import RecordKind
from station.core.tokens import IdToken
from station.meter.receipts import read_evidence
from station.meter.verdict import examine, signed_record
from station.storage.database import Database
from station.storage.receipts import Receipts
from tests.fakes_clock import START, FakeClock
from tests.meter import vectors

CARD = IdToken("04A2B3C4", "ISO14443")
BEGIN, END = [
    signed_record(examine(ocmf, vectors.DEMO_KEY), ocmf, key=vectors.DEMO_KEY, kind=kind)
    for ocmf, kind in ((vectors.BEGIN, RecordKind.TURN_ON), (vectors.END, RecordKind.TURN_OFF))
]


@pytest.fixture
def database(tmp_path):
    """A station's database, still open; session 1 is over, 2 runs, 3 has no signed record."""
    with Database.open(tmp_path, FakeClock()) as database:
        receipts = Receipts(database)
        receipts.begin("tx-1", evse_id=1, token=CARD, started_at=START)
        receipts.add_record("tx-1", BEGIN, at=START)
        receipts.add_record("tx-1", END, at=START)
        receipts.finish("tx-1", ended_at=START + timedelta(hours=1), stopped_reason="Local")
        receipts.begin("tx-2", evse_id=2, token=None, started_at=START)
        receipts.add_record("tx-2", replace(BEGIN, pagination=9000), at=START)
        receipts.begin("tx-3", evse_id=1, token=CARD, started_at=START)
        yield database


@pytest.fixture
def station(database, tmp_path):
    def station(*arguments):
        return main(["receipts", *arguments[:1], "--state-dir", str(tmp_path), *arguments[1:]])

    return station


def test_all_sessions_are_listed_with_what_was_signed(station, capsys):
    assert station("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[1].split() == [
        *("1", "1", "2026-12-01", "12:00:00", "2026-12-01", "13:00:00"),
        *(f"{END.session_energy_wh / 1000:.2f}", "begin+end", "tx-1"),
    ]
    assert lines[2].split() == ["2", "2", "2026-12-01", "12:00:00", "runs", "-", "begin", "tx-2"]
    assert lines[3].split()[-2:] == ["none", "tx-3"]


@pytest.mark.parametrize("wanted", ["1", "tx-1"])
def test_a_session_is_shown_by_number_and_by_id(station, capsys, wanted):
    assert station("show", wanted) == 0
    shown = capsys.readouterr().out
    assert shown.count("signature VALID") == 2
    assert "04A2B3C4 (ISO14443)" in shown
    assert "2026-12-01T13:00:00+00:00, Local" in shown
    assert BEGIN.ocmf.decode() in shown
    assert END.ocmf.decode() in shown


def test_a_session_that_runs_and_one_without_records_are_shown_as_what_they_are(station, capsys):
    assert station("show", "2") == 0
    assert station("show", "3") == 0
    shown = capsys.readouterr().out
    assert "nobody" in shown
    assert shown.count("ended        runs") == 2
    assert shown.count("energy       no signed end") == 2


def test_what_was_known_of_a_record_when_it_was_taken_is_told(database, station, capsys):
    doubtful = replace(END, pagination=9001, doubts=(*END.doubts, "id_differs", "something_new"))
    Receipts(database).add_record("tx-3", doubtful, at=START)
    station("show", "3")
    shown = capsys.readouterr().out
    assert "doubtful: The meter forgot for whom it measured" in shown
    assert "doubtful: something_new" in shown


def test_bytes_that_were_changed_on_disk_are_found(database, station, tmp_path, capsys):
    with sqlite3.connect(tmp_path / "station.db") as connection:
        connection.execute("DROP TRIGGER records_stay_as_they_are")
        connection.execute(
            "UPDATE records SET ocmf = CAST(replace(ocmf, '\"RV\"', '\"RW\"') AS BLOB) WHERE number = 1"
        )
    connection.close()
    station("show", "1")
    shown = capsys.readouterr().out
    assert "INVALID" in shown
    assert "These are not the bytes that were stored" in shown
    station("list")
    assert capsys.readouterr().out.splitlines()[1].split()[-2:] == ["end", "tx-1"]


@pytest.mark.parametrize("to_file", [True, False])
def test_an_export_holds_exactly_the_bytes_of_the_meter(station, tmp_path, capfdbinary, to_file):
    file = tmp_path / "receipt.xml"
    more = ["--output", str(file)] if to_file else []
    assert station("export", "1", *more) == 0
    xml = file.read_bytes() if to_file else capfdbinary.readouterr().out
    evidence = read_evidence(xml)
    assert [one.ocmf for one in evidence] == [BEGIN.ocmf, END.ocmf]
    assert {one.key for one in evidence} == {vectors.DEMO_KEY}
    assert {one.transaction_id for one in evidence} == {1}


def test_a_session_without_records_cannot_be_exported(station, capsys):
    assert station("export", "3") == UNUSABLE
    assert "session 3 has no signed record to export" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_named(station, tmp_path, capsys):
    assert station("export", "1", "--output", str(tmp_path / "no" / "folder.xml")) == UNUSABLE
    assert f"{tmp_path}/no/folder.xml cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("wanted", ["4", "0", "tx-9", "²", "9" * 30])
@pytest.mark.parametrize("action", ["show", "export"])
def test_a_session_that_is_not_there_is_said_so(station, capsys, action, wanted):
    assert station(action, wanted) == NOT_FOUND
    assert f"there is no session {wanted}" in capsys.readouterr().err


def test_without_a_database_the_path_is_named(tmp_path, capsys):
    assert main(["receipts", "list", "--state-dir", str(tmp_path)]) == UNUSABLE
    assert f"there is no database {tmp_path}/station.db" in capsys.readouterr().err


def test_the_folder_comes_from_the_settings_if_it_is_not_given(database, tmp_path, capsys):
    shipped = Path(__file__).parents[2] / "config" / "station.toml"
    settings = tmp_path / "station.toml"
    lines = shipped.read_text().splitlines()
    settings.write_text("\n".join(f'state_dir = "{tmp_path}"' if "state_dir =" in line else line for line in lines))
    assert main(["receipts", "list", "--config", str(settings)]) == 0
    assert "tx-1" in capsys.readouterr().out
