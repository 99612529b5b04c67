"""Which loop a test runs on: the jumping one, unless another process takes part."""

import asyncio
import logging
from collections.abc import Callable, Mapping

import pytest
import structlog

from tests.virtual_loop import VirtualLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.get_closest_marker("realtime"):
        return {"real": asyncio.new_event_loop}
    return {"virtual": VirtualLoop}


@pytest.fixture(autouse=True)
def _no_frames_in_the_log() -> None:
    """A day of virtual time is a hundred thousand frames; a test that wants to see them configures logging itself."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
