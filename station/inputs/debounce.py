"""A contact that bounces, and one that never comes to rest."""

from typing import Final

RESTLESS_S: Final = 1.0
RESTLESS_HOLDS: Final = 4
"""A contact that flaps for longer than the sum of both is broken, and counts as active: nobody knows what it says."""
LOOK_AGAIN_S: Final = 5.0
"""A contact at rest is looked at this often, even if nobody says that it moved."""


class Debounce:
    """Believes what has lasted for a while; the first look is believed at once."""

    def __init__(self, hold_s: float) -> None:
        """`hold_s`: how long a level has to last."""
        self._hold_s = hold_s
        self._restless_s = RESTLESS_S + RESTLESS_HOLDS * hold_s
        self._level: bool | None = None
        self._since_s = 0.0
        self._restless_since_s: float | None = None
        self._believed = False

    def see(self, level: bool, now_s: float) -> bool:
        """Take a look at the contact; return what is believed now."""
        if self._level is None:
            self._level = self._believed = level
            self._since_s = now_s - self._hold_s
        elif level is not self._level:
            self._level, self._since_s = level, now_s
        if now_s - self._since_s >= self._hold_s:
            self._believed, self._restless_since_s = level, None
        elif self._restless_since_s is None:
            self._restless_since_s = now_s
        elif now_s - self._restless_since_s >= self._restless_s:
            self._believed = True
        return self._believed

    def wait_s(self, now_s: float) -> float:
        """Return after how long the contact is worth another look, if it does not move before."""
        if self._restless_since_s is None:
            return LOOK_AGAIN_S
        return max(0.0, min(self._since_s + self._hold_s, self._restless_since_s + self._restless_s) - now_s)
