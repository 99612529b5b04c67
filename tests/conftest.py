"""Which loop a test runs on: the jumping one, unless another process takes part."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping

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
def _logging_as_the_process_began_with() -> Iterator[None]:
    """A command that sets logging up must not do so for the test that follows, whichever that is.

    A day of virtual time is a hundred thousand frames; a test that wants to see them configures logging itself.
    """
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    structlog.reset_defaults()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    yield
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level
