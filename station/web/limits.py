"""How often somebody may ask: buckets that fill again by the loop's time; pure."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from station.web.addresses import neighbourhood

MOST_ADDRESSES: Final = 512


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and one more every `every_s` seconds."""

    burst: int
    every_s: float


class Bucket:
    """Holds what is left of a rate."""

    __slots__ = ("_at_s", "_left", "_rate")

    def __init__(self, rate: Rate, now_s: float) -> None:
        self._rate, self._left, self._at_s = rate, float(rate.burst), now_s

    def wait_s(self, now_s: float) -> float:
        """Return how long to wait until one can be taken; 0 if one can be now."""
        gained = (now_s - self._at_s) / self._rate.every_s
        self._left, self._at_s = min(self._left + gained, self._rate.burst), now_s
        return 0.0 if self._left >= 1 else (1 - self._left) * self._rate.every_s

    def take(self) -> None:
        self._left -= 1

    def fill(self) -> None:
        self._left = float(self._rate.burst)


class Limiter:
    """Counts by address and altogether; the newest addresses are remembered."""

    def __init__(self, *, each: Rate, together: Rate, time: Callable[[], float]) -> None:
        self._each, self._time = each, time
        self._together = Bucket(together, time())
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, address: str | None, *, apart: bool = False) -> float:
        """Return 0 and count one, or how many seconds to wait and count none.

        None: many are behind that address. `apart`: it counts for itself alone.
        """
        now_s = self._time()
        buckets = [] if apart else [self._together]
        if address is not None:
            buckets.append(self._bucket(address))
        wait_s = max((bucket.wait_s(now_s) for bucket in buckets), default=0.0)
        if not wait_s:
            for bucket in buckets:
                bucket.take()
        return wait_s

    def forgive(self, address: str) -> None:
        """Forget what an address has used up: it turned out to be somebody who may."""
        self._bucket(address).fill()

    def _bucket(self, address: str) -> Bucket:
        key = neighbourhood(address)
        bucket = self._buckets.pop(key, None) or Bucket(self._each, self._time())
        self._buckets[key] = bucket
        while len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket
