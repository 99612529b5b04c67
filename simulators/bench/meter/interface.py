"""The meter's serial interface: address and speed, which change after the acknowledge (METER.md section 1)."""

from simulators.bench.meter.identity import BAUD_RATES

_UNITS = range(1, 248)


class Interface:
    """Address and speed that are in use, and those that were written."""

    def __init__(self, unit: int, baud: int) -> None:
        self.unit = unit
        self.baud = baud
        self._written: dict[str, int] = {}

    def write(self, name: str, number: int) -> None:
        """Take a written DA or Rte, to be used later; one that no meter can have is passed over."""
        if number in (_UNITS if name == "DA" else BAUD_RATES):
            self._written[name] = number

    def answered(self) -> None:
        """Use what was written, now that the acknowledge went out at the old address and speed."""
        self.unit = self._written.pop("DA", self.unit)
        self.baud = self._written.pop("Rte", self.baud)

    def forget(self) -> None:
        """The supply is gone before anything was acknowledged."""
        self._written.clear()
