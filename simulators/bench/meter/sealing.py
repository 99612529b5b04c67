"""From sampled values to a signed snapshot and its signed text."""

from dataclasses import dataclass
from typing import Final

from simulators.bench.faults import Faults
from simulators.bench.meter import identity, ocmf
from simulators.bench.meter.kept import Kept
from simulators.bench.meter.sampling import Sample
from simulators.bench.meter.signing import hash_input
from simulators.bench.meter.values import Values, number
from simulators.bench.meter.who import Who

COUNTER_GAP: Final = 4
"""How far RCnt moves under `meter_counter_gap`."""
OTHER_WH: Final = 1000
"""How much more the text tells under `meter_ocmf_differs`."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A snapshot that is done."""

    values: Values
    signature: bytes
    text: str | None
    """None if the OCMF block cannot hold it."""


class Sealer:
    """Numbers snapshots, signs them and renders their texts."""

    def __init__(self, who: Who, kept: Kept, *, faults: Faults) -> None:
        self._who = who
        self._kept = kept
        self._faults = faults

    def seal(self, sample: Sample) -> Sealed:
        """Finish a snapshot; this is the success that moves RCnt."""
        self._kept.response_counter += COUNTER_GAP if "meter_counter_gap" in self._faults else 1
        values = dict(sample.values) | {"RCnt": self._kept.response_counter}
        signature = self._sign(hash_input(values), spoilt_by=("meter_bad_signature",))
        signed = ocmf.payload(
            self._told(values),
            maker=identity.MAKER,
            model=identity.MODEL,
            firmware=self._who.now.firmware,
            clock_flag=sample.clock_flag,
        )
        spoilt_by = ("meter_bad_signature", "meter_bad_ocmf_signature")
        text = ocmf.text(signed, self._sign(signed.encode("ascii"), spoilt_by=spoilt_by))
        return Sealed(values, signature, text)

    def _told(self, values: Values) -> Values:
        if "meter_ocmf_differs" not in self._faults:
            return values
        more: int = OTHER_WH // 10 ** number(values, "Wh_SF")
        return dict(values) | {name: number(values, name) + more for name in ("RCR", "TotWhImp")}

    def _sign(self, data: bytes, *, spoilt_by: tuple[str, ...]) -> bytes:
        spoilt = any(fault in self._faults for fault in spoilt_by)
        # One byte more is signed than anybody will check: a genuine signature, but of something else.
        return self._who.now.key.sign(data + b"\0" if spoilt else data)
