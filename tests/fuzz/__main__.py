"""`python -m tests.fuzz TARGET [libFuzzer options]`: needs atheris (requirements/fuzz.txt)."""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["station.ocpp", "json"]):
    from tests.fuzz.targets import TARGETS, words

SEEDS = Path(__file__).with_name("corpus")


def main() -> None:
    """Fuzz one target; what is found goes to the folder that -artifact_prefix names, else here."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"python -m tests.fuzz {'|'.join(TARGETS)} [-runs=N] [-max_total_time=SECONDS] [FILE]")
    name, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as found, tempfile.NamedTemporaryFile("w") as dictionary:
        dictionary.writelines(f'"{word}"\n' for word in words())
        dictionary.flush()
        # libFuzzer writes into the first folder; the seeds stay as they are. A file is run once, and nothing else.
        folders = [] if any(Path(option).is_file() for option in options) else [found, str(SEEDS / name)]
        atheris.Setup([sys.argv[0], "-max_len=4096", f"-dict={dictionary.name}", *options, *folders], TARGETS[name])
        atheris.Fuzz()


main()
