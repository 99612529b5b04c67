"""`python -m benchmarks`: measure, print, write JSON. Exit code 1 only if something could not be measured."""

import argparse
import json
import os
import platform
import shutil
import signal
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import draining, eight, line_traffic, memory, paged, poll_delay, start_up, swipe
from benchmarks.figures import Result, as_document, lines
from benchmarks.parts import MeasuringError

FOLDER = Path("var/bench")
MEASUREMENTS: dict[str, tuple[Callable[..., Iterable[Result]], int]] = {
    "a": (start_up.measure, 9),
    "b": (memory.measure, 1),
    "c": (swipe.measure, 5),
    "d": (draining.measure, 5),
    "efg": (line_traffic.measure, 3),
    "h": (poll_delay.measure, 2),
    "ijk": (eight.measure, 1),
    "l": (paged.measure, 1),
}
"""The figures that one run gives -> what measures them, and in how many rounds."""
KEYS = "".join(MEASUREMENTS)
PACKAGES = ("ocpp", "websockets", "pymodbus", "cryptography", "fastjsonschema", "structlog")


def main() -> int:
    """Run what was asked for."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    work = FOLDER.resolve() / "parts"
    shutil.rmtree(work, ignore_errors=True)
    results, failed = [], False
    for keys, (measure, rounds) in MEASUREMENTS.items():
        wanted = [key for key in keys if key in options.only]
        if not wanted:
            continue
        print(f"measuring {', '.join(wanted)} ...", file=sys.stderr, flush=True)
        try:
            measured = list(measure(work / keys, rounds=options.rounds or rounds))
            results += [result for result in measured if result.key in wanted]
        except MeasuringError as error:
            print(f"benchmarks: {', '.join(wanted)} could not be measured: {error}", file=sys.stderr)
            failed = True
    results.sort(key=lambda result: result.key)
    print("\n".join(lines(results)))
    _write(results, options.output)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", type=_keys, default=list(KEYS), metavar="a,d", help="measure only these")
    parser.add_argument("--rounds", type=_positive, metavar="N", help="this many rounds of each")
    parser.add_argument("--output", type=Path, default=FOLDER / "results.json", metavar="FILE", help="(%(default)s)")
    return parser.parse_args()


def _keys(text: str) -> list[str]:
    keys = text.split(",")
    if unknown := [key for key in keys if key not in list(KEYS)]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(KEYS)}")
    return keys


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rounds")
    return int(text)


def _write(results: list[Result], output: Path) -> None:
    document = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "system": platform.platform()},
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "results": [as_document(result) for result in results],
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    print(f"\n{output}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
