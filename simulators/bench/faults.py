"""The faults that a test or a person can put on, as a table, and which of them are on."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from simulators.bench.errors import RequestError

DEFAULT_LATE_S: Final = 3.0
DEFAULT_CODE: Final = 4
"""Modbus exception 04: the device failed."""

_LINE: Final = {
    "silent": "takes no request and gives no answer",
    "crc": "answers with a wrong checksum",
    "wrong_unit": "answers under another unit's address",
    "exception": "answers every request with an exception, `code` (default 4)",
    "late": "answers late, by `seconds` (default 3)",
    "truncated": "leaves out the last bytes of every answer",
    "garbage": "answers with noise of the right length",
}
_METER: Final = {
    "meter_busy_forever": "a snapshot that is begun does not end until the fault is off",
    "meter_snapshot_fails": "every snapshot ends with status 3; a turn-on leaves the output on, as the meter does",
    "meter_bad_signature": "signs what it did not measure: no signature fits, each is well-formed",
    "meter_bad_ocmf_signature": "signs the snapshot as it should, its OCMF text with a signature that does not fit",
    "meter_ocmf_differs": "the OCMF text tells 1 kWh more than its snapshot; both signatures are genuine",
    "meter_changed_key": "another key pair: public key and signatures change together",
    "meter_changed_serial": "another serial in registers and records",
    "meter_counter_gap": "each snapshot moves RCnt by four",
    "meter_clock_unset": "the clock is unset and stays so whatever is written; off: it can be set again",
    "meter_event_bits": "reports a fatal error of its measuring part (Evt bit 16, ErrM, OCMF ST E)",
    "meter_event_17": "reports that its communication part did not start up (Evt bit 17, OCMF ST E)",
    "meter_event_18": "reports a wrong hash of its communication firmware (Evt bit 18, OCMF ST E)",
    "meter_event_19": "reports development mode (Evt bit 19, OCMF ST E)",
    "meter_no_feedback": "the contactor's feedback is missing: DI reads 0",
    "meter_power_cycle": "the meter has no supply while on; off brings it back as after a power cut",
    "meter_power_loss_in_snapshot": "the next snapshot is cut short by an outage of one second; goes off by itself",
}
_WORLD: Final = {
    "contactor_welded": "the contactor stays closed whatever is demanded",
    "controller_pilot_short": "the pilot is shorted: state E",
    "controller_rcm_tripped": "the residual current monitor has tripped",
    "controller_rcm_dead": "the residual current monitor does not react to its test",
    "controller_lock_jammed": "the lock's actuator does not move",
    "controller_power_cycle": "the charge controller has no supply while on; off brings it back as after a power cut",
}

FAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {f"meter_{name}": f"the meter {text}" for name, text in _LINE.items()}
    | _METER
    | {f"controller_{name}": f"the charge controller {text}" for name, text in _LINE.items()}
    | _WORLD
)
"""What each fault does, by name."""


@dataclass(frozen=True, slots=True)
class _Extent:
    """How a fault shows, where it can show in more than one way."""

    seconds: float
    code: int


class Faults:
    """Which faults of one EVSE are on; calls `changed` after every change."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._on: dict[str, _Extent] = {}
        self._changed = changed
        self._change = asyncio.Event()

    def __contains__(self, name: str) -> bool:
        return name in self._on

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._on))

    def put(self, name: str, on: bool, *, seconds: float = DEFAULT_LATE_S, code: int = DEFAULT_CODE) -> None:
        """Put a fault on or take it off; RequestError for a name that is none."""
        if name not in FAULTS:
            raise RequestError(f"fault {name!r} is unknown, allowed are {', '.join(FAULTS)}")
        if on:
            self._on[name] = _Extent(seconds, code)
        else:
            self._on.pop(name, None)
        self._change.set()
        self._change = asyncio.Event()
        self._changed()

    def seconds(self, name: str) -> float:
        """Return the seconds that a fault was put on with, 0 if it is off."""
        return self._on[name].seconds if name in self._on else 0.0

    def code(self, name: str) -> int:
        """Return the exception code that a fault was put on with, 0 if it is off."""
        return self._on[name].code if name in self._on else 0

    async def cleared(self, name: str) -> None:
        """Wait until a fault is off."""
        while name in self._on:
            await self._change.wait()
