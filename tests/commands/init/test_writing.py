"""What is put into the folder, and what is left alone there."""

import os
import stat
from pathlib import Path

import pytest

from station.commands.doctor.permissions import User
from station.commands.init import writing
from station.errors import SettingsError, StationError
from tests.commands.doctor.place import MYSELF, SOMEBODY
from tests.settings.files import MINIMAL, changed


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_settings_that_can_be_used_are_written_whole(tmp_path: Path):
    found = writing.settings(tmp_path, MINIMAL, force=False)
    assert found.path == tmp_path / "station.toml"
    assert found.path.read_text() == MINIMAL
    assert [file.name for file in tmp_path.iterdir()] == ["station.toml"]


def test_whoever_is_the_station_can_read_its_settings(tmp_path: Path):
    before = os.umask(0o077)
    try:
        writing.folder(tmp_path / "new")
        writing.settings(tmp_path / "new", MINIMAL, force=False)
    finally:
        os.umask(before)
    assert (mode(tmp_path / "new"), mode(tmp_path / "new" / "station.toml")) == (0o755, 0o644)


def test_settings_that_cannot_be_used_are_not_written(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"station.toml: evse\[1\].max_current_a: 99"):
        writing.settings(tmp_path, changed("max_current_a = 32", "max_current_a = 99"), force=False)
    assert list(tmp_path.iterdir()) == []


def test_settings_that_are_there_are_not_written_over(tmp_path: Path):
    (tmp_path / "station.toml").write_text("mine")
    with pytest.raises(StationError, match="--force"):
        writing.refuse_to_overwrite(tmp_path, force=False)
    with pytest.raises(StationError, match="has just been written by somebody else"):
        writing.settings(tmp_path, MINIMAL, force=False)
    assert (tmp_path / "station.toml").read_text() == "mine"


def test_with_force_those_that_are_there_are_kept_under_another_name(tmp_path: Path):
    (tmp_path / "station.toml").write_text("mine")
    writing.refuse_to_overwrite(tmp_path, force=True)
    writing.settings(tmp_path, MINIMAL, force=True)
    writing.settings(tmp_path, MINIMAL, force=True)
    kept = sorted(file for file in tmp_path.iterdir() if file.name != "station.toml")
    assert [file.read_text() for file in kept] == ["mine", MINIMAL]


@pytest.mark.parametrize(("uid", "remedy"), [(0, "read-only; make it writable, or"), (1000, "this user; be root")])
def test_a_folder_that_this_user_may_not_write_to_is_told_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int, remedy: str
):
    def access(path: Path, _mode: int) -> bool:
        return path != tmp_path / "there"

    monkeypatch.setattr("os.access", access)
    monkeypatch.setattr("os.geteuid", lambda: uid)
    writing.may_write(tmp_path / "other" / "new")
    (tmp_path / "there").mkdir()
    with pytest.raises(StationError, match=remedy):
        writing.may_write(tmp_path / "there" / "new")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StationError, match="cannot be written"):
        writing.folder(tmp_path / "file" / "new")


def test_a_password_is_made_once_and_is_nobody_elses_business(tmp_path: Path):
    file = tmp_path / "csms-password"
    made = writing.password(file, "", MYSELF)
    assert file.read_text() == f"{made}\n"
    assert (len(made), mode(file)) == (32, 0o600)
    # The CSMS may know it by now, so another try makes no other one.
    assert writing.password(file, "", MYSELF) == ""
    assert file.read_text() == f"{made}\n"


def test_a_password_that_is_given_takes_its_place(tmp_path: Path):
    file = tmp_path / "csms-password"
    writing.password(file, "", MYSELF)
    assert writing.password(file, "correct horse battery", MYSELF) == ""
    assert file.read_text() == "correct horse battery\n"


@pytest.mark.parametrize("given", ["short", "x" * 65, "fünfzehn Zeichen\n\n"])
def test_a_password_that_no_csms_takes_is_refused(tmp_path: Path, given: str):
    with pytest.raises(StationError, match="16 to 64"):
        writing.password(tmp_path / "csms-password", given, MYSELF)
    assert list(tmp_path.iterdir()) == []


def test_the_state_folder_is_the_stations_alone(tmp_path: Path):
    writing.state_folder(tmp_path / "deep" / "state", MYSELF)
    assert mode(tmp_path / "deep" / "state") == 0o700
    (tmp_path / "deep" / "state").chmod(0o750)
    writing.state_folder(tmp_path / "deep" / "state", MYSELF)
    assert mode(tmp_path / "deep" / "state") == 0o750  # not ours to change any more


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_makes_belongs_to_the_stations_user(tmp_path: Path):
    writing.state_folder(tmp_path / "state", SOMEBODY)
    writing.password(tmp_path / "csms-password", "", SOMEBODY)
    for path in tmp_path.iterdir():
        assert (path.stat().st_uid, path.stat().st_gid) == (SOMEBODY.uid, SOMEBODY.gid)
    root = User("root", 0, 0, frozenset({0}))
    writing.give(tmp_path / "state", root)
    assert (tmp_path / "state").stat().st_uid == SOMEBODY.uid
