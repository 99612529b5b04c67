"""The computer: each thing is broken once."""

import errno
import os
import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from station.commands.doctor import computer
from station.commands.doctor.findings import Result
from station.watch_resources import LOW_FLASH_BYTES, LOW_RAM_BYTES, MIB
from tests.commands.doctor.place import MYSELF, SOMEBODY, bad, case
from tests.fakes_clock import START, FakeClock

LITTLE = """
import subprocess, sys
from pathlib import Path
folder = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], check=True)
from station.commands.doctor import computer
finding = computer.disk(folder)
print(finding.result, finding.found)
"""


def test_a_good_computer_has_nothing_to_be_said(tmp_path: Path):
    assert bad(computer.check(case(tmp_path))) == {}


def test_a_clock_that_was_never_set_is_a_failure():
    clock = FakeClock(datetime(1970, 1, 1, tzinfo=UTC))
    finding = computer.clock(clock)
    assert (finding.result, finding.found) == (Result.FAILURE, "1970-01-01 00:00:00 UTC cannot be right")


def test_a_clock_that_nobody_vouches_for_is_a_warning():
    clock = FakeClock()
    clock.follows = False
    finding = computer.clock(clock)
    assert finding.result is Result.WARNING
    assert "trust_clock" in finding.remedy


def test_meters_that_are_to_show_the_zone_of_a_computer_without_one_are_a_warning(tmp_path: Path, monkeypatch):
    monkeypatch.delenv("TZ", raising=False)
    nowhere = tmp_path / "localtime"
    assert computer.time_zone({"system"}, START, local_time=nowhere).result is Result.WARNING
    assert computer.time_zone({"Europe/Berlin"}, START, local_time=nowhere).result is Result.OK
    nowhere.touch()
    assert computer.time_zone({"system"}, START, local_time=nowhere).result is Result.OK


def test_a_state_folder_that_is_not_there_is_made_by_whoever_may(tmp_path: Path):
    folder = tmp_path / "deep" / "state"
    assert "makes it" in computer.state_folder(folder, MYSELF).found
    finding = computer.state_folder(Path("/station-test-folder"), SOMEBODY)
    assert finding.result is Result.FAILURE
    assert "install -d" in finding.remedy


def test_a_state_folder_of_somebody_else_is_a_failure():
    # One that everybody can reach: what is above a folder of a test is shut as well.
    finding = computer.state_folder(Path("/etc"), SOMEBODY)
    assert (finding.result, finding.found) == (Result.FAILURE, "/etc may not be written by somebody")
    assert finding.remedy.startswith("chown -R somebody /etc")


def test_a_state_folder_behind_a_door_that_is_shut_is_a_failure(tmp_path: Path):
    finding = computer.state_folder(tmp_path / "state", SOMEBODY)
    assert finding.result is Result.FAILURE
    assert finding.found == f"somebody cannot reach {tmp_path}/state"


def test_a_state_folder_that_others_can_look_into_is_a_warning(tmp_path: Path):
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)
    finding = computer.state_folder(folder, MYSELF)
    assert (finding.result, finding.remedy.partition(":")[0]) == (Result.WARNING, f"chmod 700 {folder}")
    folder.chmod(0o700)
    assert computer.state_folder(folder, MYSELF).result is Result.OK


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_a_run_as_root_left_in_the_state_folder_is_a_failure():
    import tempfile

    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        os.chown(folder, SOMEBODY.uid, SOMEBODY.gid)
        assert computer.state_folder(folder, SOMEBODY).result is Result.OK
        (folder / "station.db").touch()
        finding = computer.state_folder(folder, SOMEBODY)
        assert finding.result is Result.FAILURE
        assert finding.found.startswith(f"{folder}/station.db belongs to somebody else")


def test_a_file_in_the_place_of_the_state_folder_is_a_failure(tmp_path: Path):
    (tmp_path / "state").touch()
    assert computer.state_folder(tmp_path / "state", MYSELF).result is Result.FAILURE


@pytest.mark.parametrize(
    ("free", "result"),
    [
        (LOW_FLASH_BYTES - 1, Result.FAILURE),
        (2 * LOW_FLASH_BYTES, Result.WARNING),
        (100 * LOW_FLASH_BYTES, Result.OK),
    ],
)
def test_a_disk_that_fills_is_told_before_it_is_full(tmp_path: Path, free, result):
    finding = computer.disk(tmp_path / "state", free_bytes=lambda _: free)
    assert finding.result is result
    assert f"{free / MIB:.0f} MiB free under {tmp_path}" in finding.found


def test_a_disk_that_takes_nothing_more_is_a_failure(tmp_path: Path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        finding = computer.disk(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert finding.result is Result.FAILURE
    assert os.strerror(errno.EFBIG) in finding.found


@pytest.mark.parametrize(("code", "remedy"), [(errno.EROFS, "remount,rw"), (errno.ENOSPC, "make room")])
def test_the_remedy_is_for_what_is_wrong_with_the_disk(tmp_path: Path, monkeypatch, code: int, remedy: str):
    def refuse(_file: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("os.fsync", refuse)
    finding = computer.disk(tmp_path)
    assert finding.result is Result.FAILURE
    assert remedy in finding.remedy


@pytest.mark.realtime
def test_a_disk_that_is_full_is_a_failure(tmp_path: Path):
    """A file system of its own with 64 KiB, where that may be mounted."""
    own = ["unshare", "--map-root-user", "--mount", sys.executable, "-c", LITTLE, str(tmp_path)]
    done = subprocess.run(own, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("nothing may be mounted here")
    assert done.stdout.startswith("failure"), done.stdout
    assert os.strerror(errno.ENOSPC) in done.stdout or "too little" in done.stdout


@pytest.mark.parametrize(
    ("free", "runs", "result"),
    [
        (LOW_RAM_BYTES - 1, True, Result.FAILURE),
        (LOW_RAM_BYTES + 1, True, Result.OK),
        (LOW_RAM_BYTES + 1, False, Result.WARNING),
        (LOW_RAM_BYTES + 64 * MIB, False, Result.OK),
    ],
)
def test_memory_has_to_be_there_for_a_station_that_is_to_start(free, runs, result):
    assert computer.memory(runs=runs, available_bytes=lambda: free).result is result


def test_the_clock_is_that_of_the_case(tmp_path: Path):
    clock = FakeClock(START - timedelta(days=20000))
    findings = list(computer.check(case(tmp_path, clock=clock)))
    assert findings[0].result is Result.FAILURE
