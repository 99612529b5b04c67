"""How readers are used and misused: cards that are left there or seen twice, and codes that are guessed."""

import asyncio
from collections.abc import Hashable

from station.core.tokens import IdToken

DOUBLE_READ_S = 2.0
"""Who takes a card away and presents it again on purpose needs longer than this."""

FREE_TRIES = 3
"""Wrong codes in a row that are put down to wet fingers."""
FIRST_BREAK_S = 10.0
LONGEST_BREAK_S = 600.0


class Sightings:
    """What one reader saw lately: a token that does not go away is presented once (also between others)."""

    def __init__(self) -> None:
        self._seen_s: dict[IdToken, float] = {}

    def again(self, token: IdToken) -> bool:
        """Note a token; return whether it was there all the time."""
        now_s = asyncio.get_running_loop().time()
        self._seen_s = {other: seen_s for other, seen_s in self._seen_s.items() if now_s - seen_s < DOUBLE_READ_S}
        left_there = token in self._seen_s
        self._seen_s[token] = now_s
        return left_there


class Patience:
    """Breaks that grow with each wrong code at a reader (C04.FR.06)."""

    def __init__(self) -> None:
        self._wrong: dict[Hashable, int] = {}
        self._until_s: dict[Hashable, float] = {}

    def break_s(self, reader: Hashable) -> float:
        """Return how long no code is taken at a reader; 0 if one is."""
        return max(0.0, self._until_s.get(reader, 0.0) - asyncio.get_running_loop().time())

    def wrong(self, reader: Hashable) -> None:
        """Note a code that was good for nothing."""
        tries = self._wrong[reader] = self._wrong.get(reader, 0) + 1
        if tries >= FREE_TRIES:
            pause_s = min(FIRST_BREAK_S * 2.0 ** min(tries - FREE_TRIES, 10), LONGEST_BREAK_S)
            self._until_s[reader] = asyncio.get_running_loop().time() + pause_s

    def right(self, reader: Hashable) -> None:
        """Note a code that was good for something."""
        self._wrong.pop(reader, None)
        self._until_s.pop(reader, None)
