"""Where reports go."""

from datetime import timedelta
from pathlib import Path

import pytest

from station.commands.report.files import write
from station.errors import StationError
from tests.commands.report.made import report
from tests.fakes_clock import START


def test_a_report_of_another_moment_is_kept(tmp_path: Path):
    first = write(report(), tmp_path / "new")
    second = write(report(made_at=START + timedelta(seconds=1)), tmp_path / "new")
    assert [file.name for file in first] == [
        "commissioning-20261201T120000Z.html",
        "commissioning-20261201T120000Z.json",
        "labels.html",
    ]
    assert len(list((tmp_path / "new").iterdir())) == 5
    assert second[2] == first[2]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StationError, match="cannot be written"):
        write(report(), tmp_path / "file" / "new")
