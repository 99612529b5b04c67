"""A loop for thousands of steps: as tests.virtual_loop, with a shorter look at what is still under way."""

import selectors
import time
from typing import Any

from tests.virtual_loop import VirtualLoop, _JumpingSelector

GRACE_S = 0.0003
"""Enough for a pty on an idle core. What takes longer is found after the next jump: timers of the station's own, a
tenth of a second apart, stand between it and the end of anybody's patience."""


class _HastySelector(_JumpingSelector):
    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0:
            return selectors.PollSelector.select(self, timeout)
        ready = selectors.PollSelector.select(self, 0)
        if not ready:
            time.sleep(min(timeout, GRACE_S))  # poll(2) knows milliseconds only
            ready = selectors.PollSelector.select(self, 0)
        if not ready and timeout > GRACE_S:
            self.offset_s += timeout - GRACE_S
        return ready


class HastyLoop(VirtualLoop):
    """A VirtualLoop that looks twice, not for two milliseconds."""

    selector = _HastySelector
