"""The measuring part: energy out of the load, operating seconds, and the stamps of the digital lines."""

from dataclasses import dataclass, field
from typing import Final

from simulators.bench import mains
from simulators.bench.mains import NO_LOAD, Phases
from simulators.bench.meter import live
from simulators.bench.meter.clock import MeterClock, Stamp
from simulators.bench.meter.firmware import RESOLUTION_WH, Firmware
from simulators.bench.meter.kept import Kept
from station.meter.codec import Value

_ROLLS_OVER_AT: Final = 1 << 32
"""Of an acc32: 43 TWh in steps of 10 Wh, 4.3 TWh in steps of 1 Wh."""


@dataclass(slots=True)
class Volatile:
    """What a power cut takes away."""

    clock: MeterClock = field(default_factory=MeterClock)
    metadata: dict[str, Value] = field(default_factory=lambda: {"Meta1": "", "Meta2": "", "Meta3": ""})
    changes: dict[str, tuple[int, Stamp]] = field(default_factory=dict)
    """OS and clock at the latest change of DI and DO."""


class Measuring:
    """Counts what flows while it has supply; time is loop time in seconds and handed in."""

    def __init__(self, kept: Kept, *, firmware: Firmware, energy_scale: float, now_s: float) -> None:
        self.kept = kept
        self.volatile = Volatile()
        self.currents_a: Phases = NO_LOAD
        """What flows, counted or not."""
        self._firmware = firmware
        self._energy_scale = energy_scale
        self._counted_until_s = now_s
        self._powered_at_s: float | None = now_s

    def load(self, currents_a: Phases, *, now_s: float) -> None:
        """Let other currents flow from now on."""
        self.count(now_s)
        self.currents_a = currents_a

    def count(self, now_s: float) -> None:
        """Bring the energy registers up to now."""
        if self._powered_at_s is not None:
            flowed = mains.energy_wh(self.currents_a, self._counted_until_s, now_s)
            self.kept.count(flowed * self._energy_scale)
        self._counted_until_s = now_s

    def reset_session(self, now_s: float) -> None:
        """Start the resettable register anew."""
        self.count(now_s)
        self.kept.reset_session()

    def operating_s(self, now_s: float) -> int:
        """Return the powered seconds, OS."""
        since_s = 0.0 if self._powered_at_s is None else now_s - self._powered_at_s
        return int(self.kept.operated_s + since_s)

    def power_down(self, now_s: float) -> None:
        """Count no more, neither energy nor seconds."""
        self.count(now_s)
        if self._powered_at_s is not None:
            self.kept.operated_s += now_s - self._powered_at_s
            self._powered_at_s = None

    def power_up(self, now_s: float) -> None:
        """Begin again after a power cut, without what is volatile."""
        self.volatile = Volatile()
        self.kept.power_downs += 1
        self.kept.response_counter += self._firmware.counts_power_up
        self._counted_until_s = self._powered_at_s = now_s

    def lose_clock(self) -> None:
        """Forget the time as a power cut does."""
        self.volatile.clock = MeterClock()

    def set_clock(self, epoch: int | None, tzo: int | None, *, now_s: float) -> None:
        """Take a written time."""
        if self.volatile.clock.write(epoch, tzo, now_s=now_s):
            self.kept.epoch_set_count += 1
            self.kept.epoch_set_os = self.operating_s(now_s)

    def stamp(self, line: str, now_s: float) -> None:
        """Remember that digital line DI or DO changed now."""
        self.volatile.changes[line] = (self.operating_s(now_s), self.volatile.clock.read(now_s))

    def ac_block(self, event_bits: int, *, now_s: float) -> dict[str, Value]:
        """Return the AC meter's values by point name."""
        self.count(now_s)
        energy: dict[str, Value] = {
            "TotWhImp": self._steps(self.kept.total_wh),
            "TotWh_SF": self._firmware.energy_exponent,
            "Evt": event_bits,
        }
        return live.values(self.currents_a, at_s=now_s) | energy

    def registers(self, now_s: float) -> dict[str, Value]:
        """Return energy, counters, clock and metadata, by the names that signing meter and snapshots share."""
        self.count(now_s)
        epoch, tzo = self.volatile.clock.read(now_s)
        counted: dict[str, Value] = {
            "RCR": self._steps(self.kept.session_wh),
            "TotWhImp": self._steps(self.kept.total_wh),
            "RCnt": self.kept.response_counter,
            "OS": self.operating_s(now_s),
            "Epoch": epoch,
            "TZO": tzo,
            "EpochSetCnt": self.kept.epoch_set_count,
            "EpochSetOS": self.kept.epoch_set_os,
        }
        return counted | self.volatile.metadata

    def change_stamps(self) -> dict[str, Value]:
        """Return the stamps of DI and DO; a line that did not change has none."""
        found: dict[str, Value] = {}
        for line, (operating_s, (epoch, tzo)) in self.volatile.changes.items():
            found |= {f"{line}ChgOS": operating_s, f"{line}ChgEpoch": epoch, f"{line}ChgTZO": tzo}
        return found

    def _steps(self, energy_wh: float) -> int:
        whole = int(energy_wh // RESOLUTION_WH) * RESOLUTION_WH
        return int(whole // 10**self._firmware.energy_exponent) % _ROLLS_OVER_AT
