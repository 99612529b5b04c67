"""`station meter`: where the meter is, and what a person is told who cannot reach it."""

import argparse
import os
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from station.cli import MISUSED, UNUSABLE, main
from station.commands.meter import connection as meter
from station.commands.meter.connection import Place, connected, find
from station.errors import LineSilentError, PortError
from station.meter.keys import parse_key
from station.meter.port import Switching
from station.serial_port import open_serial
from tests.commands.meter.laptop import at_bench
from tests.fakes_clock import FakeClock
from tests.meter.vectors import DEMO_KEY

SETTINGS = """
[station]
identity = "S1"
vendor_name = "Tests"
model = "Two"
[csms]
url = "ws://127.0.0.1:9/ocpp"
password = "a-password-for-tests"
[[line]]
name = "left"
port = "/dev/ttyLEFT"
[[line]]
name = "right"
port = "/dev/ttyRIGHT"
baud_rate = 9600
parity = "odd"
"""
EVSE = """
[[evse]]
id = {id}
evse_id = "DE*ABC*E{id}"
max_current_a = 16
connector = "sType2"
[evse.meter]
type = "bsm-ws36a"
line = "{line}"
{more}
[evse.controller]
type = "phoenix-ev-cc"
line = "left"
unit = {id}
"""
STATE = Path("/var/lib/station")
FIRST = EVSE.format(id=1, line="left", more="")
SECOND = EVSE.format(
    id=2,
    line="right",
    more=f'unit = 7\nswitching = "external"\ntimezone = "Europe/Berlin"\npublic_key = "{DEMO_KEY.hex()}"',
)


@pytest.fixture
def port() -> Iterator[str]:
    """A serial port behind which nothing is."""
    ends = os.openpty()
    tty.setraw(ends[1])
    yield os.ttyname(ends[1])
    for end in ends:
        os.close(end)


def place(tmp_path: Path, settings: str, **more: Any) -> Place:
    file = tmp_path / "station.toml"
    file.write_text(SETTINGS + settings)
    given = dict.fromkeys(("port", "config", "evse", "baud", "parity", "unit"))
    where = {} if "port" in more else {"config": file}
    return find(argparse.Namespace(misuse=misuse, **given | where | more))


def misuse(message: str) -> None:
    raise AssertionError(message)


def misused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as end:
        main(["meter", "read", *arguments])
    assert end.value.code == MISUSED
    return capsys.readouterr().err


def test_a_port_is_enough_for_a_meter_as_it_comes_from_its_maker(tmp_path: Path) -> None:
    assert place(tmp_path, FIRST, port="/dev/ttyX") == Place("/dev/ttyX", 19200, "E", 42)
    given = place(tmp_path, FIRST, port="/dev/ttyX", baud=9600, parity="none", unit=1)
    assert given == Place("/dev/ttyX", 9600, "N", 1)


def test_the_settings_know_where_the_meter_of_the_only_evse_is(tmp_path: Path) -> None:
    assert place(tmp_path, FIRST) == Place("/dev/ttyLEFT", 19200, "E", 42, evse_id=1, state_dir=STATE)


def test_the_settings_know_the_meter_of_each_evse(tmp_path: Path) -> None:
    assert place(tmp_path, FIRST + SECOND, evse=1) == Place(
        "/dev/ttyLEFT", 19200, "E", 42, evse_id=1, state_dir=STATE
    )
    second = place(tmp_path, FIRST + SECOND, evse=2)
    assert second == Place(
        "/dev/ttyRIGHT",
        baud=9600,
        parity="O",
        unit=7,
        switching=Switching.EXTERNAL,
        timezone="Europe/Berlin",
        public_key=parse_key(DEMO_KEY.hex()),
        evse_id=2,
        state_dir=STATE,
    )
    assert str(second.zone) == "Europe/Berlin"
    assert Place("x").zone is None


def test_of_several_evses_one_has_to_be_named(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"say whose meter with --evse; .* 1 \(DE\*ABC\*E1\), 2 \(DE\*ABC\*E2\)"):
        place(tmp_path, FIRST + SECOND)
    with pytest.raises(AssertionError, match=r"--evse 3: there is none; .* has EVSE 1 \("):
        place(tmp_path, FIRST, evse=3)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--port", "/dev/x", "--config", "y"], "--port and --config exclude each other"),
        (["--port", "/dev/x", "--evse", "1"], "--evse goes with --config"),
        (["--config", "y", "--baud", "9600"], "--baud goes with --port"),
        (["--config", "y", "--parity", "odd"], "--parity goes with --port"),
        (["--config", "y", "--unit", "1"], "--unit goes with --port"),
        (["--port", "/dev/x", "--unit", "0"], "1 to 247 is allowed"),
        (["--port", "/dev/x", "--unit", "248"], "1 to 247 is allowed"),
        (["--port", "/dev/x", "--parity", "mark"], "invalid choice"),
    ],
)
def test_a_place_that_contradicts_itself_is_misuse(
    capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    assert reason in misused(capsys, *arguments)


def test_without_any_place_a_person_is_told_how_to_name_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(meter, "CONFIG", tmp_path / "station.toml")
    told = misused(capsys)
    assert f"say where the meter is: --port DEVICE, or --config FILE ({tmp_path}/station.toml is not there)" in told


@pytest.mark.parametrize("interval", ["0.1", "0", "-1", "nan", "inf", "x"])
def test_an_interval_that_no_line_can_keep_is_misuse(capsys: pytest.CaptureFixture[str], interval: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(["meter", "watch", "--port", "/dev/x", f"--interval={interval}"])
    assert end.value.code == MISUSED


def test_a_port_that_is_missing_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["meter", "read", "--port", "/dev/ttyNOWHERE"]) == UNUSABLE
    told = capsys.readouterr()
    assert told.err.startswith("station: /dev/ttyNOWHERE does not exist; is the adapter plugged in?")
    assert told.err.count("\n") == 1
    assert told.out == ""


async def test_a_port_that_the_station_has_is_to_be_given_back_first(port: str) -> None:
    holder = open_serial(port, 19200)
    told = rf"{port} is in use .*station that has it, stop the station first"
    with pytest.raises(PortError, match=told), connected(Place(port, parity="N"), FakeClock()):
        raise AssertionError
    holder.close()


async def test_a_pseudo_terminal_with_parity_is_explained(port: str) -> None:
    open_serial(port, 19200).close()  # parity has to be the only thing that is asked for
    told = "A pseudo terminal, such as the bench has, takes --parity none only"
    with pytest.raises(PortError, match=told), connected(Place(port, parity="E"), FakeClock()):
        raise AssertionError


async def test_a_meter_that_is_silent_is_explained_with_what_it_was_asked(tmp_path: Path) -> None:
    with pytest.raises(LineSilentError, match=r"unit 7 on .*meter1: no answer") as caught:
        async with at_bench(tmp_path, unit=7) as (_, laptop):
            await laptop.connection.meter.identify()
    assert "Check the meter's supply and the wires A and B" in str(caught.value)
    assert "it was asked with 19200 baud, no parity, as unit 7" in str(caught.value)


async def test_the_port_is_given_back_whatever_happens(port: str) -> None:
    for _ in range(2):
        with pytest.raises(PortError), connected(Place(port, parity="N"), FakeClock()) as connection:
            open_serial(port, 19200)
        assert connection.place.port == port
    open_serial(port, 19200).close()
