"""Loading modules does not look for garbage, and leaves the collector as it was meant to be."""

import gc

import pytest

from station.loading import without_collecting


def test_the_collector_rests_while_modules_load_and_runs_again_afterwards() -> None:
    with without_collecting():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_runs_again_after_a_module_that_could_not_be_loaded() -> None:
    with pytest.raises(ImportError), without_collecting():
        raise ImportError
    assert gc.isenabled()
