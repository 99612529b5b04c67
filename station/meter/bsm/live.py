"""BSM-WS36A: live values of the AC meter, unsigned. Source: METER.md section 1."""

import asyncio
from datetime import datetime
from typing import Final

import structlog

from station.core.powermeter import Phases, Powermeter
from station.errors import ContactorStuckError, MeterError
from station.meter.codec import Block, scaled
from station.meter.port import Registers
from station.meter.registers import MODELS

LIVE_REGISTERS: Final = 53
"""A to TotWh_SF: all that the WS36A fills, apart from Evt."""
CURRENT_GONE_S: Final = 6.0
"""A vehicle whose pilot is taken away stops within 3 s (IEC 61851-1, C to B); twice that is given."""
CURRENT_LOOK_S: Final = 0.5
NO_CURRENT_A: Final = 0.25
"""Less is the noise of an idle line, or a controller in a vehicle."""

_AC_METER = MODELS["tpm"]
_PHASES = ("phA", "phB", "phC")

log = structlog.get_logger("station.meter")


async def read_registers(device: Registers) -> Block:
    """Return what `powermeter` needs, in one request."""
    return Block(_AC_METER, _AC_METER.payload, await device.read_registers(_AC_METER.payload, LIVE_REGISTERS))


def powermeter(block: Block, *, at: datetime, meter_id: str | None, name: str) -> Powermeter:
    """Return the values of the AC meter; None for those that are not available. MeterError without any energy."""
    energy_wh = block.scaled("TotWhImp")
    if energy_wh is None:
        raise MeterError(f"{name}: TotWhImp is not available")
    factors = (_ratio(block, f"PF{phase}") for phase in _PHASES)
    return Powermeter(
        timestamp=at,
        meter_id=meter_id,
        energy_wh_import=Phases(energy_wh),
        power_w=_phases(block, "W"),
        voltage_v=_phases(block, "PhV"),
        var=_phases(block, "VAR"),
        current_a=_phases(block, "A"),
        frequency_hz=_told(Phases(block.scaled("Hz"))),
        power_factor=_told(Phases(None, *factors)),
    )


async def wait_without_current(device: Registers, *, name: str) -> None:
    """Return when no current flows any more; ContactorStuckError after 6 s, for no record may leave energy out."""
    try:
        async with asyncio.timeout(CURRENT_GONE_S):
            while True:
                if not await _flowing(device):
                    return
                await asyncio.sleep(CURRENT_LOOK_S)
    except TimeoutError as error:
        told = f"{name}: current still flows {CURRENT_GONE_S:g} s after it was taken away"
        raise ContactorStuckError(f"{told}: nothing can be signed meanwhile") from error


async def _flowing(device: Registers) -> bool:
    first = _AC_METER.address("AphA")
    block = Block(_AC_METER, first, await device.read_registers(first, len(_PHASES) + 1))  # and A_SF
    return any(abs(block.scaled(f"A{phase}") or 0.0) >= NO_CURRENT_A for phase in _PHASES)


def _phases(block: Block, total: str) -> Phases | None:
    """Return a quantity in total and per phase, whose points are named after the total's."""
    return _told(Phases(block.scaled(total), *(block.scaled(total + phase) for phase in _PHASES)))


def _told(phases: Phases) -> Phases | None:
    """Return a quantity, or None if the meter tells nothing of it."""
    return None if phases == Phases() else phases


def _ratio(block: Block, name: str) -> float | None:
    """Return a number that is given in percent."""
    number, exponent = block.number(name), block.number("PF_SF")
    return None if number is None or exponent is None else scaled(number, exponent - 2)
