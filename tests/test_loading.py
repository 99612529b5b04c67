"""Loading modules does not look for garbage, and leaves the collector as it was meant to be."""

import gc
import subprocess
import sys

import pytest

from station.loading import without, without_collecting


def test_the_collector_rests_while_modules_load_and_runs_again_afterwards() -> None:
    with without_collecting():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_runs_again_after_a_module_that_could_not_be_loaded() -> None:
    with pytest.raises(ImportError), without_collecting():
        raise ImportError
    assert gc.isenabled()


@pytest.mark.realtime
def test_the_command_line_does_not_load_what_structlog_would_take_along() -> None:
    code = (
        "import sys; from station.cli import main; main(['config', 'check', 'x.toml']); print('rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_who_wants_a_package_that_was_left_out_gets_it_later() -> None:
    sys.modules.pop("antigravity_of_nobody", None)
    with without("antigravity_of_nobody"), pytest.raises(ImportError):
        __import__("antigravity_of_nobody")
    assert "antigravity_of_nobody" not in sys.modules


def test_a_package_that_is_loaded_already_stays() -> None:
    with without("gc"):
        assert sys.modules["gc"] is gc
    assert sys.modules["gc"] is gc
