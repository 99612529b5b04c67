"""An event loop whose clock jumps to the next timer when nothing else is ready.

Real sockets, pipes and ptys work under it: before each jump the loop waits a short real grace for a
file descriptor, because the bytes of the other end may still be on their way through the kernel.
"""

import asyncio
import selectors
from typing import Any

GRACE_S = 0.002


class _JumpingSelector(selectors.PollSelector):
    """Returns at once what is ready; else moves the loop's clock instead of waiting.

    poll, not epoll: it asks every descriptor anew, and asking a pty hands over the bytes that are still inside it.
    """

    offset_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(min(timeout, GRACE_S))
        if not ready and timeout > GRACE_S:
            self.offset_s += timeout - GRACE_S
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """`loop.time()` is real time plus all jumps; a day of timers takes as long as its callbacks."""

    selector: type[_JumpingSelector] = _JumpingSelector

    def __init__(self) -> None:
        self._jumps = self.selector()
        super().__init__(self._jumps)

    def time(self) -> float:
        return super().time() + self._jumps.offset_s
