"""The hash over the software."""

import subprocess
from pathlib import Path

import pytest

from station import __version__
from station.commands.report.software import FOLDER, installed

DOCS = Path(__file__).parents[3] / "docs" / "commissioning.md"


def a_package(folder: Path) -> Path:
    (folder / "b" / "__pycache__").mkdir(parents=True)
    (folder / "a.py").write_text("one")
    (folder / "B.py").write_text("two")
    (folder / "b" / "c.json").write_text("three")
    (folder / "b" / "__pycache__" / "c.pyc").write_text("made by Python")
    return folder


def test_it_is_what_a_line_of_shell_says_too(tmp_path: Path):
    (line,) = (text.strip() for text in DOCS.read_text().splitlines() if "xargs sha256sum" in text)
    folder = a_package(tmp_path)
    told = subprocess.check_output(line.partition("&& ")[2], shell=True, cwd=folder, text=True)
    assert installed(folder).sha256 == told.split()[0]
    assert installed(folder).files == 3


@pytest.mark.parametrize("change", ["content", "name", "more"])
def test_every_change_of_a_file_changes_it(tmp_path: Path, change: str):
    folder = a_package(tmp_path)
    before = installed(folder).sha256
    match change:
        case "content":
            (folder / "a.py").write_text("One")
        case "name":
            (folder / "a.py").rename(folder / "z.py")
        case "more":
            (folder / "empty").touch()
    assert installed(folder).sha256 != before


def test_what_python_makes_by_itself_does_not_count(tmp_path: Path):
    folder = a_package(tmp_path)
    before = installed(folder)
    (folder / "b" / "__pycache__" / "d.pyc").touch()
    assert installed(folder) == before


def test_this_software_has_a_version_and_many_files():
    found = installed()
    assert found.version == __version__
    assert found.files > 100
    assert (FOLDER / "cli.py").exists()
