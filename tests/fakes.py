"""Devices and a store that behave like the real ones, without wires: their state outlives the daemon."""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from station.core.documents import from_document, to_document
from station.core.effects import CloseReceipt, KeepRecord, OpenReceipt, Raise, Report, StoredEffect
from station.core.powermeter import (
    Phases,
    Powermeter,
    TransactionReq,
    TransactionStartResponse,
    TransactionStopResponse,
)
from station.core.records import LeftOver, RecordKind, SignedRecord
from station.core.reports import Alert, TransactionReport
from station.core.session import Session
from station.errors import LineSilentError
from station.hardware.ports import PilotLetter, PilotStatus
from station.meter.port import MeterIdentity
from station.storage.database import Database
from station.storage.journal import NOTIFY_EVENT, TRANSACTION_EVENT
from station.storage.outbox import Outbox

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
KEY = b"the meter's key"
SERIAL = "001BZR1521070003"
SIGNING_S = 10.0
"""METER.md section 5: turn-on command to signed data, at most."""
CURRENT_S = 6.0
"""The same of a current snapshot, at most."""


def a_record(
    kind: RecordKind,
    pagination: int,
    *,
    energy_wh: int = 1000,
    session_energy_wh: int = 0,
    meta: str = "",
    serial: str = SERIAL,
) -> SignedRecord:
    """Return a record as the meter would sign it; no two of different content have the same bytes."""
    return SignedRecord(
        kind=kind,
        ocmf=f"OCMF|{kind}|{pagination}|{energy_wh}|{session_energy_wh}|{meta}".encode(),
        public_key=KEY,
        meter_serial=serial,
        pagination=pagination,
        taken_at=NOON + timedelta(seconds=pagination),
        energy_wh=energy_wh,
        session_energy_wh=session_energy_wh,
        verified=True,
    )


@dataclass
class MeterHardware:
    """What a meter is and keeps (METER.md section 5); nothing here knows of the daemon."""

    serial: str = SERIAL
    key: bytes = KEY
    unfit: str = ""
    output_on: bool = False
    begin: SignedRecord | None = None
    end: SignedRecord | None = None
    energy_wh: int = 1000
    session_energy_wh: int = 0
    counter: int = 7
    signed: list[SignedRecord] = field(default_factory=list)
    """Every record it ever made."""
    begun_for: TransactionReq | None = None

    def turn_on(self, request: TransactionReq) -> SignedRecord:
        self.session_energy_wh = 0
        self.output_on = True
        self.begun_for = request
        self.begin = self._sign(RecordKind.TURN_ON, request.identification_data or "")
        return self.begin

    def turn_off(self) -> SignedRecord:
        self.output_on = False
        self.end = self._sign(RecordKind.TURN_OFF, "")
        return self.end

    def sign_current(self, transaction_id: str | None) -> SignedRecord:
        begun_for = self.begun_for if transaction_id else None
        return self._sign(RecordKind.CURRENT, begun_for.identification_data or "" if begun_for else "")

    def flow(self, energy_wh: int) -> None:
        self.energy_wh += energy_wh
        self.session_energy_wh += energy_wh

    def left_over(self, request: TransactionReq | None) -> LeftOver:
        asked = request is not None and request == self.begun_for
        begin = self.begin if asked else None
        return LeftOver(
            self.serial, self.counter, self.output_on, contactor_closed=self.output_on, begin=begin, end=self.end
        )

    def lose_power(self) -> None:
        """Output and snapshots go, registers and counters stay."""
        self.output_on, self.begin, self.end = False, None, None

    def _sign(self, kind: RecordKind, meta: str) -> SignedRecord:
        self.counter += 1
        self.signed.append(
            a_record(
                kind,
                self.counter,
                energy_wh=self.energy_wh,
                session_energy_wh=self.session_energy_wh,
                meta=meta,
                serial=self.serial,
            )
        )
        return self.signed[-1]


@dataclass
class ControllerHardware:
    """What a charge controller does and sees; it keeps on doing it while the daemon is away."""

    letter: PilotLetter = PilotLetter.A
    offered_amps: float = 0.0
    locked: bool = False

    def lose_power(self) -> None:
        self.offered_amps, self.locked = 0.0, False


def energy_path_closed(meter: MeterHardware, controller: ControllerHardware) -> bool:
    """DO and the controller's own output are in series, and the vehicle must want it."""
    return meter.output_on and controller.offered_amps > 0 and controller.letter in ("C", "D")


class Troubles:
    """Errors that a fake device answers with, by the name of the method."""

    def __init__(self) -> None:
        self._always: dict[str, Exception] = {}
        self._next: dict[str, list[Exception]] = {}

    def always(self, method: str, error: Exception) -> None:
        self._always[method] = error

    def once(self, method: str, *errors: Exception) -> None:
        self._next.setdefault(method, []).extend(errors)

    def over(self) -> None:
        self._always.clear()
        self._next.clear()

    def check(self, method: str) -> None:
        if coming := self._next.get(method):
            raise coming.pop(0)
        if error := self._always.get(method) or self._always.get("*"):
            raise error


class FakeMeter:
    """The port of a meter: slow, refuses to do two things at once, and fails as told."""

    def __init__(self, hardware: MeterHardware | None = None) -> None:
        self.hardware = hardware or MeterHardware()
        self.troubles = Troubles()
        self.signing_s = SIGNING_S
        self.now: Callable[[], datetime] = lambda: NOON
        self.calls: list[str] = []
        self.clock_updates: list[datetime | None] = []
        """What it was told about the latest update of its clock."""
        self.clock_updated_at: datetime | None = None
        self.discarded: tuple[SignedRecord, ...] = ()
        """Begins that it signs in vain on the way."""
        self._busy = False

    def be_silent(self) -> None:
        self.troubles.always("*", LineSilentError("meter on /dev/ttyFAKE: no answer"))

    async def identify(self) -> MeterIdentity:
        await self._do("identify")
        return MeterIdentity(
            "BAUER",
            "BSM-WS36A-H01-1311-0000",
            self.hardware.serial,
            "1.9",
            "1.3",
            self.hardware.key,
            unfit=self.hardware.unfit,
        )

    async def set_time(self, updated_at: datetime | None, *, only_if_unset: bool = False) -> datetime | None:
        await self._do("look_at_clock" if only_if_unset else "set_time")
        self.clock_updates.append(updated_at)
        return self.clock_updated_at or updated_at

    async def start_transaction(self, request: TransactionReq) -> TransactionStartResponse:
        await self._do("start_transaction", seconds=self.signing_s)
        return TransactionStartResponse(record=self.hardware.turn_on(request), discarded=self.discarded)

    async def stop_transaction(self, transaction_id: str) -> TransactionStopResponse:
        await self._do("stop_transaction", seconds=self.signing_s)
        return TransactionStopResponse(record=self.hardware.turn_off())

    async def sign_current(self, transaction_id: str | None) -> SignedRecord:
        await self._do("sign_current", seconds=CURRENT_S)
        return self.hardware.sign_current(transaction_id)

    async def release_output(self) -> None:
        await self._do("release_output")
        self.hardware.output_on = False

    async def read(self) -> Powermeter:
        await self._do("read")
        return Powermeter(
            self.now(),
            Phases(float(self.hardware.energy_wh)),
            power_w=Phases(0.0),
            current_a=Phases(0.0, 0.0, 0.0, 0.0),
            voltage_v=Phases(None, 230.0, 230.0, 230.0),
        )

    async def left_over(self, request: TransactionReq | None) -> LeftOver:
        await self._do("left_over")
        return self.hardware.left_over(request)

    async def _do(self, name: str, *, seconds: float = 0.05) -> None:
        assert not self._busy, f"{name} while the meter was still busy"
        self._busy = True
        try:
            self.calls.append(name)
            await asyncio.sleep(seconds)
            self.troubles.check(name)
        finally:
            self._busy = False


class FakeController:
    """The port of a charge controller; `watch` is called with the name of each method before it does anything."""

    def __init__(self, hardware: ControllerHardware | None = None) -> None:
        self.hardware = hardware or ControllerHardware()
        self.troubles = Troubles()
        self.calls: list[str] = []
        self.watch: Callable[[str], None] = lambda name: None
        self.delay_s = 0.01
        self._busy = False

    def be_silent(self) -> None:
        self.troubles.always("*", LineSilentError("controller on /dev/ttyFAKE: no answer"))

    async def prepare(self) -> None:
        await self._do("prepare")
        self.hardware.offered_amps = 0.0

    async def status(self) -> PilotStatus:
        await self._do("status")
        cable = None if self.hardware.letter is PilotLetter.A else 32
        return PilotStatus(self.hardware.letter, pwm_on=self.hardware.offered_amps > 0, cable_rating_a=cable)

    async def offer(self, limit_amps: float) -> None:
        await self._do("offer")
        self.hardware.offered_amps = limit_amps

    async def withhold(self) -> None:
        await self._do("withhold")
        self.hardware.offered_amps = 0.0

    async def lock(self) -> None:
        await self._do("lock")
        self.hardware.locked = True

    async def unlock(self) -> None:
        await self._do("unlock")
        self.hardware.locked = False

    async def _do(self, name: str) -> None:
        waits = name in ("lock", "unlock")  # for the actuator; other calls may come meanwhile
        assert waits or not self._busy, f"{name} while the controller was still busy"
        self._busy = self._busy or not waits
        try:
            if name != "status":
                self.calls.append(name)
            self.watch(name)
            await asyncio.sleep(self.delay_s)
            self.troubles.check(name)
        finally:
            self._busy = self._busy and waits


@dataclass
class FakeReceipt:
    opened: int = 0
    closed: int = 0
    records: list[SignedRecord] = field(default_factory=list)


class FakeStore:
    """One commit a step, all or nothing; the session goes through its document, as it does on disk."""

    def __init__(self) -> None:
        self._document: str | None = None
        self.reports: list[TransactionReport] = []
        self.alerts: list[Alert] = []
        self.receipts: dict[str, FakeReceipt] = {}

    def load(self) -> Session:
        return from_document(Session, json.loads(self._document)) if self._document else Session(evse_id=1)

    def commit(self, session: Session, effects: Iterable[StoredEffect], *, now: datetime) -> None:
        stored = list(effects)  # whatever interrupts, does so before anything is changed
        self._document = json.dumps(to_document(session))
        for effect in stored:
            match effect:
                case Report(report):
                    self.reports.append(report)
                case Raise(alert):
                    self.alerts.append(alert)
                case OpenReceipt():
                    self.receipts.setdefault(effect.transaction_id, FakeReceipt()).opened += 1
                case KeepRecord():
                    self.receipts[effect.transaction_id].records.append(effect.record)
                case CloseReceipt():
                    self.receipts[effect.transaction_id].closed += 1

    def reopen(self) -> None:
        """Forget what was not committed: nothing, here."""


def reports_in(database: Database) -> list[TransactionReport]:
    """Return the transaction events that wait in the outbox, oldest first."""
    rows = Outbox(database).head(limit=10_000)
    return [from_document(TransactionReport, json.loads(row.body)) for row in rows if row.kind == TRANSACTION_EVENT]


def alerts_in(database: Database) -> list[Alert]:
    """Return the alerts that wait in the outbox, oldest first."""
    rows = Outbox(database).head(limit=10_000)
    return [from_document(Alert, json.loads(row.body)) for row in rows if row.kind == NOTIFY_EVENT]
