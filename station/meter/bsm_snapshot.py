"""BSM-WS36A: command a snapshot, wait for it, fetch its OCMF text. Source: METER.md section 5."""

import asyncio
from typing import Final

import structlog

from station.core.records import RecordKind
from station.errors import LineSilentError, MeterBusyError, MeterError, SnapshotFailedError
from station.meter.codec import to_bytes
from station.meter.port import Registers
from station.meter.registers import MODELS, Model, address
from station.meter.snapshot import FAILURES, UPDATING, VALID

ALIASES: Final = {
    RecordKind.CURRENT: "scs",
    RecordKind.TURN_ON: "stons",
    RecordKind.TURN_OFF: "stoffs",
    RecordKind.START: "sss",
    RecordKind.END: "ses",
}
"""The snapshot block of each kind; its OCMF block has the same name with an `o` in front."""

POLL_S: Final = 0.05
READY_WITHIN_S: Final = 15.0
"""The slowest snapshot, from off to on, takes 10 s; the maker's own texts poll for 15 s."""
ANSWER_WITHIN_S: Final = 11.0
"""A busy meter may hold its answer back until the snapshot is ready."""
CHUNK: Final = 125
"""Registers in one read, the most that Modbus allows."""

log = structlog.get_logger("station.meter")


class Snapshots:
    """The snapshots of one meter; only one may be in the making at a time."""

    def __init__(self, device: Registers, *, name: str) -> None:
        self._device = device
        self._name = name

    async def take(self, kind: RecordKind, *, counter: int) -> bytes:
        """Take a snapshot and return its OCMF text; `counter` is the meter's RCnt before it.

        Raises MeterBusyError after 15 s and SnapshotFailedError if the meter reports a failure. Whether the text is
        the new one and genuine is for the caller to check.
        """
        try:
            async with asyncio.timeout(READY_WITHIN_S) as limit:
                await self._command(kind, counter, limit)
                await asyncio.sleep(POLL_S)
                status = await self._settled(kind, limit)
        except TimeoutError as error:
            raise self._busy(kind) from error
        if status != VALID:
            raise self._failed(kind, status)
        return await self.fetch(kind)

    async def status(self, kind: RecordKind) -> int:
        """Return the St of a snapshot as soon as none is being taken; MeterBusyError after 15 s."""
        try:
            async with asyncio.timeout(READY_WITHIN_S) as limit:
                return await self._settled(kind, limit)
        except TimeoutError as error:
            raise self._busy(kind) from error

    async def counter(self) -> int:
        """Return the meter's response counter, RCnt."""
        high, low = await self._device.read_registers(address("bsm", "RCnt"), 2)
        return high << 16 | low

    async def fetch(self, kind: RecordKind) -> bytes:
        """Return the OCMF text of a snapshot that is ready, in as few registers as hold it."""
        block = MODELS["o" + ALIASES[kind]]
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                head, text = await self._first_chunk(kind, block)
        except TimeoutError as error:
            raise self._busy(kind) from error
        if head[1] != VALID:
            raise self._failed(kind, head[1])
        read, end = CHUNK, block.length
        while b"\0" not in text and read < end:
            count = min(CHUNK, end - read)
            text += to_bytes(await self._device.read_registers(block.payload + read, count))
            read += count
        return text.partition(b"\0")[0]

    async def _first_chunk(self, kind: RecordKind, block: Model) -> tuple[list[int], bytes]:
        while True:
            words = await self._device.read_registers(block.payload, CHUNK)
            expected = list(ALIASES).index(kind)
            if words[0] != expected:
                raise MeterError(f"{self._name}: OCMF block {block.alias} has Typ {words[0]}, not {expected}")
            if words[1] != UPDATING:
                return words[:2], to_bytes(words[2:])
            await asyncio.sleep(POLL_S)

    async def _command(self, kind: RecordKind, counter: int, limit: asyncio.Timeout) -> None:
        """Write the command once. If its acknowledge is lost, repeat it only if the meter has not taken it."""
        at = address(ALIASES[kind], "St")
        try:
            await self._device.write_registers(at, [UPDATING], retries=0)
        except LineSilentError as error:
            log.warning("snapshot_command_unacknowledged", meter=self._name, kind=kind.value, reason=str(error))
            if await self._poll(kind, limit) != UPDATING and await self.counter() <= counter:
                await self._device.write_registers(at, [UPDATING], retries=0)

    async def _settled(self, kind: RecordKind, limit: asyncio.Timeout) -> int:
        while True:
            try:
                status = await self._poll(kind, limit)
            except LineSilentError as error:
                log.debug("snapshot_poll_unanswered", meter=self._name, kind=kind.value, reason=str(error))
            else:
                if status != UPDATING:
                    return status
            await asyncio.sleep(POLL_S)

    async def _poll(self, kind: RecordKind, limit: asyncio.Timeout) -> int:
        # No quick retries: while the meter holds an answer back, another question would meet deaf ears.
        left_s = (limit.when() or 0.0) - asyncio.get_running_loop().time()
        words = await self._device.read_registers(
            address(ALIASES[kind], "St"), 1, timeout_s=min(ANSWER_WITHIN_S, left_s), retries=0
        )
        return words[0]

    def _busy(self, kind: RecordKind) -> MeterBusyError:
        return MeterBusyError(f"{self._name}: the {kind.value} snapshot was not ready within {READY_WITHIN_S:g} s")

    def _failed(self, kind: RecordKind, status: int) -> SnapshotFailedError:
        reason = FAILURES.get(status, "unknown")
        told = f"{self._name}: the {kind.value} snapshot failed with status {status} ({reason})"
        return SnapshotFailedError(told, status=status)
