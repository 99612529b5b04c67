"""`python -m tests.conformance`: run the cases and print how each went; further arguments go to pytest."""

import sys
from pathlib import Path

import pytest

from tests.conformance.cases import cases
from tests.conformance.table import Recorder, rows


def main() -> int:
    recorder = Recorder()
    options = ["-q", "--no-header", "-p", "no:cacheprovider", "--tb", "short", *sys.argv[1:]]
    code = pytest.main([*options, str(Path(__file__).parent)], plugins=[recorder])
    print("", *rows(cases(), recorder.verdicts), sep="\n")
    return int(code)


if __name__ == "__main__":
    raise SystemExit(main())
