"""Whatever happens to a station, in whatever order: nothing is lost, doubled or left on.

MACHINE_EXAMPLES and MACHINE_STEPS make the play longer, MACHINE_SEED makes it another one, MACHINE_SHRINK=1 looks for
the shortest play that fails.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.flows.machine.machine import Machine

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "8"))
STEPS = int(os.environ.get("MACHINE_STEPS", "40"))
SEED = os.environ.get("MACHINE_SEED")
SHRINK = os.environ.get("MACHINE_SHRINK") == "1"


@pytest.mark.timeout(600 if SEED is None else 24 * 3600)
def test_whatever_happens() -> None:
    machine = Machine if SEED is None else seed(int(SEED))(Machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=SEED is None,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink] if SHRINK else [Phase.generate],
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
