"""A session with records that were signed on the way: begin and end stay the pair, and every byte is kept."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.cli import main
from station.core.records import RecordKind
from station.meter.evidence.safe_xml import read_evidence
from station.storage.meters import Meters
from tests.commands.receipts.archive import BEGIN, LATER, Archive, opened, record_of
from tests.meter import ocmf_builder
from tests.meter.ocmf_builder import END_VALUES, Text

_TEXTS = (
    (RecordKind.TURN_ON, Text()),
    (RecordKind.CURRENT, Text(counter=4277, transaction="C", kind=0, session_wh=50, total_wh=99900)),
    (RecordKind.CURRENT, Text(counter=4278, transaction="C", kind=0, session_wh=100, total_wh=99950)),
    (RecordKind.TURN_OFF, Text(**{**END_VALUES, "counter": 4279})),
)
RECORDS = tuple(record_of(text.ocmf, kind, key=ocmf_builder.KEY) for kind, text in _TEXTS)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as archive:
        Meters(archive.database).confirm(1, BEGIN.meter_serial, ocmf_builder.KEY, LATER)
        archive.add("tx-1", *RECORDS)
        yield archive


def test_its_energy_is_that_of_its_end(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    archive.run("list")
    assert capsys.readouterr().out.splitlines()[1].split()[-3:] == ["0.15", "begin+end", "tx-1"]


def test_every_record_of_it_is_shown(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    archive.run("show", "1")
    shown = capsys.readouterr().out
    assert shown.count("signature VALID") == 4
    assert all(record.ocmf.decode() in shown for record in RECORDS)


def test_its_export_has_every_byte_in_order_and_can_be_verified(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "receipt.xml"
    assert archive.run("export", "1", "--output", str(file)) == 0
    evidence = read_evidence(file.read_bytes())
    assert [one.ocmf for one in evidence] == [record.ocmf for record in RECORDS]
    assert [one.context for one in evidence] == ["Transaction.Begin", None, None, "Transaction.End"]
    assert main(["ocmf", "verify", str(file), "--key", ocmf_builder.KEY.hex()]) == 0
    assert "counters_consecutive" not in capsys.readouterr().err


def test_a_table_pairs_its_begin_with_its_end(archive: Archive, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    archive.run("export", "1", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(capfdbinary.readouterr().out.decode(), newline=""))
    assert (row["begin_counter"], row["end_counter"], row["signed"], row["findings"]) == (
        "4276",
        "4279",
        "begin+end",
        "",
    )


def test_it_is_judged_as_whole(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    assert archive.run("verify") == 0
    assert "S.A.F.E. 1.3 accepts 1 of 1 sessions with begin and end" in capsys.readouterr().out
    assert archive.run("verify", "1") == 0
    assert "  current 4277    ok           signature: " in capsys.readouterr().out


def test_a_record_that_is_missing_on_the_way_is_found(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    for counter in (5001, 5003):
        text = Text(counter=counter, transaction="C", kind=0, session_wh=50, total_wh=99900)
        record = record_of(text.ocmf, RecordKind.CURRENT, key=ocmf_builder.KEY)
        archive.receipts.add_record("tx-1", record, at=LATER)
    archive.run("verify")
    assert "1 taken between counters 5001 and 5003 is not here" in capsys.readouterr().out
