"""BSM-WS36A: how a meter stands at this moment, for people who look after it.

Source: METER.md sections 1 (map), 5 (digital lines) and 6 (clock).
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from station.meter.codec import Block, to_bytes
from station.meter.port import Registers
from station.meter.registers import MODELS

_COMMON, _SERIAL, _AC_METER, _BSM = (MODELS[alias] for alias in ("cb", "si", "tpm", "bsm"))
_LINE = range(_COMMON.address("DA"), _SERIAL.address("Bits"))
_METER = range(_AC_METER.address("Evt"), _BSM.address("DIChgOS"))
"""Event bits, texts, counters, clock and digital lines: 78 registers, one request."""


@dataclass(frozen=True, slots=True)
class State:
    """Numbers are None where the meter says that it has none."""

    unit: int | None
    """DA, its address on the line."""
    baud_rate: int | None
    """Rte."""
    events: int
    """Evt; any bit set means: not fit for billing."""
    error: str
    """ErrM of the meter module, zeros if there is none."""
    session_energy_wh: float | None
    """RCR, since the last turn-on or start."""
    power_downs: int | None
    """PDCnt."""
    records: int | None
    """RCnt, the number of the newest record."""
    operating_s: int | None
    """OS, since it was made."""
    time: datetime | None
    """Epoch, aware UTC; None if the clock is not set."""
    offset_min: int | None
    """TZO, from UTC to local time."""
    clock_settings: int | None
    """EpochSetCnt."""
    clock_set_os: int | None
    """EpochSetOS: the operating second in which the clock was set last."""
    contactor_open: bool
    """DI, the feedback of a normally-closed contact."""
    output_on: bool
    """DO: the contactor is demanded to be closed."""

    @property
    def clock_set(self) -> bool:
        """It has been given time and offset since its power came."""
        return self.time is not None and self.offset_min is not None


async def read_state(device: Registers) -> State:
    """Return how the meter stands; DeviceError as usual."""
    line = await device.read_registers(_LINE.start, len(_LINE))
    meter = await device.read_registers(_METER.start, len(_METER))
    common, serial = (Block(model, _LINE.start, line) for model in (_COMMON, _SERIAL))
    ac_meter, bsm = (Block(model, _METER.start, meter) for model in (_AC_METER, _BSM))
    epoch = bsm.number("Epoch")
    return State(
        unit=common.number("DA"),
        baud_rate=serial.number("Rte"),
        events=int.from_bytes(to_bytes(ac_meter.raw("Evt")), "big"),
        error=bsm.text("ErrM"),
        session_energy_wh=bsm.scaled("RCR"),
        power_downs=bsm.number("PDCnt"),
        records=bsm.number("RCnt"),
        operating_s=bsm.number("OS"),
        time=None if epoch is None else datetime.fromtimestamp(epoch, UTC),
        offset_min=bsm.number("TZO"),
        clock_settings=bsm.number("EpochSetCnt"),
        clock_set_os=bsm.number("EpochSetOS"),
        contactor_open=bool(bsm.raw("DI")[0] & 1),
        output_on=bool(bsm.raw("DO")[0] & 1),
    )
