"""BSM-WS36A: the driver. Switches, signs and measures; believes no record that it cannot verify."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import tzinfo

import structlog

from station.clock import Clock
from station.core.metadata import FORBIDDEN
from station.core.records import LeftOver, Metadata, Reading, RecordKind, SignedRecord
from station.errors import (
    ClockUnsetError,
    ContactorStuckError,
    DeviceError,
    MeterError,
    RecordInvalidError,
    SnapshotFailedError,
    WrongMeterError,
)
from station.meter.bsm_clock import MeterClock
from station.meter.bsm_snapshot import Snapshots
from station.meter.codec import Block, encode
from station.meter.keys import to_der
from station.meter.ocmf import parse
from station.meter.port import MeterIdentity, Registers
from station.meter.registers import MARKER, MARKER_ADDRESS, MODELS
from station.meter.snapshot import VALID
from station.meter.verdict import examine, signed_record

_COMMON, _BSM, _AC_METER = MODELS["cb"], MODELS["bsm"], MODELS["tpm"]
_OUTPUT = _BSM.address("DO")
_FEEDBACK = _BSM.address("DI")
FEEDBACK_S = 0.5
"""How long the meter itself waits for the feedback contact (METER.md section 5)."""
FEEDBACK_LOOKS = 5
_LIVE_REGISTERS = 53
"""Of the AC meter: A to TotWh_SF, all that the WS36A fills apart from Evt."""

log = structlog.get_logger("station.meter")


class BsmMeter:
    """One BSM-WS36A; a SigningMeter. `name` is how messages call it, `clock` tells the station's time.

    Without `require_time` a meter whose clock is unset signs starts as well, with a doubtful time. `zone` is the
    local time that the records shall show, the computer's if None.
    """

    def __init__(
        self,
        device: Registers,
        *,
        name: str,
        clock: Clock,
        require_time: bool = True,
        zone: tzinfo | None = None,
    ) -> None:
        self._device = device
        self._name = name
        self._clock = clock
        self._require_time = require_time
        self._meter_clock = MeterClock(device, name=name, clock=clock, zone=zone)
        self._snapshots = Snapshots(device, name=name)
        self._turn = asyncio.Lock()
        self._identity: MeterIdentity | None = None
        self._counter = 0
        """RCnt of the newest record known; a new one must be beyond it."""
        self._named: str | None = None
        """Meta1 of the last start, if it is known."""

    async def identify(self) -> MeterIdentity:
        """Read who the meter is, its key and its counter; WrongMeterError if that is no BSM."""
        async with self._turn:
            return await self._identify()

    async def set_time(self) -> None:
        """Do for the meter's clock what is due; ClockUnsetError only if `require_time`."""
        async with self._turn:
            await self._keep_time()

    async def turn_on(self, metadata: Metadata) -> SignedRecord:
        """Return the verified turn-on record; if anything fails, the output is off or the error says it is not."""
        async with self._turn, self._output_off_if_failed():
            record = await self._start(metadata)
            if "clock_unset" in record.doubts and self._require_time:
                # The meter lost its power since it was given the time: nothing on the line had told so.
                log.warning("meter_lost_its_time", meter=self._name)
                await self._release()
                await self._keep_time()
                record = await self._start(metadata)
                if "clock_unset" in record.doubts:
                    raise ClockUnsetError(f"{self._name}: signs without time, although it was given one")
            return record

    async def turn_off(self) -> SignedRecord:
        """Return the verified turn-off record; if anything fails, the output is off or the error says it is not."""
        async with self._turn, self._output_off_if_failed():
            record = await self._take(RecordKind.TURN_OFF)
            if self._named is not None and parse(record.ocmf).id_data != self._named:
                # Genuine, but the meter forgot for whom: it does so when its power fails.
                record = replace(record, doubts=(*record.doubts, "id_differs"))
            return record

    async def release_output(self) -> None:
        """Turn the output off without a record; ContactorStuckError if the contactor does not open."""
        async with self._turn:
            await self._release()
            await self._wait_until_open()

    async def read(self) -> Reading:
        """Return live values, from one request."""
        async with self._turn:
            words = await self._device.read_registers(_AC_METER.payload, _LIVE_REGISTERS)
        block = Block(_AC_METER, _AC_METER.payload, words)
        return Reading(
            taken_at=self._clock.now(),
            energy_wh=round(self._measured(block, "TotWhImp")),
            power_w=self._measured(block, "W"),
            current_a=_phases(block, "AphA", "AphB", "AphC"),
            voltage_v=_phases(block, "PhVphA", "PhVphB", "PhVphC"),
            frequency_hz=block.scaled("Hz"),
        )

    async def left_over(self) -> LeftOver:
        """Return what the meter holds from before, once none of its snapshots is being taken any more."""
        async with self._turn:
            await self._known()
            found = {kind: await self._snapshots.status(kind) for kind in RecordKind}
            first = _BSM.address("RCnt")
            words = await self._device.read_registers(first, _OUTPUT + 1 - first)
            block = Block(_BSM, first, words)
            self._counter = block.number("RCnt") or 0
            begin, end = [
                await self._kept(kind) if found[kind] == VALID else None
                for kind in (RecordKind.TURN_ON, RecordKind.TURN_OFF)
            ]
            self._named = None if begin is None else parse(begin.ocmf).id_data
            return LeftOver(
                output_on=bool(block.raw("DO")[0] & 1),
                contactor_closed=not block.raw("DI")[0] & 1,
                begin=begin,
                end=end,
            )

    # Who it is

    async def _known(self) -> MeterIdentity:
        return self._identity or await self._identify()

    async def _identify(self) -> MeterIdentity:
        head = _COMMON.address("Opt") - MARKER_ADDRESS
        words = await self._device.read_registers(MARKER_ADDRESS, head)
        common = Block(_COMMON, MARKER_ADDRESS, words)
        bsm = await self._part("ID", "TZO")
        marker = words[0] << 16 | words[1]
        if marker != MARKER or [common.number("ID"), bsm.number("ID")] != [_COMMON.id, _BSM.id]:
            raise WrongMeterError(f"{self._name}: what answers is no BSM-WS36A (SunSpec models not as expected)")
        key = to_der((await self._part("NPK", "PK")).blob("PK", "BPK"))
        if key is None:
            raise MeterError(f"{self._name}: its public key is none of P-256")
        self._counter = bsm.number("RCnt") or 0
        self._identity = MeterIdentity(
            manufacturer=common.text("Mn"),
            model=common.text("Md"),
            serial=bsm.text("MA1"),
            meter_firmware=bsm.text("VrM"),
            communication_firmware=bsm.text("VrC"),
            public_key=key,
        )
        return self._identity

    async def _part(self, first: str, last: str) -> Block:
        """Read the signing meter's registers from one point to another, both included."""
        start, end = _BSM.address(first), _BSM.address(last) + _BSM.points[last].length
        return Block(_BSM, start, await self._device.read_registers(start, end - start))

    async def _keep_time(self) -> None:
        try:
            await self._meter_clock.keep()
        except ClockUnsetError as error:
            if self._require_time:
                raise
            log.warning("meter_clock_unset", meter=self._name, reason=str(error))

    # What it signs

    async def _start(self, metadata: Metadata) -> SignedRecord:
        meta1, meta2, meta3 = (self._words(name, metadata) for name in ("meta1", "meta2", "meta3"))
        await self._device.write_registers(_BSM.address("Meta1"), meta1 + meta2)
        # 170 registers do not fit into one write. All three each time: the meter keeps what is not overwritten.
        await self._device.write_registers(_BSM.address("Meta3"), meta3)
        self._named = metadata.meta1
        record = await self._take(RecordKind.TURN_ON)
        named = parse(record.ocmf).id_data
        if named != metadata.meta1:
            raise self._invalid(record.ocmf, f"it is for {named!r}, not for {metadata.meta1!r}")
        return record

    def _words(self, name: str, metadata: Metadata) -> list[int]:
        text: str = getattr(metadata, name)
        if not (text.isascii() and text.isprintable()) or FORBIDDEN & set(text):
            raise MeterError(f"{self._name}: {name} {text!r} has characters that break records")
        try:
            return encode(_BSM.points[name.capitalize()], text)
        except ValueError as error:
            raise MeterError(f"{self._name}: {error}") from error

    async def _take(self, kind: RecordKind) -> SignedRecord:
        await self._known()
        ocmf = await self._snapshots.take(kind, counter=self._counter)
        record = self._verified(kind, ocmf)
        if record.pagination <= self._counter:
            told = f"it is an old one, its number {record.pagination} is not beyond {self._counter}"
            raise self._invalid(ocmf, told)
        self._counter = record.pagination
        log.info("record_taken", meter=self._name, kind=kind.value, pagination=record.pagination)
        return record

    async def _kept(self, kind: RecordKind) -> SignedRecord | None:
        """Return a record that the meter has kept; None, with the reason in the log, if it is none."""
        try:
            return self._verified(kind, await self._snapshots.fetch(kind))
        except (RecordInvalidError, SnapshotFailedError) as error:
            log.error("kept_record_unusable", meter=self._name, kind=kind.value, reason=str(error))
            return None

    def _verified(self, kind: RecordKind, ocmf: bytes) -> SignedRecord:
        assert self._identity is not None
        verdict = examine(ocmf, self._identity.public_key)
        if verdict.record is None or not verdict.valid:
            raise self._invalid(ocmf, "; ".join(doubt.sentence for doubt in verdict.doubts))
        if verdict.record.meter_serial != self._identity.serial:
            raise self._invalid(ocmf, f"it is of meter {verdict.record.meter_serial}, not of {self._identity.serial}")
        if verdict.record.kind not in (kind, None):
            raise self._invalid(ocmf, f"it is a {verdict.record.kind} record, not a {kind} one")
        return signed_record(verdict, ocmf, key=self._identity.public_key, kind=kind)

    def _invalid(self, ocmf: bytes, reason: str) -> RecordInvalidError:
        return RecordInvalidError(f"{self._name}: its record cannot be used: {reason}", ocmf=ocmf)

    # What it switches

    async def _release(self) -> None:
        await self._device.write_registers(_OUTPUT, [0])
        if (await self._device.read_registers(_OUTPUT, 1))[0] & 1:
            raise MeterError(f"{self._name}: the output stays on")

    async def _wait_until_open(self) -> None:
        """Look at the feedback contact until it says open; ContactorStuckError if it does not in time."""
        for _ in range(FEEDBACK_LOOKS):
            if (await self._device.read_registers(_FEEDBACK, 1))[0] & 1:
                return
            await asyncio.sleep(FEEDBACK_S / FEEDBACK_LOOKS)
        raise ContactorStuckError(f"{self._name}: the output is off, but the contactor's feedback says closed")

    @asynccontextmanager
    async def _output_off_if_failed(self) -> AsyncIterator[None]:
        # A failed turn-on may leave the output on: the meter switches before it signs.
        try:
            yield
        except asyncio.CancelledError:
            await self._release_anyway()
            raise
        except Exception as error:
            told = await self._release_anyway()
            if told:
                error.args = (f"{error}; and its output could not be turned off: {told}", *error.args[1:])
            raise

    async def _release_anyway(self) -> str:
        """Turn the output off, whatever happens; return what went wrong, if anything."""
        try:
            await self._release()
        except DeviceError as error:
            log.error("output_not_released", meter=self._name, reason=str(error))
            return str(error)
        return ""

    def _measured(self, block: Block, name: str) -> float:
        value = block.scaled(name)
        if value is None:
            raise MeterError(f"{self._name}: {name} is not available")
        return value


def _phases(block: Block, *names: str) -> tuple[float, float, float]:
    """Return three values; what the meter does not measure counts as 0."""
    first, second, third = (block.scaled(name) or 0.0 for name in names)
    return first, second, third
