"""`station config check`, before a station is started with a file."""

from pathlib import Path

from station.cli import UNUSABLE, main

SHIPPED = Path(__file__).parents[2] / "config" / "station.toml"


def test_a_file_that_can_be_used_is_called_fine(capsys):
    assert main(["config", "check", str(SHIPPED)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{SHIPPED} is fine: ")
    assert "EVSE 1" in shown


def test_every_mistake_is_told_at_once(tmp_path, capsys):
    file = tmp_path / "station.toml"
    file.write_text(
        SHIPPED.read_text().replace("max_current_a = 32", "max_current_a = 99").replace("unit = 42", "unit = 0")
    )
    assert main(["config", "check", str(file)]) == UNUSABLE
    told = capsys.readouterr().err
    assert f"{file}: evse[1].max_current_a: 99 is out of range" in told
    assert f"{file}: evse[1].meter.unit: 0 is out of range" in told


def test_a_file_that_is_not_there_is_named(tmp_path, capsys):
    assert main(["config", "check", str(tmp_path / "none.toml")]) == UNUSABLE
    assert f"{tmp_path}/none.toml: cannot be read" in capsys.readouterr().err


def test_the_password_is_not_shown(tmp_path, capsys):
    file = tmp_path / "station.toml"
    plain = "security_profile = 0"
    assert plain in SHIPPED.read_text()
    file.write_text(SHIPPED.read_text().replace(plain, 'security_profile = 1\npassword = "correct horse battery"'))
    assert main(["config", "check", str(file)]) == 0
    shown = capsys.readouterr()
    assert "correct horse" not in shown.out + shown.err
