"""BSM-WS36A: command a snapshot, wait for it, fetch what it signed. Source: METER.md section 5."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Final

import structlog

from station.core.records import RecordKind
from station.errors import LineSilentError, MeterBusyError, MeterError, SnapshotFailedError
from station.meter.bsm.pace import Pace, unknown
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
"""The snapshot block of each kind, in the order of Typ; its OCMF block has the same name with an `o` in front."""

READY_WITHIN_S: Final = 15.0
"""The slowest snapshot, from off to on, takes 10 s; the maker's own texts poll for 15 s."""
ANSWER_WITHIN_S: Final = 11.0
"""A busy meter may hold its answer back until the snapshot is ready."""
LOOK_S: Final = 1.0
"""How long one look takes at most whether a snapshot that was given up on has ended meanwhile."""
SILENT_S: Final = 0.05
"""The pause after a poll that was not answered."""
RENDERED_S: Final = 0.1
"""After this the meter is asked whether a text is ready that was not when its snapshot was."""
CHUNK: Final = 125
"""Registers in one read, the most that Modbus allows."""

_SNAPSHOT = MODELS["scs"]
_META1, _EVENTS = _SNAPSHOT.points["Meta1"].offset - 2, _SNAPSHOT.points["Evt"].offset - 2
"""Where the metadata begins and ends in a snapshot's payload."""

log = structlog.get_logger("station.meter")


class Snapshots:
    """The snapshots of one meter; only one may be in the making at a time."""

    def __init__(self, device: Registers, *, name: str) -> None:
        self._device = device
        self._name = name
        self._pace = Pace()
        self._under_way: tuple[RecordKind, float] | None = None
        """What was commanded and not yet seen to end, and when its time is over (loop time)."""
        self._tells_busy = False
        """This meter answers while it is busy; another one holds its answers back."""

    @property
    def under_way(self) -> RecordKind | None:
        """The snapshot that was commanded and given up on before the meter was done with it."""
        return self._under_way[0] if self._under_way else None

    async def take(self, kind: RecordKind, *, counter: int) -> None:
        """Have a snapshot taken; `counter` is the meter's RCnt before it.

        Raises MeterBusyError after 15 s and SnapshotFailedError if the meter reports a failure. Whether what is in
        its blocks then is new and genuine is for the caller to check.
        """
        if not await self.settle():
            raise self._busy(kind)
        now = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(READY_WITHIN_S) as limit:
                acknowledged = await self._command(kind, counter, limit)
                since = now()
                looks = self._pace.looks(kind) if acknowledged else unknown(0.0)
                status = await self._settled(kind, looks, limit)
        except TimeoutError as error:
            raise self._busy(kind) from error
        if status != VALID:
            raise self._failed(kind, status)
        if acknowledged:
            self._pace.learn(kind, now() - since)

    async def status(self, kind: RecordKind) -> int:
        """Return the St of a snapshot as soon as none is being taken; MeterBusyError after 15 s."""
        try:
            async with asyncio.timeout(READY_WITHIN_S) as limit:
                return await self._settled(kind, unknown(0.0), limit)
        except TimeoutError as error:
            raise self._busy(kind) from error

    async def settle(self) -> bool:
        """Wait for a snapshot that was given up on; say whether the meter is done with it.

        It gets no more time than any other, 15 s since its command; after that one look each time.
        """
        if self._under_way is None:
            return True
        kind, until = self._under_way
        with contextlib.suppress(TimeoutError):
            look_until = asyncio.get_running_loop().time() + LOOK_S
            async with asyncio.timeout_at(max(until, look_until)) as limit:
                await self._settled(kind, unknown(0.0), limit)
        return self._under_way is None

    async def text(self, kind: RecordKind) -> bytes:
        """Return the OCMF text of a snapshot that is ready, in as few registers as hold it."""
        block = MODELS["o" + ALIASES[kind]]
        words = await self._device.read_registers(block.payload, CHUNK)
        if words[1] == UPDATING:
            await self._rendered(kind, block)
            words = await self._device.read_registers(block.payload, CHUNK)
        typ, status = words[:2]
        if typ != list(ALIASES).index(kind):
            raise MeterError(f"{self._name}: the OCMF block of {kind.value} snapshots has Typ {typ}")
        if status != VALID:
            raise self._failed(kind, status)
        text = to_bytes(words[2:])
        for first in range(CHUNK, block.length, CHUNK):
            if b"\0" in text:
                break
            count = min(CHUNK, block.length - first)
            text += to_bytes(await self._device.read_registers(block.payload + first, count))
        return text.partition(b"\0")[0]

    async def around_metadata(self, kind: RecordKind) -> tuple[list[int], list[int]]:
        """Return what stands before and behind the metadata in the payload of a snapshot that is ready.

        Typ and St are not read again: the first is under the signature, the second was seen.
        """
        block = MODELS[ALIASES[kind]]
        head = await self._device.read_registers(block.payload + 2, _META1 - 2)
        tail = await self._device.read_registers(block.payload + _EVENTS, block.length - _EVENTS)
        return [list(ALIASES).index(kind), VALID, *head], tail

    async def metadata(self, kind: RecordKind) -> list[int]:
        """Return the registers of the metadata that a snapshot signed."""
        first, end = (MODELS[ALIASES[kind]].payload + at for at in (_META1, _EVENTS))
        words: list[int] = []
        for at in range(first, end, CHUNK):
            words += await self._device.read_registers(at, min(CHUNK, end - at))
        return words

    # Waiting

    async def _command(self, kind: RecordKind, counter: int, limit: asyncio.Timeout) -> bool:
        """Write the command once; say whether it was acknowledged.

        If the acknowledge is lost, the command is repeated only if the meter has not taken it.
        """
        at = address(ALIASES[kind], "St")
        self._under_way = kind, limit.when() or 0.0
        try:
            await self._device.write_registers(at, [UPDATING], retries=0)
            return True
        except LineSilentError as error:
            log.warning("snapshot_command_unacknowledged", meter=self._name, kind=kind.value, reason=str(error))
        if await self._answered(kind, limit) != UPDATING and await self._counter() <= counter:
            limit.reschedule(asyncio.get_running_loop().time() + READY_WITHIN_S)
            self._under_way = kind, limit.when() or 0.0
            await self._device.write_registers(at, [UPDATING], retries=0)
            return True
        return False

    async def _settled(self, kind: RecordKind, looks: Iterator[float], limit: asyncio.Timeout) -> int:
        """Return St as soon as it is not UPDATING; `looks` say when to ask, in seconds from now."""
        now = asyncio.get_running_loop().time
        since = now()
        for look_s in looks:
            if look_s > 0.0 and since + look_s <= now():
                continue
            await asyncio.sleep(since + look_s - now())
            status = await self._answered(kind, limit)
            if status != UPDATING:
                if self.under_way is kind:
                    self._under_way = None
                return status
            self._tells_busy = True
        raise AssertionError("looks never end")

    async def _answered(self, kind: RecordKind, limit: asyncio.Timeout) -> int:
        """Return St, as soon as the meter says anything; until then the limit limits."""
        at = address(ALIASES[kind], "St")
        while True:
            left_s = (limit.when() or 0.0) - asyncio.get_running_loop().time()
            patience_s = None if self._tells_busy else min(ANSWER_WITHIN_S, left_s)
            try:
                # No quick repetitions: while the meter holds an answer back, another question would meet deaf ears.
                return (await self._device.read_registers(at, 1, timeout_s=patience_s, retries=0))[0]
            except LineSilentError as error:
                log.debug("snapshot_poll_unanswered", meter=self._name, kind=kind.value, reason=str(error))
                await asyncio.sleep(SILENT_S)

    async def _rendered(self, kind: RecordKind, block: Model) -> None:
        """Wait until a text is there; the meter may render it after it has reported the snapshot."""
        now = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                since = now()
                for look_s in unknown(RENDERED_S):
                    await asyncio.sleep(since + look_s - now())
                    if (await self._device.read_registers(block.address("St"), 1))[0] != UPDATING:
                        return
        except TimeoutError as error:
            raise self._busy(kind) from error

    async def _counter(self) -> int:
        """Return the meter's response counter, RCnt."""
        high, low = await self._device.read_registers(address("bsm", "RCnt"), 2)
        return high << 16 | low

    def _busy(self, kind: RecordKind) -> MeterBusyError:
        return MeterBusyError(f"{self._name}: the {kind.value} snapshot was not ready within {READY_WITHIN_S:g} s")

    def _failed(self, kind: RecordKind, status: int) -> SnapshotFailedError:
        reason = FAILURES.get(status, "unknown")
        told = f"{self._name}: the {kind.value} snapshot failed with status {status} ({reason})"
        return SnapshotFailedError(told, status=status)
