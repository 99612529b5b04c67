"""`station receipts list`, `show` and `rejected`, as a person uses them beside a station that runs."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ocpp.v201.enums import ReadingContextEnumType

from station.cli import UNUSABLE, main
from station.commands.receipts.store import NOT_FOUND
from station.core.records import SignedRecord
from station.core.samples import of_record
from station.storage.card_names import CardNames
from tests.commands.receipts.archive import BEGIN, CARD, END, LATER, OTHER_BEGIN, OTHER_END, Archive, opened
from tests.fakes_clock import START


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as archive:
        archive.add_usual()
        yield archive


def test_all_sessions_are_listed_with_what_was_signed(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    assert archive.run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[1].split() == [
        *("1", "1", "2026-12-01", "12:00:00", "2026-12-01", "13:00:00"),
        *(f"{END.session_energy_wh / 1000:.2f}", "begin+end", "tx-1"),
    ]
    assert lines[2].split() == ["2", "2", "2026-12-01", "12:00:00", "runs", "-", "begin", "tx-2"]
    assert lines[3].split()[-2:] == ["none", "tx-3"]


@pytest.mark.parametrize("wanted", ["1", "tx-1"])
def test_a_session_is_shown_by_number_and_by_id(
    archive: Archive, capsys: pytest.CaptureFixture[str], wanted: str
) -> None:
    assert archive.run("show", wanted) == 0
    shown = capsys.readouterr().out
    assert shown.count("signature VALID") == 2
    assert "04A2B3C4 (ISO14443)" in shown
    assert "2026-12-01 13:00:00 UTC, Local" in shown
    assert BEGIN.ocmf.decode() in shown
    assert END.ocmf.decode() in shown


def test_a_session_that_runs_and_one_without_records_are_shown_as_what_they_are(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    assert archive.run("show", "2") == 0
    assert archive.run("show", "3") == 0
    shown = capsys.readouterr().out
    assert "nobody" in shown
    assert shown.count("ended        runs") == 2
    assert shown.count("energy       no signed end") == 2


def test_what_the_meter_was_asked_to_sign_for_is_shown(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    archive.run("show", "1")
    shown = capsys.readouterr().out
    assert "request      ASSIGNED, 04A2B3C4, ISO14443, HEARSAY, RFID_RELATED\n" in shown
    assert "             EVSE DE*ABC*E1234*1, transaction tx-1, tariff 0.49 EUR/kWh\n" in shown
    archive.run("show", "2")
    assert "request      not kept" in capsys.readouterr().out


def test_each_record_is_shown_with_whether_the_csms_has_it_and_its_snapshot_was_kept(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.run("show", "1")
    assert capsys.readouterr().out.count("the CSMS has it since 2026-12-01 13:00:00 UTC; snapshot kept\n") == 2
    archive.receipts.add_record("tx-2", OTHER_END, at=START)
    archive.run("show", "2")
    shown = capsys.readouterr().out
    assert "the CSMS has not confirmed it; snapshot kept\n" in shown
    assert "the CSMS has not confirmed it; snapshot not kept\n" in shown


def test_a_record_whose_energy_was_told_without_its_signature_is_shown_as_such(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = of_record(OTHER_BEGIN, ReadingContextEnumType.transaction_begin, signed=False, key=None)
    archive.receipts.mark_told("tx-2", sample, LATER)
    archive.run("show", "2")
    told = "the CSMS has its energy since 2026-12-01 13:00:00 UTC, but not its signature; snapshot kept\n"
    assert told in capsys.readouterr().out


def test_what_was_known_of_a_record_when_it_was_taken_is_told(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    doubtful = replace(END, pagination=9001, doubts=(*END.doubts, "id_differs", "something_new"))
    archive.receipts.add_record("tx-3", doubtful, at=START)
    archive.run("show", "3")
    shown = capsys.readouterr().out
    assert "doubtful: The meter forgot for whom it measured" in shown
    assert "doubtful: something_new" in shown


def test_bytes_that_were_changed_on_disk_are_found(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    archive.spoil("UPDATE records SET ocmf = CAST(replace(ocmf, '\"RV\"', '\"RW\"') AS BLOB) WHERE number = 1")
    archive.run("show", "1")
    shown = capsys.readouterr().out
    assert "INVALID" in shown
    assert "These are not the bytes that were stored" in shown
    archive.run("list")
    assert capsys.readouterr().out.splitlines()[1].split()[-2:] == ["end", "tx-1"]


def test_records_that_were_set_aside_are_listed_with_the_reason(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.receipts.add_rejected(2, b"OCMF|broken\xff", "the signature does not fit", at=START)
    archive.receipts.set_aside(1, BEGIN, "a start that nobody waited for any more", at=START)
    assert archive.run("rejected") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1  2026-12-01 12:00:00 UTC, EVSE 2: the signature does not fit"
    assert lines[2] == "    OCMF|broken\\xff"
    assert lines[3] == "2  2026-12-01 12:00:00 UTC, EVSE 1: a start that nobody waited for any more"
    assert lines[4] == "    genuine; meter 001BZR1521070006, counter 4276"
    assert lines[5].startswith("    sha256 ")
    assert lines[6] == f"    {BEGIN.ocmf.decode()}"


def test_that_no_record_was_set_aside_is_said(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    assert archive.run("rejected") == 0
    assert capsys.readouterr().out == "no record was set aside\n"


@pytest.mark.parametrize("wanted", ["4", "0", "tx-9", "²", "9" * 30])
@pytest.mark.parametrize("action", ["show", "export", "verify"])
def test_a_session_that_is_not_there_is_said_so(
    archive: Archive, capsys: pytest.CaptureFixture[str], action: str, wanted: str
) -> None:
    assert archive.run(action, wanted) == NOT_FOUND
    assert f"there is no session {wanted}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "action", [["list"], ["rejected"], ["verify"], ["export", "1"], ["prune", "--older-than", "1", "--yes"]]
)
def test_without_a_database_the_path_is_named_and_none_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], action: list[str]
) -> None:
    assert main(["receipts", *action, "--state-dir", str(tmp_path)]) == UNUSABLE
    assert f"there is no database {tmp_path}/station.db" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_folder_comes_from_the_settings_if_it_is_not_given(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = Path(__file__).parents[3] / "config" / "station.toml"
    settings = tmp_path / "station.toml"
    lines = shipped.read_text().splitlines()
    settings.write_text("\n".join(f'state_dir = "{tmp_path}"' if "state_dir =" in line else line for line in lines))
    assert main(["receipts", "list", "--config", str(settings)]) == 0
    assert "tx-1" in capsys.readouterr().out


def test_a_card_that_has_a_name_is_shown_by_it(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    CardNames(archive.database).give(CARD, "Anna", at=START)
    archive.run("list")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines] == ["card", "Anna", "tx-2", "Anna"]
    archive.run("show", "1")
    assert "driver       Anna, 04A2B3C4 (ISO14443)\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ((), "nothing signed"),
        ((OTHER_BEGIN,), "no signed end"),
        ((OTHER_END,), "no signed begin"),
        (
            (replace(OTHER_BEGIN, ocmf=OTHER_BEGIN.ocmf.replace(b'"RV":0', b'"RV":5')), OTHER_END),
            "a signature does not fit",
        ),
    ],
)
def test_why_a_session_has_no_energy_is_said(
    archive: Archive, capsys: pytest.CaptureFixture[str], records: tuple[SignedRecord, ...], told: str
) -> None:
    archive.add("tx-4", *(replace(record, pagination=record.pagination + 5) for record in records))
    archive.run("show", "tx-4")
    assert f"energy       {told}\n" in capsys.readouterr().out
