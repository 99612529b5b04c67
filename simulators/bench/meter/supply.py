"""The meter's supply: mains from outside, and outages that end by themselves."""

from collections.abc import Callable

from simulators.bench.timing import Timer


class Supply:
    """Calls `went` and `came` when the meter loses its power and gets it back."""

    def __init__(self, *, outage_s: float, went: Callable[[], None], came: Callable[[], None]) -> None:
        self.powered = True
        self.cuts = 0
        """How often the power went."""
        self._outage_s = outage_s
        self._went = went
        self._came = came
        self._mains = True
        self._outage = Timer(self._settle)

    def set(self, on: bool) -> None:
        """Give mains or take them away."""
        self._mains = on
        self._settle()

    def fail(self) -> None:
        """Be away for a while, mains or not."""
        self._outage.start(self._outage_s)
        self._settle()

    def stop(self) -> None:
        """Let an outage never end."""
        self._outage.stop()

    def _settle(self) -> None:
        powered = self._mains and not self._outage.running
        if powered == self.powered:
            return
        self.powered = powered
        if powered:
            self._came()
        else:
            self.cuts += 1
            self._went()
