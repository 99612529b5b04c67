"""An answer that is worth something for a moment, so that whoever asks often does not make work."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

MOMENT_S = 1.0


class Brief(Generic[T]):
    """Asks `read` again when its last answer is older than a moment."""

    def __init__(self, read: Callable[[], T], *, keep_s: float = MOMENT_S) -> None:
        self._read = read
        self._keep_s = keep_s
        self._held: tuple[float, T] | None = None

    def __call__(self) -> T:
        """Return the answer, of now or of a moment ago."""
        now_s = asyncio.get_running_loop().time()
        if self._held is None or now_s - self._held[0] >= self._keep_s:
            self._held = now_s, self._read()
        return self._held[1]
