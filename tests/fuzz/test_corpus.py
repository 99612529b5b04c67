"""The seeds of the fuzzer, and what it once found, without the fuzzer."""

from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

SEEDS = sorted(Path(__file__).with_name("corpus").glob("*/*"))


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed.parent.name}-{seed.stem}")
def test_a_seed_passes(seed: Path) -> None:
    TARGETS[seed.parent.name](seed.read_bytes())


def test_there_are_seeds_for_each_target() -> None:
    assert {seed.parent.name for seed in SEEDS} == set(TARGETS)
