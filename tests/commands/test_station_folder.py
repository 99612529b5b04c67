"""The folder of a station is found as its settings name it."""

import argparse
from pathlib import Path

import pytest

from station.commands.station_folder import state_dir
from station.errors import SettingsError
from station.settings import load
from tests.settings.files import MINIMAL


def named(file: Path, folder: Path | None = None) -> Path:
    return state_dir(argparse.Namespace(config=file, state_dir=folder))


@pytest.mark.parametrize("line", ["", 'state_dir = "state"', 'state_dir = "/srv/station"', 'state_dir = "../s"'])
def test_it_is_the_one_that_the_station_uses(tmp_path: Path, line: str) -> None:
    file = tmp_path / "station.toml"
    file.write_text(MINIMAL.replace('model = "Bench"', f'model = "Bench"\n{line}'))
    assert named(file) == load(file).station.state_dir


def test_a_folder_that_is_given_needs_no_settings(tmp_path: Path) -> None:
    assert named(tmp_path / "none.toml", tmp_path) == tmp_path


@pytest.mark.parametrize("text", [None, "[station", "x = 1", "station = 1", "[station]\nstate_dir = 7"])
def test_settings_that_cannot_be_used_are_told_as_ever(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "station.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError, match=r"station\.toml"):
        named(file)
