"""`station model`: variables are read and set by name, of a station that runs and of one that does not."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.cli import UNUSABLE, main
from station.core import variables as var
from station.secret import Secret
from tests.commands.daemon import Daemon
from tests.local.place import WEB
from tests.settings.files import PASSWORD

HEARTBEAT = "OCPPCommCtrlr.HeartbeatInterval"
PRESETS = f'{WEB}[variables]\n"{HEARTBEAT}" = 55\n"OCPPCommCtrlr.OfflineThreshold" = 44\n'


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with Daemon(tmp_path, more=PRESETS) as daemon:
        yield daemon


def out(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


# Get


def test_a_value_is_printed_and_nothing_else(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in ((HEARTBEAT.upper(), "300"), ("EVSE#2.AvailabilityState", "Available")):
        assert main(["model", "get", name, *daemon.config]) == 0
        assert out(capsys) == f"{value}\n"


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("heartbeatinterval", "there is OCPPCommCtrlr.HeartbeatInterval"),
        ("e", "see: station model list"),  # most of them
        ("nothing", "see: station model list"),
    ],
)
def test_a_part_of_a_name_is_no_name_but_tells_what_was_meant(
    daemon: Daemon, capsys: pytest.CaptureFixture[str], part: str, told: str
) -> None:
    assert main(["model", "get", part, *daemon.config]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"station: there is no variable {part}; {told}\n")


def test_a_password_is_not_printed(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    daemon.place.model.update(var.BASIC_AUTH_PASSWORD, Secret(PASSWORD))
    assert main(["model", "get", "SecurityCtrlr.BasicAuthPassword", *daemon.config]) == 1
    told = capsys.readouterr()
    assert "shown to nobody" in told.err
    assert PASSWORD not in told.out + told.err


# Set


def test_a_variable_is_set(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "set", HEARTBEAT, "77", *daemon.config]) == 0
    assert out(capsys) == f"{HEARTBEAT} is set\n"
    assert daemon.place.model[var.HEARTBEAT_INTERVAL] == 77


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [(HEARTBEAT, "soon", "'soon' is no integer"), ("A.B", "1", "no component A"), ("x", "1", "Component.Variable")],
)
def test_a_refusal_is_told(
    daemon: Daemon, capsys: pytest.CaptureFixture[str], name: str, value: str, why: str
) -> None:
    assert main(["model", "set", name, value, *daemon.config]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert why in told.err


def test_what_may_cut_the_station_off_takes_a_yes(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ["model", "set", "OCPPCommCtrlr.NetworkConfigurationPriority", "2,1", *daemon.config]
    assert main(wanted) == 1
    assert "may not reach its CSMS any more" in (error := capsys.readouterr().err)
    assert error.endswith("; add --yes to do so\n")
    assert main([*wanted, "--yes"]) == 0
    assert daemon.place.model[var.NETWORK_CONFIGURATION_PRIORITY] == ("2", "1")


def test_a_secret_comes_from_standard_input(
    daemon: Daemon, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert main(["model", "set", "SecurityCtrlr.BasicAuthPassword", "-", "--yes", *daemon.config]) == 0
    assert daemon.place.model[var.BASIC_AUTH_PASSWORD] == Secret(PASSWORD)
    assert PASSWORD not in out(capsys)


# List


def test_variables_are_listed_with_what_they_are(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "list", "heartbeat", *daemon.config]) == 0
    head, line = out(capsys).splitlines()
    assert head.split() == ["variable", "value", "unit", "access", "type"]
    assert line.split() == [HEARTBEAT, "300", "s", "read,", "write", "integer"]


def test_a_filter_that_fits_nothing_is_told_instead_of_an_empty_table(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["model", "list", "nothing", *daemon.config]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "station: no name of a variable holds nothing\n")


def test_the_list_is_json_for_programs(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "list", "--json", *daemon.config]) == 0
    rows = json.loads(out(capsys))
    assert len(rows) == len(list(daemon.place.model))


# Without a station


def test_what_is_stored_and_preset_is_read_without_a_station(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["model", "set", HEARTBEAT, "77", *daemon.config]) == 0
    daemon.stop()
    out(capsys)
    for name, value in ((HEARTBEAT, "77"), ("OCPPCommCtrlr.OfflineThreshold", "44"), ("AuthCtrlr.Enabled", "true")):
        assert main(["model", "get", name, *daemon.config]) == 0
        assert out(capsys) == f"{value}\n"


def test_what_only_a_station_that_runs_can_know_is_not_made_up(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon.stop()
    assert main(["model", "get", "EVSE#1.AvailabilityState", *daemon.config]) == 1
    assert "only a station that runs knows it" in capsys.readouterr().err
    assert main(["model", "list", *daemon.config]) == 0
    told = capsys.readouterr()
    assert "AvailabilityState" not in told.out
    assert "FirmwareVersion" not in told.out
    assert HEARTBEAT in told.out
    assert "no station runs" in told.err


def test_before_the_first_start_the_settings_say_what_will_be(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon.stop()
    for file in daemon.place.folder.glob("station.db*"):
        file.unlink()
    assert main(["model", "get", HEARTBEAT, *daemon.config]) == 0
    assert out(capsys) == "55\n"


def test_nothing_is_set_without_a_station(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    daemon.stop()
    assert main(["model", "set", HEARTBEAT, "77", *daemon.config]) == UNUSABLE
    assert "no station runs" in capsys.readouterr().err
    assert main(["model", "get", HEARTBEAT, "--state-dir", str(daemon.place.folder)]) == UNUSABLE
