"""What the registers of a live meter hold at this moment, model by model."""

import asyncio

from simulators.bench.meter import identity, kinds
from simulators.bench.meter.digital import DigitalLines
from simulators.bench.meter.interface import Interface
from simulators.bench.meter.measuring import Measuring
from simulators.bench.meter.snapshots import Snapshots
from simulators.bench.meter.values import Values
from simulators.bench.meter.who import Who


class Readout:
    """Collects values by point name from the parts of the meter."""

    def __init__(
        self, who: Who, measuring: Measuring, *, lines: DigitalLines, snapshots: Snapshots, interface: Interface
    ) -> None:
        self._who = who
        self._measuring = measuring
        self._lines = lines
        self._snapshots = snapshots
        self._interface = interface

    def values(self, alias: str) -> Values:
        """Return the values of the model with this alias; a point that is not provided has none."""
        if alias in kinds.BY_SNAPSHOT:
            return self._snapshots.blocks[kinds.BY_SNAPSHOT[alias].name].snapshot_values()
        if alias in kinds.BY_OCMF:
            return self._snapshots.blocks[kinds.BY_OCMF[alias].name].ocmf_values()
        match alias:
            case "cb":
                return self._who.now.common(self._interface.unit)
            case "sih":
                return identity.serial_header()
            case "si":
                return identity.serial_interface(self._interface.baud)
            case "tpm":
                return self._measuring.ac_block(self._who.event_bits, now_s=asyncio.get_running_loop().time())
            case "bsm":
                return self._signing_meter(asyncio.get_running_loop().time())
            case "cfwh":
                return self._who.now.firmware_hash()
            case _:
                return {}

    def _signing_meter(self, now_s: float) -> Values:
        names = self._who.now.signing_meter(
            unit=self._interface.unit,
            baud=self._interface.baud,
            operating_s=self._measuring.operating_s(now_s),
            event_bits=self._who.event_bits,
        )
        lines = {
            "RCR_SF": self._who.now.firmware.energy_exponent,
            "PDCnt": self._measuring.kept.power_downs,
            "DI": self._lines.input,
            "DO": self._lines.output,
        }
        return names | lines | self._measuring.registers(now_s) | self._measuring.change_stamps()
