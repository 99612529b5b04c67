"""Loading modules quickly."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def without_collecting() -> Iterator[None]:
    """Do not look for garbage again and again while modules load: what they bring stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
