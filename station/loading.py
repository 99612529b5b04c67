"""Loading modules quickly."""

import contextlib
import gc
import sys
from collections.abc import Iterator
from typing import Any, cast


@contextlib.contextmanager
def without_collecting() -> Iterator[None]:
    """Do not look for garbage again and again while modules load: what they bring stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextlib.contextmanager
def without(name: str) -> Iterator[None]:
    """Let what loads meanwhile believe that a package is not installed; whoever wants it later gets it.

    structlog takes `rich` along for tracebacks that nobody here asks it to draw: a tenth of a second at each start.
    """
    if name in sys.modules:
        yield
        return
    sys.modules[name] = cast("Any", None)
    try:
        yield
    finally:
        del sys.modules[name]
