"""BSM-WS36A: the output that closes the contactor's path, and how to be sure that it is off.

Source: METER.md section 5.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

import structlog

from station.core.records import RecordKind
from station.errors import ContactorStuckError, DeviceError, MeterError, WrongMeterError
from station.meter.bsm.snapshots import Snapshots
from station.meter.port import Registers
from station.meter.registers import address

FEEDBACK_S: Final = 0.5
"""How long the meter itself waits for the feedback contact."""
FEEDBACK_LOOKS: Final = 5

_OUTPUT, _FEEDBACK = address("bsm", "DO"), address("bsm", "DI")

log = structlog.get_logger("station.meter")


class Output(Protocol):
    """What a driver may do with the meter's output."""

    async def release(self) -> None:
        """Turn it off."""

    async def wait_until_open(self) -> None:
        """Return when the contactor is open; ContactorStuckError if it does not open."""


class NoOutput:
    """The station's own hardware switches: the meter's output is never touched."""

    async def release(self) -> None:
        pass

    async def wait_until_open(self) -> None:
        pass


class MeterOutput:
    """The meter's own output, DO."""

    def __init__(self, device: Registers, snapshots: Snapshots, *, name: str) -> None:
        self._device = device
        self._snapshots = snapshots
        self._name = name

    async def release(self) -> None:
        """Turn the output off and read that back; MeterError if it stays on or may yet come on.

        A turn-on switches it late: one that was given up on would undo what is written meanwhile, so its end is
        waited for.
        """
        settled = True
        if self._snapshots.under_way is RecordKind.TURN_ON:
            settled = False
            with contextlib.suppress(DeviceError):
                await self._device.write_registers(_OUTPUT, [0], retries=0)
            with contextlib.suppress(DeviceError):
                settled = await self._snapshots.settle()
        await self._device.write_registers(_OUTPUT, [0])
        if (await self._device.read_registers(_OUTPUT, 1))[0] & 1:
            raise MeterError(f"{self._name}: the output stays on")
        if not settled:
            raise MeterError(f"{self._name}: a turn-on that does not end may turn the output on again")

    async def wait_until_open(self) -> None:
        """Look at the feedback contact until it says open; ContactorStuckError if it does not in time."""
        for _ in range(FEEDBACK_LOOKS):
            if (await self._device.read_registers(_FEEDBACK, 1))[0] & 1:
                return
            await asyncio.sleep(FEEDBACK_S / FEEDBACK_LOOKS)
        raise ContactorStuckError(f"{self._name}: the output is off, but the contactor's feedback says closed")


@asynccontextmanager
async def off_if_failed(output: Output, *, name: str) -> AsyncIterator[None]:
    """Release the output if the body fails or is cancelled; the error says if that failed as well.

    A failed turn-on may leave it on, because the meter switches before it signs.
    """
    try:
        yield
    except asyncio.CancelledError:
        await _release_anyway(output, name)
        raise
    except WrongMeterError:
        raise  # whatever that device is, its registers are none of ours
    except Exception as error:
        told = await _release_anyway(output, name)
        if told:
            error.args = (f"{error}; and its output may be on: {told}", *error.args[1:])
        raise


async def _release_anyway(output: Output, name: str) -> str:
    """Turn the output off, whatever happens; return what went wrong, if anything."""
    try:
        await output.release()
    except DeviceError as error:
        log.error("output_not_released", meter=name, reason=str(error))
        return str(error)
    return ""
