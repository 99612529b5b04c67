"""`station security-log`: what happened is shown, and nobody clears it unnoticed."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from station.cli import MISUSED, UNUSABLE, main
from station.core.security_events import SecurityEvent
from station.ocpp.blocks.security import KIND
from station.storage.database import Database
from station.storage.outbox import Outbox
from station.storage.security_log import SecurityLog
from tests.fakes_clock import START, FakeClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Database.open(tmp_path, FakeClock()) as database:
        log = SecurityLog(database)
        log.add(SecurityEvent.STARTUP_OF_THE_DEVICE, "PowerUp", at=START)
        log.add(SecurityEvent.INVALID_MESSAGES, "", at=START + timedelta(hours=1))
    return tmp_path


def run(folder: Path, *arguments: str) -> int:
    return main(["security-log", *arguments, "--state-dir", str(folder)])


def left(folder: Path) -> list[str]:
    with Database.look(folder) as database:
        return [entry.type for entry in SecurityLog(database).entries()]


def told(folder: Path) -> list[dict[str, str]]:
    with Database.look(folder) as database:
        return [json.loads(row.body) for row in Outbox(database).head(10) if row.kind == KIND]


@pytest.mark.ocpp("A04.FR.04")
def test_the_log_is_shown_beside_a_running_station(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Database.open(folder, FakeClock()):
        assert run(folder) == 0
    assert capsys.readouterr().out.splitlines() == [
        "     1  2026-12-01T12:00:00Z  critical  StartupOfTheDevice                    PowerUp",
        "     2  2026-12-01T13:00:00Z            InvalidMessages",
    ]


def test_the_log_is_shown_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--json") == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {
        "number": 1,
        "at": "2026-12-01T12:00:00+00:00",
        "type": "StartupOfTheDevice",
        "critical": True,
        "techInfo": "PowerUp",
    }
    assert second["critical"] is False


@pytest.mark.parametrize(
    ("since", "numbers"),
    [("2026-12-01", [1, 2]), ("2026-12-01T12:30", [2]), ("2026-12-01T14:30+01:00", [])],
)
def test_the_log_is_shown_from_a_time_on(
    folder: Path, capsys: pytest.CaptureFixture[str], since: str, numbers: list[int]
) -> None:
    assert run(folder, "--json", "--since", since) == 0
    assert [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()] == numbers


def test_a_time_that_is_none_is_told_with_an_example(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(folder, "--since", "yesterday")
    assert ended.value.code == MISUSED
    assert "--since yesterday: a date or time like 2026-12-01" in capsys.readouterr().err


def test_that_nothing_happened_is_said_to_people_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Database.open(tmp_path, FakeClock()).close()
    assert run(tmp_path) == 0
    assert capsys.readouterr().out == "there is no entry\n"
    assert run(tmp_path, "--json") == 0
    assert capsys.readouterr().out == ""


def test_without_yes_nothing_is_cleared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "clear") == 0
    assert "2 entries would be deleted" in capsys.readouterr().out
    assert left(folder) == ["StartupOfTheDevice", "InvalidMessages"]
    assert told(folder) == []


@pytest.mark.ocpp("A04.FR.01", "A04.FR.04")
def test_a_cleared_log_says_that_it_was_and_so_does_the_station_to_the_csms(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "clear", "--yes") == 0
    assert capsys.readouterr().out == "2 entries deleted; the CSMS learns of it when the station is connected\n"
    assert left(folder) == ["SecurityLogWasCleared"]
    (body,) = told(folder)
    assert (body["type"], body["info"]) == ("SecurityLogWasCleared", "2 entries, by the command line")


def test_the_log_of_a_running_station_is_not_cleared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Database.open(folder, FakeClock()):
        assert run(folder, "clear", "--yes") == UNUSABLE
    assert left(folder) == ["StartupOfTheDevice", "InvalidMessages"]


def test_the_place_may_be_named_before_the_action(folder: Path) -> None:
    assert main(["security-log", "--state-dir", str(folder), "clear"]) == 0
