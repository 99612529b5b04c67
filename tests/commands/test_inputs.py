"""`station inputs`: how contacts stand, and letting go what they held."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from station.cli import UNUSABLE, main
from station.inputs.meanings import InputState, Meaning
from tests.commands.daemon import Daemon

STATES = (
    InputState("stop", Meaning.EMERGENCY_STOP, (1, 2), active=True, contact=False, latched=True),
    InputState("door", Meaning.DOOR, (2,), active=False, contact=False),
    InputState("grid", Meaning.LIMIT_4200W, (1,), active=None),
)


class Contacts:
    """What the station says of its inputs, and what is reset."""

    def __init__(self) -> None:
        self.states = STATES
        self.asked: list[int | None] = []

    def reset(self, evse_id: int | None) -> tuple[str, ...]:
        self.asked.append(evse_id)
        names = tuple(state.name for state in self.states if state.latched and not state.contact)
        self.states = tuple(
            replace(state, latched=False, active=False) if state.name in names else state for state in self.states
        )
        return names


@pytest.fixture
def contacts() -> Contacts:
    return Contacts()


@pytest.fixture
def daemon(tmp_path: Path, contacts: Contacts) -> Iterator[Daemon]:
    with Daemon(tmp_path) as daemon:
        acts = daemon.place.acts
        acts._hands = replace(acts._hands, reset_inputs=contacts.reset)
        acts._parts = daemon.place.look._parts = replace(acts._parts, inputs=lambda: contacts.states)
        yield daemon


def test_contacts_are_shown_with_what_counts(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inputs", *daemon.config]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "input meaning EVSEs counts as because",
        "stop emergency-stop 1, 2 active input stop was active and waits for a reset",
        "door door 2 inactive",
        "grid limit-4200w 1 ?",
    ]


def test_programs_read_them_as_json(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inputs", "--json", *daemon.config]) == 0
    stop, door, _ = json.loads(capsys.readouterr().out)
    assert (stop["name"], stop["meaning"], stop["active"], stop["latched"]) == ("stop", "emergency-stop", True, True)
    assert door["evse_ids"] == [2]


def test_what_was_held_is_let_go(daemon: Daemon, contacts: Contacts, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inputs", "reset", "2", *daemon.config]) == 0
    assert capsys.readouterr().out == "reset: stop\n"
    assert main(["inputs", "reset", *daemon.config]) == 1
    assert "no input waits for a reset" in capsys.readouterr().err
    assert contacts.asked == [2, None]


def test_what_is_still_active_stays(daemon: Daemon, contacts: Contacts, capsys: pytest.CaptureFixture[str]) -> None:
    contacts.states = (replace(STATES[0], contact=True),)
    assert main(["inputs", "reset", *daemon.config]) == 1
    assert "station: still active: stop" in capsys.readouterr().err


def test_an_outlet_that_is_not_there_is_told(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inputs", "reset", "9", *daemon.config]) == 1
    assert "there is no EVSE 9" in capsys.readouterr().err


def test_without_contacts_it_says_how_to_name_them(
    daemon: Daemon, contacts: Contacts, capsys: pytest.CaptureFixture[str]
) -> None:
    contacts.states = ()
    assert main(["inputs", *daemon.config]) == 0
    assert "[[input]]" in capsys.readouterr().out


def test_without_a_station_that_runs_it_says_so(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    daemon.stop()
    assert main(["inputs", *daemon.config]) in (1, UNUSABLE)
    assert "station" in capsys.readouterr().err
