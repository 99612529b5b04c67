"""What a login takes for a moment is given back."""

import subprocess
import sys
from pathlib import Path

import pytest

MEASURE = """
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from station.web.hashing import hash_password, is_password
from station.web.memory import give_back_large_pieces

def resident_kib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4

if {give_back}:
    give_back_large_pieces()
kept = hash_password("correct horse battery")
with ThreadPoolExecutor(1) as threads:
    before = resident_kib()
    for _ in range(3):
        assert threads.submit(is_password, "correct horse battery", kept).result()
    print(resident_kib() - before)
"""


def growth_kib(*, give_back: bool) -> int:
    """Return what three logins leave behind in a process of their own."""
    program = [sys.executable, "-c", MEASURE.format(give_back=give_back)]
    return int(subprocess.run(program, cwd=Path(__file__).parents[2], check=True, capture_output=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="what glibc does")
def test_three_logins_leave_less_than_a_mebibyte_behind() -> None:
    assert growth_kib(give_back=True) < 1024
