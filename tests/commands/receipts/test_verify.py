"""`station receipts verify`: what is genuine and whole passes, and every spoiled thing is found and named."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.commands.receipts.archive import BEGIN, END, LATER, OTHER_BEGIN, OTHER_END, Archive, opened
from tests.fakes_clock import START


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as archive:
        archive.add_usual()
        yield archive


def test_a_store_that_is_as_it_should_be_is_valid_and_told_in_a_few_lines(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    assert archive.run("verify") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "S.A.F.E. 1.3 accepts 1 of 1 sessions with begin and end",
        "S.A.F.E. 1.4.1 accepts 0 of 1 sessions with begin and end",
    ]
    assert "it takes no reading with the OBIS code" in " ".join(line.strip() for line in lines)
    assert lines[-2:] == ["3 sessions: 3 VALID", "result: VALID, nothing doubtful"]


def test_a_store_without_sessions_is_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(tmp_path / "empty") as archive:
        assert archive.run("verify") == 0
    assert capsys.readouterr().out == "0 sessions\nresult: VALID, nothing doubtful\n"


def test_of_one_session_every_check_is_told(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    assert archive.run("verify", "tx-1") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("session 1, transaction tx-1: VALID\n")
    for check in ("signature", "key_known", "event_bits", "clock", "meter_known", "bytes_unchanged", "snapshot"):
        assert f"  turn_on 4276    ok           {check}: " in shown
        assert f"  turn_off 4277   ok           {check}: " in shown
    for check in ("same_meter", "time_order", "counters_consecutive", "registers_agree", "safe_1_3"):
        assert f"  together        ok           {check}: " in shown
    assert "  together        note         safe_1_4_1: " in shown
    assert shown.endswith("result: VALID, nothing doubtful\n")


def test_a_session_that_runs_is_told_as_such_and_misses_nothing(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    assert archive.run("verify", "2") == 0
    assert "session 2, transaction tx-2, runs: VALID" in capsys.readouterr().out


def test_an_unsigned_end_is_doubtful_and_named(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    archive.receipts.finish("tx-2", ended_at=START, stopped_reason="PowerLoss")
    assert archive.run("verify") == 2
    shown = capsys.readouterr().out
    assert "session 2, transaction tx-2: DOUBTFUL\n" in shown
    assert "DOUBTFUL     complete: There is no signed end" in shown
    assert "session 1" not in shown
    assert "3 sessions: 2 VALID, 1 DOUBTFUL" in shown
    assert shown.endswith("result: DOUBTFUL, see above\n")


def test_a_spoiled_record_is_invalid_whatever_else_is_doubtful(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.receipts.finish("tx-2", ended_at=START, stopped_reason="PowerLoss")
    archive.spoil("UPDATE records SET ocmf = CAST(replace(ocmf, '\"XV\":100.00', '\"XV\":999.00') AS BLOB)")
    assert archive.run("verify") == 1
    shown = capsys.readouterr().out
    assert "turn_off 4277   INVALID      signature: " in shown
    assert "turn_off 4277   INVALID      bytes_unchanged: These are not the bytes that were stored" in shown
    assert "turn_on 4276    INVALID" not in shown
    assert "3 sessions: 1 VALID, 1 INVALID, 1 DOUBTFUL" in shown
    assert shown.endswith("result: INVALID\n")


def test_a_session_that_cannot_be_read_is_invalid_and_the_others_are_judged(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.spoil("UPDATE records SET kind = 'nothing' WHERE transaction_number = 1")
    assert archive.run("verify") == 1
    shown = capsys.readouterr().out
    assert "session 1 cannot be read" in shown
    assert "3 sessions: 2 VALID, 1 INVALID" in shown


def test_records_that_never_came_are_doubtful_and_counted(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.receipts.add_record("tx-2", OTHER_END, at=START)
    archive.receipts.set_aside(2, replace(OTHER_END, pagination=22112), "why", at=START)
    assert archive.run("verify") == 2
    shown = capsys.readouterr().out
    assert "meter 001BZR1521070003: 3 taken between counters 22108 and 22112 are not here" in shown
    assert "counts every snapshot, those of other tools too" in shown
    assert "3 sessions: 3 VALID" in shown
    assert shown.endswith("result: DOUBTFUL, see above\n")


def test_records_that_were_set_aside_are_pointed_at_and_change_nothing(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.receipts.add_rejected(1, b"OCMF|broken", "the signature does not fit", at=START)
    assert archive.run("verify") == 0
    assert "set aside and not judged: 1; see: station receipts rejected\n" in capsys.readouterr().out


def test_one_record_that_never_came_is_told_in_the_singular(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.receipts.set_aside(2, replace(OTHER_BEGIN, pagination=22109), "why", at=START)
    assert archive.run("verify") == 2
    assert "1 taken between counters 22107 and 22109 is not here" in capsys.readouterr().out


def test_the_gaps_of_all_are_no_matter_of_one_session(archive: Archive) -> None:
    archive.receipts.set_aside(1, replace(END, pagination=9000), "why", at=START)
    assert archive.run("verify", "1") == 0
    assert archive.run("verify") == 2


def test_what_was_deleted_because_it_was_old_is_no_gap(archive: Archive) -> None:
    for counter in (BEGIN.pagination - 1, END.pagination + 1):
        archive.receipts.set_aside(1, replace(BEGIN, pagination=counter), "why", at=START)
    assert archive.receipts.prune(LATER + timedelta(days=1)) == 1
    assert archive.run("verify") == 0
