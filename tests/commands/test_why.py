"""`station why`: what stops charging is named, with what to do."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.cli import UNUSABLE, main
from station.core.events import FaultRaised
from station.core.faults import Fault
from station.texts import say
from tests.commands.daemon import Daemon
from tests.local.place import Place


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with Daemon(tmp_path) as daemon:
        yield daemon


async def break_second(place: Place) -> None:
    place.evses[2].post(FaultRaised(Fault.GROUND, "the controller measured 6 mA"))
    await place.yard.until(lambda: place.evses[2].session.faults)


def test_what_stops_an_outlet_is_named_first_with_its_remedy(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon.do(break_second)
    assert main(["why", "2", *daemon.config]) == 1
    lines = capsys.readouterr().out.splitlines()
    code = daemon.place.look.why(2).first.code  # type: ignore[union-attr]
    assert lines[1] == "EVSE 2"
    assert lines[2].split(maxsplit=1) == ["stops", say("en", f"why.{code}")]
    assert lines[3].strip() == say("en", f"why.{code}.remedy")
    assert lines[4].strip() == "the controller measured 6 mA"
    assert sum(line.startswith("   ok") for line in lines) > 5
    assert "EVSE 1" not in lines


def test_all_outlets_are_told_and_one_that_waits_for_people_is_no_failure(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon.do(lambda place: place.yard.charge())
    assert main(["why", *daemon.config]) == 0
    text = capsys.readouterr().out
    assert "EVSE 1\ncharges\n" in text
    assert "EVSE 2\nwaits" in text


def test_it_speaks_german_too(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    code = daemon.place.look.why(1).first.code  # type: ignore[union-attr]
    assert main(["why", "1", "--language", "de", *daemon.config]) == 0
    assert say("de", f"why.{code}") in capsys.readouterr().out


def test_programs_read_it_as_json(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    daemon.do(break_second)
    assert main(["why", "--json", *daemon.config]) == 1
    first, second = json.loads(capsys.readouterr().out)
    assert (first["evse_id"], second["first"]["standing"]) == (1, "stops")


def test_an_outlet_that_is_not_there_is_told(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "7", *daemon.config]) == UNUSABLE
    assert "there is no EVSE 7; this station has 1, 2" in capsys.readouterr().err


def test_a_station_that_does_not_run_is_the_answer(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    daemon.stop()
    assert main(["why", *daemon.config]) == UNUSABLE
    assert "no station runs" in capsys.readouterr().err
