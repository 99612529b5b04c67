"""Which processes have a file open."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from station.commands.doctor.holders import holders


@pytest.mark.realtime
def test_another_process_that_has_a_file_open_is_named(tmp_path: Path):
    file = tmp_path / "port"
    file.touch()
    link = tmp_path / "link"
    link.symlink_to(file)
    hold = "import sys; held = open(sys.argv[1]); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        (holder,) = holders(link)
        assert other.stdin is not None
        other.stdin.close()
    assert holder.process_id == other.pid
    assert str(holder).endswith(f"(process {other.pid})")
    assert holders(file) == ()


def test_this_process_is_none_of_them(tmp_path: Path):
    file = tmp_path / "port"
    with file.open("w"):
        assert holders(file) == ()


def test_processes_that_end_meanwhile_are_passed_over(tmp_path: Path):
    (tmp_path / "1").mkdir()
    (tmp_path / "2" / "fd").mkdir(parents=True)
    (tmp_path / "2" / "fd" / "3").symlink_to(os.path.realpath(tmp_path / "port"))
    (tmp_path / "self").mkdir()
    (holder,) = holders(tmp_path / "port", processes=tmp_path)
    assert str(holder) == "a process that has ended (process 2)"
