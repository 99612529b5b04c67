"""How long to wait before the next attempt to connect (Part 4 section 5.3); pure."""

from dataclasses import dataclass

_MOST_DOUBLINGS = 32  # a century from one second on; keeps the arithmetic finite


@dataclass(frozen=True, slots=True)
class BackOff:
    """OCPPCommCtrlr.RetryBackOffWaitMinimum, RetryBackOffRandomRange and RetryBackOffRepeatTimes."""

    wait_minimum_s: float
    random_range_s: float
    repeat_times: int

    def wait_s(self, waited: int, *, chance: float) -> float:
        """Return the seconds to wait; `waited` counts the waits since the last connection, `chance` is in 0..1.

        What doubles is the minimum alone: the random part is drawn anew each time and never grows.
        """
        doublings = max(0, min(waited, self.repeat_times, _MOST_DOUBLINGS))
        return float(self.wait_minimum_s * 2**doublings + chance * self.random_range_s)
