"""`station letters`: what was given up is seen, sent once more or deleted, and never by mistake."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.cli import MISUSED, UNUSABLE, main
from station.storage.database import Database
from station.storage.outbox import Outbox
from tests.fakes_clock import START, FakeClock

NOT_FOUND = 1


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Database]:
    """The station runs, and has given up numbers 1 and 3; 2 waits."""
    with Database.open(tmp_path, FakeClock()) as database:
        outbox = Outbox(database)
        for number in range(3):
            outbox.put(
                "TransactionEvent",
                f'{{"n": {number}, "text": "\\u0007"}}',
                created_at=START,
                offline=False,
                transaction_id="tx-1",
                seq_no=number,
            )
        outbox.count_attempt(1, not_before=START)
        outbox.bury(1, "InternalError: \x1b[31mred\n" + "x" * 100, START)
        outbox.bury(3, "unusable: 'kind'", START)
        yield database


@pytest.fixture
def stopped(running: Database, tmp_path: Path) -> Path:
    running.close()
    return tmp_path


def letters(folder: Path, *arguments: str) -> int:
    return main(["letters", *arguments, "--state-dir", str(folder)])


def left(folder: Path) -> tuple[list[int], list[int]]:
    """Return the numbers of the letters, and of what waits."""
    with Database.look(folder) as database:
        outbox = Outbox(database)
        return [letter.message.id for letter in outbox.dead_letters()], [row.id for row in outbox.head(9)]


@pytest.mark.usefixtures("running")
def test_the_list_has_a_line_for_each_beside_a_running_station(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert letters(tmp_path, "list") == 0
    _, first, second = capsys.readouterr().out.splitlines()
    assert first.split()[:2] == ["1", "TransactionEvent"]
    assert first.endswith("...")
    assert "\x1b" not in first
    assert second.endswith("unusable: 'kind'")


def test_that_nothing_was_given_up_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Database.open(tmp_path, FakeClock()).close()
    assert letters(tmp_path, "list") == 0
    assert capsys.readouterr().out == "no message was given up\n"


@pytest.mark.usefixtures("running")
def test_one_is_shown_with_all_that_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert letters(tmp_path, "show", "1") == 0
    shown = capsys.readouterr().out
    assert "letter       1, TransactionEvent\ntransaction  tx-1, message 0 of it\n" in shown
    assert ", at attempt 2\nwhy          InternalError:  [31mred xxx" in shown
    assert shown.endswith('{\n  "n": 0,\n  "text": "\\u0007"\n}\n')


def test_what_cannot_be_read_is_shown_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Database.open(tmp_path, FakeClock()) as database:
        outbox = Outbox(database)
        outbox.bury(outbox.put("NotifyEvent", "{\x1b", created_at=START, offline=True), "unusable", START)
    assert letters(tmp_path, "show", "1") == 0
    assert "'{\\x1b'" in capsys.readouterr().out


def test_one_is_put_back_into_the_queue(stopped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert letters(stopped, "retry", "1") == 0
    assert capsys.readouterr().out == "1 letter will be sent when the station runs again\n"
    assert left(stopped) == ([3], [1, 2])


def test_all_are_put_back_into_the_queue(stopped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert letters(stopped, "retry", "--all") == 0
    assert capsys.readouterr().out == "2 letters will be sent when the station runs again\n"
    assert left(stopped) == ([], [1, 2, 3])


def test_one_is_deleted_only_with_yes(stopped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert letters(stopped, "delete", "1") == 0
    assert "TransactionEvent would be deleted, and the CSMS will never have it" in capsys.readouterr().out
    assert left(stopped) == ([1, 3], [2])
    assert letters(stopped, "delete", "1", "--yes") == 0
    assert capsys.readouterr().out == "letter 1 deleted\n"
    assert left(stopped) == ([3], [2])


@pytest.mark.usefixtures("running")
def test_what_would_be_deleted_is_told_beside_a_running_station(tmp_path: Path) -> None:
    assert letters(tmp_path, "delete", "1") == 0


def test_to_put_back_nothing_is_said_to_be_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Database.open(tmp_path, FakeClock()).close()
    assert letters(tmp_path, "retry", "--all") == 0
    assert capsys.readouterr().out == "no message was given up\n"


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("arguments", [("retry", "1"), ("retry", "--all"), ("delete", "1", "--yes")])
def test_nothing_is_changed_under_a_running_station(
    tmp_path: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert letters(tmp_path, *arguments) == UNUSABLE
    assert "stop it first" in capsys.readouterr().err
    assert left(tmp_path) == ([1, 3], [2])


@pytest.mark.parametrize("arguments", [("show", "2"), ("retry", "2"), ("delete", "2", "--yes")])
def test_what_was_not_given_up_is_no_letter(
    stopped: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert letters(stopped, *arguments) == NOT_FOUND
    assert "station: there is no letter 2; see: station letters list" in capsys.readouterr().err
    assert left(stopped) == ([1, 3], [2])


@pytest.mark.parametrize("arguments", [("retry",), ("show",), ("show", "x"), ("retry", "1", "--all")])
def test_what_is_meant_has_to_be_said(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        letters(tmp_path, *arguments)
    assert ended.value.code == MISUSED
