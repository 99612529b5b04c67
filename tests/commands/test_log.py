"""`station log`: what the station wrote last is shown, and what it writes is followed."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from station.cli import UNUSABLE, main
from station.local.rings import LoggedEvent
from tests.commands.daemon import Daemon
from tests.local.place import Place


def write(place: Place, event: str, level: str = "info", **fields: object) -> None:
    place.events.add(LoggedEvent("2026-12-01T12:00:00.000Z", level, "station.test", event, fields))


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with Daemon(tmp_path) as daemon:
        write(daemon.place, "poll", "debug")
        write(daemon.place, "station_started", version="1", evses=[1, 2])
        write(daemon.place, "problem_appeared", "warning", text="a\nb\x1b[2J")
        yield daemon


def test_lines_are_shown_oldest_first_with_a_word_about_the_rest(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["log", *daemon.config]) == 0
    told = capsys.readouterr()
    assert [line.split() for line in told.out.splitlines()] == [
        ["2026-12-01T12:00:00.000Z", "debug", "poll"],
        ["2026-12-01T12:00:00.000Z", "info", "station_started", "version=1", "evses=[1,", "2]"],
        ["2026-12-01T12:00:00.000Z", "warning", "problem_appeared", "text=a", "b", "[2J"],
    ]
    assert "journalctl -u station" in told.err
    assert "\x1b" not in told.out


def test_lines_are_chosen_by_level_and_text(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "--level", "info", "--text", "EVSES", "--json", *daemon.config]) == 0
    [line] = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["event"], line["fields"]) == ("station_started", {"version": "1", "evses": [1, 2]})


class Watched(io.StringIO):
    """Standard output that somebody reads, who does something when he reads a word."""

    def __init__(self, reactions: dict[str, Callable[[], object]]) -> None:
        super().__init__()
        self._reactions = reactions

    def write(self, text: str) -> int:
        for word in [word for word in self._reactions if word in text]:
            self._reactions.pop(word)()
        return super().write(text)


def test_the_log_is_followed_until_the_station_ends(
    daemon: Daemon, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def go_on() -> None:
        daemon._loop.call_soon_threadsafe(write, daemon.place, "transaction_started")

    shown = Watched({"problem_appeared": go_on, "transaction_started": daemon.stop})
    monkeypatch.setattr("sys.stdout", shown)
    assert main(["log", "--follow", "--level", "info", *daemon.config]) == 1
    assert [line.split()[2] for line in shown.getvalue().splitlines()] == [
        "station_started",
        "problem_appeared",
        "transaction_started",
    ]
    assert capsys.readouterr().err == "station: the station ended\n"


def test_without_a_station_the_journal_is_named(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    daemon.stop()
    assert main(["log", *daemon.config]) == UNUSABLE
    assert "what it wrote: journalctl -u station" in capsys.readouterr().err
