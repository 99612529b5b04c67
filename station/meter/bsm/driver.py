"""BSM-WS36A: the driver. Switches, signs and measures; believes no record that it cannot prove."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final

import structlog

from station.clock import Clock
from station.core.metadata import Filled
from station.core.powermeter import (
    Powermeter,
    TransactionReq,
    TransactionStartResponse,
    TransactionStopResponse,
    signed_value,
)
from station.core.records import LeftOver, Metadata, RecordKind, SignedRecord
from station.errors import ClockUnsetError, MeterError
from station.meter.bsm import identity as bsm_identity
from station.meter.bsm import live as bsm_live
from station.meter.bsm import metadata as bsm_metadata
from station.meter.bsm.clock import MeterClock
from station.meter.bsm.output import MeterOutput, NoOutput, Output, off_if_failed
from station.meter.bsm.records import Proven, Records
from station.meter.bsm.snapshots import Snapshots
from station.meter.codec import Block
from station.meter.port import MeterIdentity, Registers, Switching
from station.meter.registers import MODELS
from station.meter.snapshot import VALID

_BSM = MODELS["bsm"]
_BEGINS: Final = {Switching.METER: RecordKind.TURN_ON, Switching.EXTERNAL: RecordKind.START}
_ENDS: Final = {Switching.METER: RecordKind.TURN_OFF, Switching.EXTERNAL: RecordKind.END}
NOBODY: Final = Metadata()
"""What is written for records of nobody in particular."""

log = structlog.get_logger("station.meter")


@dataclass(frozen=True, slots=True)
class _Begin:
    """The begin that the meter's session register counts from."""

    transaction_id: str
    record: SignedRecord


class BsmMeter:
    """One BSM-WS36A; a SigningMeter. `name` is how messages call it, `clock` tells the station's time.

    `metadata` says what the meter shall sign for a request. Without `require_time` a meter whose clock is unset
    signs starts as well, with a doubtful time. `zone` is the local time that the records shall show, the computer's
    if None.
    """

    def __init__(
        self,
        device: Registers,
        *,
        name: str,
        clock: Clock,
        metadata: Callable[[TransactionReq], Filled],
        switching: Switching = Switching.METER,
        require_time: bool = True,
        zone: tzinfo | None = None,
    ) -> None:
        self._device = device
        self._name = name
        self._clock = clock
        self._metadata = metadata
        self._switching = switching
        self._require_time = require_time
        self._meter_clock = MeterClock(device, name=name, clock=clock, zone=zone)
        self._snapshots = Snapshots(device, name=name)
        self._records = Records(self._snapshots, name=name)
        switches = switching is Switching.METER
        self._output: Output = MeterOutput(device, self._snapshots, name=name) if switches else NoOutput()
        self._turn = asyncio.Lock()
        self._identity: MeterIdentity | None = None
        self._written: Metadata | None = None
        """What the meter should sign now, if that is known."""
        self._begin: _Begin | None = None

    async def identify(self) -> MeterIdentity:
        """Read who the meter is, its key, counter and event bits; WrongMeterError if it is no BSM-WS36A."""
        async with self._turn:
            return await self._identify()

    async def set_time(self, updated_at: datetime | None, *, only_if_unset: bool = False) -> datetime | None:
        """Do for the meter's clock what is due; return when it was updated last, None if that is not known.

        ClockUnsetError only if `require_time`.
        """
        async with self._turn:
            try:
                return await self._meter_clock.keep(updated_at, only_if_unset=only_if_unset)
            except ClockUnsetError as error:
                if self._require_time:
                    raise
                log.warning("meter_clock_unset", meter=self._name, reason=str(error))
                return updated_at

    async def start_transaction(self, request: TransactionReq) -> TransactionStartResponse:
        """Have the begin signed; if anything fails, the output is off or the error says it is not."""
        filled = self._metadata(request)
        if filled.changed:
            log.warning("metadata_changed", meter=self._name, fields=filled.changed)
        async with self._turn, off_if_failed(self._output, name=self._name):
            await self._known()
            if self._require_time:
                await self._meter_clock.ensure()
            if self._switching is Switching.EXTERNAL:
                await bsm_live.wait_without_current(self._device, name=self._name)
            discarded: tuple[SignedRecord, ...] = ()
            record = await self._start(filled.metadata)
            if "clock_unset" in record.doubts and self._require_time:
                # The meter lost its power since it was given the time: nothing on the line had told so.
                log.warning("meter_lost_its_time", meter=self._name)
                await self._output.release()
                await self._meter_clock.ensure()
                discarded = (record,)
                record = await self._start(filled.metadata)
                if "clock_unset" in record.doubts:
                    raise ClockUnsetError(f"{self._name}: signs without time, although it was given one")
            self._begin = _Begin(request.transaction_id, record)
            return TransactionStartResponse(
                signed_meter_value=signed_value(record), record=record, discarded=discarded
            )

    async def stop_transaction(self, transaction_id: str) -> TransactionStopResponse:
        """Have the end signed; if anything fails, the output is off or the error says it is not."""
        async with self._turn, off_if_failed(self._output, name=self._name):
            if self._switching is Switching.EXTERNAL:
                await bsm_live.wait_without_current(self._device, name=self._name)
            record = await self._end()
        begin = self._begin if self._begin and self._begin.transaction_id == transaction_id else None
        return TransactionStopResponse(
            start_signed_meter_value=signed_value(begin.record) if begin else None,
            signed_meter_value=signed_value(record),
            record=record,
        )

    async def sign_current(self, transaction_id: str | None) -> SignedRecord:
        """Have the present registers signed, with the metadata of the transaction that runs, or with none at all."""
        async with self._turn:
            if transaction_id is None and self._written != NOBODY:
                # The meter keeps what was written: else it would be signed for whoever charged last.
                await self._write(NOBODY)
            return self._attributed(await self._take(RecordKind.CURRENT))

    async def release_output(self) -> None:
        """Turn the output off without a record; ContactorStuckError if the contactor does not open."""
        async with self._turn:
            await self._output.release()
            await self._output.wait_until_open()

    async def read(self) -> Powermeter:
        """Return live values, from one request."""
        async with self._turn:
            block = await bsm_live.read_registers(self._device)
            at = self._clock.now()
        serial = self._identity.serial if self._identity else None
        return bsm_live.powermeter(block, at=at, meter_id=serial, name=self._name)

    async def left_over(self, request: TransactionReq | None) -> LeftOver:
        """Return what the meter holds from before, once none of its snapshots is being taken any more."""
        async with self._turn:
            meter = await self._known()
            valid = {kind for kind in RecordKind if await self._snapshots.status(kind) == VALID}
            first, last = _BSM.address("RCnt"), _BSM.address("DO")
            block = Block(_BSM, first, await self._device.read_registers(first, last + 1 - first))
            self._records.counter = block.number("RCnt") or 0
            begin = await self._kept_begin(request, valid) if request else None
            end = await self._kept(_ENDS[self._switching], valid)
            switches = self._switching is Switching.METER
            return LeftOver(
                meter_serial=meter.serial,
                counter=self._records.counter,
                output_on=switches and bool(block.raw("DO")[0] & 1),
                contactor_closed=switches and not block.raw("DI")[0] & 1,
                begin=begin,
                end=end.record if end else None,
            )

    # For people at the command line

    async def current(self) -> SignedRecord:
        """Return a record of the present, with the metadata that the meter has; not during a transaction."""
        return await self.snapshot(RecordKind.CURRENT)

    async def snapshot(self, kind: RecordKind) -> SignedRecord:
        """Return a new record of any kind, with the metadata that the meter has. A turn-on closes the contactor."""
        if kind is RecordKind.TURN_ON and self._switching is Switching.EXTERNAL:
            raise MeterError(f"{self._name}: does not switch here (switching = external), so it signs no turn-on")
        switches = kind in (RecordKind.TURN_ON, RecordKind.TURN_OFF)
        async with self._turn, off_if_failed(self._output if switches else NoOutput(), name=self._name):
            return (await self._take(kind)).record

    async def write_metadata(self, metadata: Metadata) -> None:
        """Give the meter what it is to sign and read it back; MeterError if it has something else then."""
        async with self._turn:
            await self._write(metadata)
            others = bsm_metadata.other(await bsm_metadata.read(self._device), metadata)
            if others:
                raise MeterError(f"{self._name}: did not take the metadata: {', '.join(others)}")

    # What it signs

    async def _known(self) -> MeterIdentity:
        return self._identity or await self._identify()

    async def _identify(self) -> MeterIdentity:
        self._identity, self._records.counter = await bsm_identity.identify(self._device, name=self._name)
        return self._identity

    async def _write(self, metadata: Metadata) -> None:
        self._written = None
        await bsm_metadata.write(self._device, metadata, name=self._name)
        self._written = metadata

    async def _start(self, metadata: Metadata) -> SignedRecord:
        await self._write(metadata)
        proven = await self._take(_BEGINS[self._switching])
        others = bsm_metadata.other(proven.snapshot.metadata, metadata)
        if others:
            raise self._records.invalid(proven.record.ocmf, f"it is for somebody else: {', '.join(others)}")
        return proven.record

    async def _end(self) -> SignedRecord:
        return self._attributed(await self._take(_ENDS[self._switching]))

    def _attributed(self, proven: Proven) -> SignedRecord:
        """Return a record that is no begin; one for somebody else than it should be is marked, but kept."""
        others = bsm_metadata.other(proven.snapshot.metadata, self._written) if self._written else []
        if not others:
            return proven.record
        # Genuine, but the meter forgot for whom: it does so when its power fails.
        kind = proven.record.kind
        log.warning("record_for_somebody_else", meter=self._name, kind=kind.value, metadata=others)
        return replace(proven.record, doubts=(*proven.record.doubts, "id_differs"))

    async def _take(self, kind: RecordKind) -> Proven:
        meter = await self._known()
        is_begin = kind in _BEGINS.values()
        if is_begin:
            self._begin = None
        proven = await self._records.take(kind, meter, likely=self._written)
        record, snapshot = proven.record, proven.snapshot
        unset = "clock_unset" in record.doubts
        self._meter_clock.signed(unset=unset, settings=snapshot.clock_settings, set_os=snapshot.clock_set_os)
        if "clock_moved" in record.doubts:
            log.warning("meter_time_unsure", meter=self._name, pagination=record.pagination)
        if is_begin and snapshot.events:
            told = f"the meter reports: {bsm_identity.events_in_words(snapshot.events)}; not fit for billing"
            raise self._records.invalid(record.ocmf, told)
        return proven

    # What it has kept

    async def _kept_begin(self, request: TransactionReq, valid: set[RecordKind]) -> SignedRecord | None:
        """Return the begin that was signed for a request, and know it from now on."""
        self._written = self._metadata(request).metadata
        kind = _BEGINS[self._switching]
        kept = await self._kept(kind, valid)
        if kept is None:
            return None
        if kept.snapshot.metadata.meta1 != self._written.meta1:
            counted = kept.record.pagination
            log.warning("kept_record_of_somebody_else", meter=self._name, kind=kind.value, pagination=counted)
            return None
        self._written = kept.snapshot.metadata
        self._begin = _Begin(request.transaction_id, kept.record)
        return kept.record

    async def _kept(self, kind: RecordKind, valid: set[RecordKind]) -> Proven | None:
        """Return a record that the meter has kept; None, with the reason in the log, if it is none."""
        if kind not in valid:
            return None
        try:
            return await self._records.fetch(kind, await self._known(), likely=self._written)
        except MeterError as error:
            log.error("kept_record_unusable", meter=self._name, kind=kind.value, reason=str(error))
            return None
