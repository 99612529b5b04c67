"""The values of a snapshot at the moment when it is sampled."""

import asyncio
from dataclasses import dataclass
from typing import Final

from simulators.bench import mains
from simulators.bench.meter.digital import DigitalLines
from simulators.bench.meter.kinds import Kind
from simulators.bench.meter.measuring import Measuring
from simulators.bench.meter.values import Values
from simulators.bench.meter.who import Who

W_EXPONENT: Final = 1
"""W moves in steps of 10 W."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was sampled; the snapshot gets its number when it is signed."""

    values: Values
    """By point name, RCnt as it was."""
    clock_flag: str
    """Of OCMF's TM: how far the clock could be trusted."""


class Sampler:
    """Looks at registers, load and lines."""

    def __init__(self, who: Who, measuring: Measuring, lines: DigitalLines) -> None:
        self._who = who
        self._measuring = measuring
        self._lines = lines

    def sample(self, kind: Kind) -> Sample:
        """Take the values of now; turn-on and start reset the session first."""
        now_s = asyncio.get_running_loop().time()
        if kind.resets_session:
            self._measuring.reset_session(now_s)
        watts = sum(mains.powers_w(self._measuring.currents_a, now_s))
        identity = self._who.now
        values = self._measuring.registers(now_s) | {
            "Typ": kind.typ,
            "Wh_SF": identity.firmware.energy_exponent,
            "W": round(watts / 10**W_EXPONENT),
            "W_SF": W_EXPONENT,
            "MA1": identity.serial,
            "DI": self._lines.input,
            "DO": self._lines.output,
            "Evt": self._who.event_bits,
        }
        return Sample(values, self._measuring.volatile.clock.flag)
