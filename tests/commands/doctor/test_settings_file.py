"""The settings file: who can read it, and what is in it."""

from pathlib import Path

import pytest

from station.commands.doctor import settings_file
from station.commands.doctor.findings import Result
from station.errors import SettingsError
from tests.commands.doctor.place import MYSELF, PASSWORD, SOMEBODY, case, named, settings


def test_a_file_for_the_station_alone_is_well(tmp_path: Path):
    findings = list(settings_file.check(case(tmp_path)))
    assert [finding.result for finding in findings] == [Result.OK, Result.OK]


def test_a_password_that_everybody_can_read_is_a_warning(tmp_path: Path):
    file = settings(tmp_path).path
    file.chmod(0o644)
    (finding,) = settings_file.secrets(file, MYSELF)
    assert finding.result is Result.WARNING
    assert finding.remedy.endswith(f"chmod 600 {file}")
    assert PASSWORD not in finding.found


def test_a_password_in_a_file_of_its_own_counts_there(tmp_path: Path):
    own = tmp_path / "csms-password"
    own.write_text(PASSWORD)
    own.chmod(0o644)
    file = settings(tmp_path, csms='password_file = "csms-password"').path
    file.chmod(0o644)
    (finding,) = settings_file.secrets(file, MYSELF)
    assert finding.found.startswith(f"{own} holds the password")
    own.chmod(0o600)
    (finding,) = settings_file.secrets(file, MYSELF)
    assert finding.result is Result.OK


def test_without_a_password_there_is_nothing_to_hide(tmp_path: Path):
    plain = "security_profile = 0\nallow_plain_without_password = true"
    assert list(settings_file.secrets(settings(tmp_path, csms=plain).path, MYSELF)) == []


def test_a_file_that_the_station_cannot_read_is_a_failure(tmp_path: Path):
    looked_at = case(tmp_path)
    from dataclasses import replace

    findings = list(settings_file.check(replace(looked_at, user=SOMEBODY)))
    assert named(findings, "file").result is Result.FAILURE
    assert "cannot be read by somebody" in named(findings, "file").found


@pytest.mark.parametrize(
    ("why", "remedy"),
    [
        ("a.toml: csms.password_file: /etc/x cannot be read: Permission denied", "be root or the station's user"),
        ("a.toml: cannot be read: No such file or directory", "station init"),
        ("a.toml: csms.password_file: /etc/x cannot be read: No such file or directory", "correct it"),
        ("a.toml: evse[1].max_current_a: 99 is out of range", "correct it"),
    ],
)
def test_the_remedy_is_for_what_keeps_the_file_from_being_used(why: str, remedy: str):
    assert remedy in settings_file.unusable(SettingsError(why)).remedy


def test_every_mistake_in_the_file_is_told():
    finding = settings_file.unusable(SettingsError("a.toml: one\na.toml: two"))
    assert finding.result is Result.FAILURE
    assert finding.found == "a.toml: one\na.toml: two"
