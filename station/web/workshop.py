"""Work that would hold the loop up, done beside it: one piece after the other, in one thread.

One, because each thread keeps memory of its own, and because what is drawn or tried for a page can wait.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

T = TypeVar("T")


class Workshop:
    """Does what touches nothing that the loop changes meanwhile."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self.pending = 0
        """How many pieces are not done yet: one is under way, the others wait."""

    async def do(self, work: Callable[..., T], *given: object) -> T:
        """Return what `work` returns, or raise what it raises."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="web")
        self.pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *given))
        finally:
            self.pending -= 1

    def close(self) -> None:
        """Begin nothing more; what is under way ends by itself."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._thread = None
