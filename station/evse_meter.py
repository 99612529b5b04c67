"""An EVSE's dealings with its meter: meeting it, having it sign, watching it, giving it the time."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from station.core import effects as do
from station.core import events as on
from station.core.events import Event
from station.core.faults import Fault, fault_of
from station.core.powermeter import Powermeter
from station.core.records import LeftOver, SignedRecord
from station.core.session import Metering, Session
from station.errors import ClockUnsetError, DeviceError, RecordInvalidError, WrongMeterError
from station.meter.port import MeterIdentity, SigningMeter

POLL_S = 5.0
FRESH_S = 3 * POLL_S
"""Live values that are older say nothing about now."""
TIME_CHECK_S = 600.0
"""How often the meter may see whether its clock is due: a day, or the switch of summer time, has passed."""
CLOCK_GRACE_S = 30.0
"""How long after a power cut NTP or the CSMS may need until the station can tell the meter its time."""
LIVE_S = 1.0
"""How long an end that is signed waits for the live values that go with it."""
SIGNS_READINGS = frozenset({Metering.OFF, Metering.ON})
"""Never while a begin or an end is being signed."""
FAILURES_TO_FAULT = 3
"""A device is faulted after so many failed looks in a row; one lost frame is not a fault."""

LOOKS_AT_UNFIT = 12
"""A meter that called itself unfit is asked again after so many looks."""

log = structlog.get_logger("station.evse")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a meter measured when it was asked."""

    reading: Powermeter
    record: SignedRecord | None = None
    """Its energy, signed right after `reading`; None if that was not asked for, or could not be had."""


class KnownMeter(Protocol):
    """The meter that an EVSE is known to have."""

    @property
    def serial(self) -> str: ...

    @property
    def public_key(self) -> bytes:
        """DER."""

    @property
    def clock_updated_at(self) -> datetime | None: ...


class MeterBook(Protocol):
    """Remembers the meter of each EVSE over restarts."""

    def known(self, evse_id: int) -> KnownMeter | None: ...

    def remember(self, evse_id: int, serial: str, public_key: bytes, at: datetime) -> None: ...

    def clock_updated(self, evse_id: int, at: datetime) -> None: ...


class MeterSide:
    """Calls the meter for one EVSE, one call at a time, and turns what comes of it into events."""

    def __init__(
        self,
        evse_id: int,
        meter: SigningMeter,
        *,
        post: Callable[[Event], None],
        session: Callable[[], Session],
        book: MeterBook,
        now: Callable[[], datetime],
        keep_rejected: Callable[[bytes, str], None],
        configured_key: bytes | None,
    ) -> None:
        """`configured_key`: the public key (DER) that the meter must have; None if the first one met counts."""
        self.identity: MeterIdentity | None = None
        """Who the meter said it is; None until it was met."""
        self._evse_id = evse_id
        self._meter = meter
        self._post = post
        self._session = session
        self._book = book
        self._now = now
        self._keep_rejected = keep_rejected
        self._configured_key = configured_key
        self._wrong: WrongMeterError | None = None
        """Why the meter that answers must not sign here."""
        self._reading: Powermeter | None = None
        self._free = asyncio.Lock()
        """First come, first served: whoever switches waits for one call at most."""
        self._samples_due: list[do.TakeSample] = []
        self._look_due = asyncio.Event()
        self._time_due = asyncio.Event()
        """The clock has to be looked at before its usual time."""

    @property
    def reading(self) -> Powermeter | None:
        """The newest live values, or None if they are too old to be shown as new."""
        if self._reading is None or not 0 <= self._reading.age_s(self._now()) <= FRESH_S:
            return None
        return self._reading

    def take_sample(self, effect: do.TakeSample) -> None:
        """Have live values read now, signed too if that is wanted and possible, and posted as Sampled."""
        self._samples_due.append(effect)
        self._look_due.set()

    async def measure(self, *, signed: bool) -> Measured | None:
        """Read live values now, and have them signed if that is wanted and possible; None if the meter is silent.

        What is signed is posted to be kept with the transaction, or with those that belong to none.
        """
        try:
            async with self._free:
                self._refuse_wrong_meter()
                measured = await self._measure(signed=signed)
        except DeviceError as error:
            log.warning("meter_not_read", evse=self._evse_id, error=str(error))
            return None
        if measured.record is not None:
            self._post(on.Sampled(measured.reading, frozenset(), measured.record))
        return measured

    # Signing and switching

    async def start(self, effect: do.TurnOn) -> Event:
        log.info("start_being_signed", evse=self._evse_id)
        before = self.reading  # new enough where nothing flows yet, and nobody waits for it
        try:
            async with self._free:
                self._refuse_wrong_meter()
                response = await self._meter.start_transaction(effect.request)
        except DeviceError as error:
            self._keep_evidence(error)
            log.error("start_not_signed", evse=self._evse_id, error=str(error))
            fault = fault_of(error, otherwise=Fault.BEGIN)
            if fault is Fault.CLOCK:
                self._time_due.set()
            return on.BeginFailed(fault, str(error))
        for record in response.discarded:
            self._keep_rejected(record.ocmf, "a start that was signed without time; another one was used")
        assert response.record is not None
        return on.BeginSigned(response.record, before)

    async def stop(self, effect: do.TurnOff) -> Event:
        log.info("end_being_signed", evse=self._evse_id)
        try:
            async with self._free:
                self._refuse_wrong_meter()
                with contextlib.suppress(ClockUnsetError):  # an end without a time is better than none
                    await self._set_time(only_if_unset=True)
                response = await self._meter.stop_transaction(effect.transaction_id)
                after = await self._live()
        except DeviceError as error:
            self._keep_evidence(error)
            log.error("end_not_signed", evse=self._evse_id, error=str(error))
            return on.EndFailed(fault_of(error, otherwise=Fault.END), str(error), self._reading)
        assert response.record is not None
        return on.EndSigned(response.record, after)

    async def release_output(self) -> None:
        """Turn the output off, whatever runs; raises DeviceError."""
        async with self._free:
            await self._meter.release_output()

    async def release(self) -> Event:
        try:
            await self.release_output()
            return on.OutputReleased()
        except DeviceError as error:
            log.error("output_not_released", evse=self._evse_id, error=str(error))
            # Whatever it was, the output may be on: good readings must not clear that.
            stuck = fault_of(error, otherwise=Fault.OUTPUT) is Fault.CONTACTOR
            return on.ReleaseFailed(Fault.CONTACTOR if stuck else Fault.OUTPUT, str(error))

    async def _live(self) -> Powermeter | None:
        """Return the live values of an end, or None if they do not come at once: the record is not stored yet."""
        try:
            async with asyncio.timeout(LIVE_S):
                self._reading = await self._meter.read()
        except (DeviceError, TimeoutError) as error:
            log.info("meter_not_read", evse=self._evse_id, error=str(error))
            return None
        return self._reading

    async def _measure(self, *, signed: bool) -> Measured:
        """The values first: they are of the instant that was asked for, the signature comes seconds later."""
        self._reading = await self._meter.read()
        return Measured(self._reading, await self._sign() if signed else None)

    async def _sign(self) -> SignedRecord | None:
        """Have a reading signed, unless that could come in the way of a begin or an end."""
        session = self._session()
        transaction = session.transaction
        if session.metering not in SIGNS_READINGS or session.owed is not None or session.faults or not session.awake:
            return None
        measuring = transaction is not None and session.metering is Metering.ON
        try:
            return await self._meter.sign_current(transaction.id if transaction and measuring else None)
        except DeviceError as error:
            self._keep_evidence(error)
            log.warning("reading_not_signed", evse=self._evse_id, error=str(error))
            return None

    def _refuse_wrong_meter(self) -> None:
        if self._wrong is not None:
            raise self._wrong

    def _keep_evidence(self, error: DeviceError) -> None:
        if isinstance(error, RecordInvalidError):
            self._keep_rejected(error.ocmf, str(error))

    # Meeting and watching

    async def wake(self) -> on.Woken:
        """Return what the meter holds from before; nothing else is decided until that is known."""
        woken = on.Woken(None)
        for attempt in range(FAILURES_TO_FAULT):
            if attempt > 0:
                await asyncio.sleep(POLL_S)
            try:
                async with self._free:  # somebody else may have a reading signed still
                    return on.Woken(await self._meet())
            except DeviceError as error:
                log.error("meter_not_met", evse=self._evse_id, error=str(error))
                woken = on.Woken(None, str(error), _fault(error))
                if isinstance(error, WrongMeterError):
                    break  # it will not become another one by itself
        return woken

    async def watch(self) -> None:
        """Look at the meter again and again; one that was lost is met anew, for it may be another one."""
        failures = 0 if self._session().awake else FAILURES_TO_FAULT
        self._tell_fitness()
        for look in itertools.count():
            due, self._samples_due = self._samples_due, []
            self._look_due.clear()
            unfit = Fault.UNFIT in self._session().faults and look % LOOKS_AT_UNFIT == 0
            try:
                async with self._free:
                    left_over = await self._meet() if failures >= FAILURES_TO_FAULT or unfit else None
                    measuring = self._session().metering is Metering.ON
                    measured = await self._measure(signed=measuring and any(effect.signed for effect in due))
            except DeviceError as error:
                failures += 1
                self._missed(error, failures)
            else:
                if failures:
                    self._time_due.set()  # it may have lost its power, and its time with it
                failures = 0
                self._seen(left_over)
                self._tell_samples(measured, due)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._look_due.wait()

    def _tell_samples(self, measured: Measured, due: Sequence[do.TakeSample]) -> None:
        for effect in dict.fromkeys(due):  # a signature takes seconds, in which the same may be asked for again
            self._post(on.Sampled(measured.reading, effect.due, measured.record if effect.signed else None))

    def _missed(self, error: DeviceError, failures: int) -> None:
        fault = _fault(error)
        if failures == FAILURES_TO_FAULT or (fault is Fault.CHANGED and fault not in self._session().faults):
            log.error("meter_unusable", evse=self._evse_id, error=str(error))
            self._post(on.FaultRaised(fault, str(error)))

    def _seen(self, left_over: LeftOver | None) -> None:
        session = self._session()
        if left_over is not None and not session.awake:
            self._post(on.MeterFound(left_over))
        for fault in (Fault.METER, Fault.CHANGED):
            if fault in session.faults and (session.awake or left_over is None):
                self._post(on.FaultCleared(fault))
        if left_over is not None:
            self._tell_fitness()

    def _tell_fitness(self) -> None:
        unfit = self.identity.unfit if self.identity else ""
        known = Fault.UNFIT in self._session().faults
        if unfit:
            self._post(on.FaultRaised(Fault.UNFIT, unfit))
        elif known:
            self._post(on.FaultCleared(Fault.UNFIT))

    async def _meet(self) -> LeftOver:
        """Find out who answers, and what it holds; WrongMeterError for another meter than the one known here."""
        identity = await self._meter.identify()
        self._wrong = self._judge(identity)
        if self._wrong is not None:
            raise self._wrong
        self.identity = identity
        self._book_in(identity)
        try:
            # Before anything is signed, also for somebody who charged when the meter lost its power.
            await self._set_time(only_if_unset=True)
        except ClockUnsetError as error:
            log.warning("meter_clock_unset", evse=self._evse_id, reason=str(error))
        transaction = self._session().transaction
        return await self._meter.left_over(transaction.request if transaction else None)

    def _judge(self, identity: MeterIdentity) -> WrongMeterError | None:
        who = f"EVSE {self._evse_id}: meter {identity.serial}"
        if self._configured_key is not None:
            if identity.public_key == self._configured_key:
                return None
            return WrongMeterError(
                f"{who} has another key than evse.meter.public_key says: {identity.public_key.hex()}"
            )
        known = self._book.known(self._evse_id)
        if known is None or (known.serial, known.public_key) == (identity.serial, identity.public_key):
            return None
        what = "is not the meter" if known.serial != identity.serial else "has not the key"
        return WrongMeterError(
            f"{who} {what} that is known here ({known.serial}); if that is meant, stop the station and confirm it:"
            f" station meter confirm --evse {self._evse_id}"
        )

    def _book_in(self, identity: MeterIdentity) -> None:
        known = self._book.known(self._evse_id)
        if known is None or (known.serial, known.public_key) != (identity.serial, identity.public_key):
            self._book.remember(self._evse_id, identity.serial, identity.public_key, self._now())
            log.info("meter_remembered", evse=self._evse_id, serial=identity.serial)
        log.info(
            "meter_identified",
            evse=self._evse_id,
            serial=identity.serial,
            model=identity.model,
            meter_firmware=identity.meter_firmware,
            communication_firmware=identity.communication_firmware,
        )
        for warning in identity.warnings:
            log.warning("meter_doubtful", evse=self._evse_id, reason=warning)

    # Time

    async def keep_time(self) -> None:
        """Let the meter follow the time; a clock that runs is left alone while it measures for somebody."""
        failing_since: float | None = None
        loop = asyncio.get_running_loop()
        while True:
            wait_s = TIME_CHECK_S
            try:
                await self._give_time()
                failing_since = None
            except ClockUnsetError as error:
                wait_s = POLL_S
                failing_since = loop.time() if failing_since is None else failing_since
                self._clock_unset(error, patient=loop.time() - failing_since < CLOCK_GRACE_S)
            except DeviceError as error:
                log.warning("meter_time_not_kept", evse=self._evse_id, error=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S if Fault.CLOCK in self._session().faults else wait_s):
                    await self._time_due.wait()
            self._time_due.clear()

    async def _give_time(self) -> None:
        async with self._free:
            if self._wrong is not None:
                return
            session = self._session()
            await self._set_time(only_if_unset=session.transaction is not None or session.owed is not None)
        if Fault.CLOCK in session.faults:
            self._post(on.FaultCleared(Fault.CLOCK))

    async def _set_time(self, *, only_if_unset: bool) -> None:
        known = self._book.known(self._evse_id)
        before = known.clock_updated_at if known else None
        updated_at = await self._meter.set_time(before, only_if_unset=only_if_unset)
        if updated_at is not None and updated_at != before:
            self._book.clock_updated(self._evse_id, updated_at)

    def _clock_unset(self, error: ClockUnsetError, *, patient: bool) -> None:
        if patient or Fault.CLOCK in self._session().faults:
            log.info("meter_clock_unset", evse=self._evse_id, reason=str(error))
            return
        log.error("meter_clock_unset", evse=self._evse_id, reason=str(error))
        self._post(on.FaultRaised(Fault.CLOCK, str(error)))


def _fault(error: DeviceError) -> Fault:
    """Whatever keeps the meter from being met is its silence, unless another one was met."""
    return Fault.CHANGED if isinstance(error, WrongMeterError) else Fault.METER
