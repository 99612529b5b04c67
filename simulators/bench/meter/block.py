"""One snapshot block with its OCMF block: sampled, signed, rendered."""

from collections.abc import Callable

from simulators.bench.meter import kinds, ocmf
from simulators.bench.meter.firmware import Firmware
from simulators.bench.meter.kinds import Kind
from simulators.bench.meter.signing import hash_input
from simulators.bench.meter.values import Values
from station.meter.codec import Value

SIGNATURE_REGISTERS = 48
W_EXPONENT = 1
_COUNTED = ("RCR", "TotWhImp", "W", "RCnt", "OS", "EpochSetCnt", "EpochSetOS", "DI", "DO", "Evt")


class Block:
    """Holds the latest snapshot of one kind and its state."""

    def __init__(self, kind: Kind, *, firmware: Firmware) -> None:
        self.kind = kind
        self.status = kinds.INVALID
        """St of the snapshot."""
        self.ocmf_status = kinds.INVALID
        """St of the OCMF block; follows, but 3 when the text could not be made."""
        self._firmware = firmware
        self._values: Values = {}
        self._signature = b""
        self._text = ""

    def begin(self) -> None:
        """A new snapshot is being taken."""
        self.status = self.ocmf_status = kinds.UPDATING

    def fail(self, status: int) -> None:
        """It did not come about; what was in the block is not to be used."""
        self.status = self.ocmf_status = status

    def fill(
        self,
        values: Values,
        *,
        sign: Callable[[bytes], bytes],
        maker: str,
        model: str,
        clock_flag: str,
    ) -> None:
        """Sign and render sampled values; the block is valid then."""
        self._values = values
        self._signature = sign(hash_input(values))
        signed = ocmf.payload(values, maker=maker, model=model, firmware=self._firmware, clock_flag=clock_flag)
        text = ocmf.text(signed, sign(signed.encode("ascii")))
        self.status = kinds.VALID
        self.ocmf_status = kinds.FAILED if text is None else kinds.VALID
        self._text = text or ""

    def snapshot_values(self) -> dict[str, Value]:
        """Return the snapshot block by point name."""
        empty: dict[str, Value] = dict.fromkeys(_COUNTED, 0)
        fixed: dict[str, Value] = {
            "Typ": self.kind.typ,
            "St": self.status,
            "Wh_SF": self._firmware.energy_exponent,
            "W_SF": W_EXPONENT,
            "NSig": SIGNATURE_REGISTERS,
            "BSig": len(self._signature),
            "Sig": self._signature,
        }
        return empty | dict(self._values) | fixed

    def ocmf_values(self) -> dict[str, Value]:
        """Return the OCMF block by point name."""
        return {"Typ": self.kind.typ, "St": self.ocmf_status, "O": self._text}
