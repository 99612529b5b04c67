"""One snapshot block with its OCMF block: what they hold and in which state they are."""

from simulators.bench.meter import kinds
from simulators.bench.meter.kinds import Kind
from simulators.bench.meter.sampling import W_EXPONENT
from simulators.bench.meter.sealing import Sealed
from station.meter.codec import Value

SIGNATURE_REGISTERS = 48
_COUNTED = ("RCR", "TotWhImp", "W", "RCnt", "OS", "EpochSetCnt", "EpochSetOS", "DI", "DO", "Evt")


class Block:
    """Holds the latest snapshot of one kind and its state; invalid until the first."""

    def __init__(self, kind: Kind, *, energy_exponent: int) -> None:
        self.kind = kind
        self.status = kinds.INVALID
        """St of the snapshot."""
        self.ocmf_status = kinds.INVALID
        """St of the OCMF block; follows, but 3 when the text could not be made."""
        self._sealed = Sealed(dict.fromkeys(_COUNTED, 0) | {"Wh_SF": energy_exponent}, b"", "")

    def begin(self) -> None:
        """A new snapshot is being taken."""
        self.status = self.ocmf_status = kinds.UPDATING

    def fail(self, status: int) -> None:
        """It did not come about; what was in the block is not to be used."""
        self.status = self.ocmf_status = status

    def fill(self, sealed: Sealed) -> None:
        """Hold a snapshot that is done; the block is valid then."""
        self._sealed = sealed
        self.status = kinds.VALID
        self.ocmf_status = kinds.FAILED if sealed.text is None else kinds.VALID

    def snapshot_values(self) -> dict[str, Value]:
        """Return the snapshot block by point name."""
        signature = self._sealed.signature
        fixed: dict[str, Value] = {
            "Typ": self.kind.typ,
            "St": self.status,
            "W_SF": W_EXPONENT,
            "NSig": SIGNATURE_REGISTERS,
            "BSig": len(signature),
            "Sig": signature,
        }
        return dict(self._sealed.values) | fixed

    def ocmf_values(self) -> dict[str, Value]:
        """Return the OCMF block by point name."""
        return {"Typ": self.kind.typ, "St": self.ocmf_status, "O": self._sealed.text or ""}
