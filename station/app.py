"""The composition root: builds the station from its settings and runs it. The only file that knows all parts."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from ocpp.v201.datatypes import ChargingStationType
from ocpp.v201.enums import BootReasonEnumType

from station import __version__
from station.clock import StationClock, SystemClock
from station.core import variables as var
from station.core.authorization import Rules
from station.core.device_model import DeviceModel, EvseFacts, rows_for
from station.core.events import StopCause, StopRequested
from station.core.metadata import fill
from station.core.policy import Policy
from station.evse import Evse, Surroundings
from station.hardware.phoenix import PhoenixEvCc
from station.hardware.serial_reader import SerialLineReader
from station.meter.bsm import BsmMeter
from station.meter.bus import Line
from station.meter.keys import oca_public_key
from station.ocpp.backoff import BackOff
from station.ocpp.blocks.authorization import Authorization
from station.ocpp.blocks.availability import Availability
from station.ocpp.blocks.diagnostics import Diagnostics
from station.ocpp.blocks.provisioning import Provisioning
from station.ocpp.blocks.remote_control import RemoteControl
from station.ocpp.blocks.security import RESET, STARTUP, Security
from station.ocpp.blocks.transactions import Transactions
from station.ocpp.link import Endpoint, Link
from station.ocpp.outbox import Attempts, OutboxSender, Postman
from station.ocpp.registration import Registration
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.ocpp.token_cache import TokenCache
from station.ocpp.uplink import Uplink
from station.settings import EvseSettings, ReaderSettings, Settings
from station.storage.database import Database
from station.storage.journal import NOTIFY_EVENT, TRANSACTION_EVENT, Journal
from station.storage.meters import Meters
from station.storage.outbox import Outbox
from station.storage.receipts import Receipts
from station.storage.tokens import Tokens
from station.storage.variables import Variables
from station.supervisor import supervise

SYSTEM_ZONE = "system"
WIND_DOWN_S = 25.0
"""How long a stop waits for signed ends; a turn-off snapshot takes up to 8 s, and may be tried again."""

GIVE_UP_AFTER = 5
PRUNE_EVERY_S = 3600.0

log = structlog.get_logger("station.app")


class Outcome(StrEnum):
    """Why `Station.run` returned."""

    STOPPED = "stopped"
    RESTART = "restart"


class Station:
    """All parts of a station, wired; made anew for each run."""

    def __init__(self, settings: Settings, database: Database, *, boot_reason: BootReasonEnumType) -> None:
        self._settings = settings
        self._clock = StationClock(SystemClock(trusted=settings.station.trust_clock))
        self._mail, self._news, self._ending = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self.restart_reason: BootReasonEnumType | None = None
        self._boot_reason = boot_reason
        self._outbox = Outbox(database)
        self._model = _model(settings, database)
        self._lines = {line.name: Line(line.port, baud=line.baud_rate, parity=line.parity) for line in settings.lines}
        self._receipts = Receipts(database)
        self._evses = self._build_evses(Journal(database), Meters(database))
        self._tell_facts()
        self._build_ocpp(database)
        self._tell_aside(database)

    async def run(self) -> Outcome:
        """Charge until told to stop or to restart; what runs then is ended and signed first."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                for line in self._lines.values():
                    line.open()
                running = [
                    tasks.create_task(supervise(name, run, give_up_after=limit), name=name)
                    for name, run, limit in self._components()
                ]
                log.info("station_started", version=__version__, evses=len(self._evses))
                await self._ending.wait()
                await self._wind_down()
                for task in (*running, *self._errands):
                    task.cancel()
        finally:
            for name, line in self._lines.items():
                line.close()
                log.info("line_closed", line=name, **asdict(line.counters))
        log.info("station_stopped", restart=self.restart_reason is not None)
        return Outcome.RESTART if self.restart_reason else Outcome.STOPPED

    def _components(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]], int | None]]:
        """Yield what runs: name, how, and after how many crashes in a row the whole station starts anew."""
        for evse in self._evses.values():
            yield f"evse-{evse.evse_id}", evse.run, GIVE_UP_AFTER
        for reader in self._settings.readers:
            # A card reader that is gone must not stop those who charge.
            yield f"reader-{reader.name}", partial(self._serve, reader), None
        yield "uplink", self._uplink.run, GIVE_UP_AFTER
        if keep_days := self._settings.receipts.keep_days:
            yield "receipts", partial(self._prune_receipts, timedelta(days=keep_days)), None

    def evse(self, evse_id: int) -> Evse:
        """Return an EVSE, to look at."""
        return self._evses[evse_id]

    def stop(self) -> None:
        """End in good order; called by a signal."""
        self._ending.set()

    # Building

    def _build_evses(self, journal: Journal, meters: Meters) -> dict[int, Evse]:
        around = Surroundings(
            journal,
            meters,
            now=self._clock.now,
            online=lambda: self._uplink.online,
            mail=self._mail,
            news=self._news,
        )
        metadata = partial(fill, self._settings.metadata, version=__version__)
        return {
            evse.id: Evse(
                evse.id,
                meter=BsmMeter(
                    self._lines[evse.meter.line].device(evse.meter.unit),
                    name=f"meter of EVSE {evse.id}",
                    clock=self._clock,
                    metadata=metadata,
                    switching=evse.meter.switching,
                    require_time=evse.meter.require_time,
                    zone=None if evse.meter.timezone == SYSTEM_ZONE else ZoneInfo(evse.meter.timezone),
                ),
                controller=PhoenixEvCc(
                    self._lines[evse.controller.line].device(evse.controller.unit, urgent=True),
                    name=f"controller of EVSE {evse.id}",
                    fixed_cable=evse.controller.fixed_cable,
                ),
                policy=partial(_policy, evse, self._model),
                around=around,
                meter_key=evse.meter.public_key,
            )
            for evse in self._settings.evses
        }

    def _tell_facts(self) -> None:
        """Let the device model say what only the station knows."""
        model, settings = self._model, self._settings
        model.update(var.IDENTITY, settings.station.identity)
        model.update(var.SECURITY_PROFILE, settings.csms.security_profile)
        model.read_from(var.DATE_TIME, self._clock.now)
        for evse in self._evses.values():
            model.read_from(var.FISCAL_PUBLIC_KEY.at(evse.evse_id), partial(_public_key, evse))

    def _build_ocpp(self, database: Database) -> None:
        model, now = self._model, self._clock.now
        self._security = Security(self._outbox, now=now, ring=self._mail.set)
        cache = TokenCache(
            Tokens(database),
            enabled=lambda: model[var.AUTH_CACHE_ENABLED],
            life_time_s=lambda: model[var.AUTH_CACHE_LIFE_TIME],
            now=now,
        )
        router = Router()
        session = RpcSession(
            router,
            timeout_s=lambda: model[var.MESSAGE_TIMEOUT],
            outgoing_gate=lambda action: self._registration.permit_outgoing(action),
            incoming_gate=lambda action: self._registration.refuse_incoming(action),
            on_invalid=self._security.invalid_message,
        )
        self._registration = Registration(
            session,
            station=_description(self._settings),
            reason=self._boot_reason,
            set_time=self._set_time,
            on_accepted=self._accepted,
        )
        self._authorization = Authorization(
            self._evses,
            session,
            cache=cache,
            rules=lambda: _rules(model),
            online=lambda: self._uplink.online,
            closed=self._closed,
        )
        provisioning = Provisioning(
            self._evses,
            session,
            heartbeat_interval_s=lambda: model[var.HEARTBEAT_INTERVAL],
            set_time=self._set_time,
            all_told=lambda: self._sender.wait_empty(),
            restart=self._restart,
            spawn=self._spawn,
        )
        remote_control = RemoteControl(
            self._evses,
            admit=self._authorization.admit,
            must_authorize=lambda: model[var.AUTHORIZE_REMOTE_START],
            accepted=lambda: self._registration.accepted,
            spawn=self._spawn,
        )
        router.add(provisioning, remote_control)
        postmen: dict[str, Postman] = {
            TRANSACTION_EVENT: Transactions(self._evses, learn=cache.learn, delivered=self._delivered),
            NOTIFY_EVENT: Diagnostics(now=now),
            Security.action: self._security,
        }
        self._sender = OutboxSender(
            self._outbox,
            session,
            postmen=postmen,
            attempts=lambda: Attempts(model[var.MESSAGE_ATTEMPTS], model[var.MESSAGE_ATTEMPT_INTERVAL]),
            mail=self._mail,
            now=now,
        )
        self._uplink = Uplink(
            self._build_link(),
            session,
            registration=self._registration,
            outbox=self._sender,
            availability=Availability(self._evses, session, news=self._news, now=now),
            provisioning=provisioning,
            security=self._security,
            offline_threshold_s=lambda: model[var.OFFLINE_THRESHOLD],
        )

    def _build_link(self) -> Link:
        model, csms = self._model, self._settings.csms
        return Link(
            Endpoint(
                url=csms.url,
                identity=self._settings.station.identity,
                password=model[var.BASIC_AUTH_PASSWORD] if csms.password else None,
                compression=csms.compression,
            ),
            back_off=lambda: BackOff(
                model[var.RETRY_BACK_OFF_WAIT_MINIMUM],
                model[var.RETRY_BACK_OFF_RANDOM_RANGE],
                model[var.RETRY_BACK_OFF_REPEAT_TIMES],
            ),
            ping_interval_s=lambda: model[var.WEB_SOCKET_PING_INTERVAL],
            random=random.SystemRandom().random,
        )

    def _tell_aside(self, database: Database) -> None:
        if database.set_aside is not None:
            log.error("database_was_corrupt", kept_as=str(database.set_aside))
        if self._model.ignored:
            log.warning("stored_variables_ignored", variables=[str(address) for address in self._model.ignored])
        reset = self._boot_reason in (BootReasonEnumType.remote_reset, BootReasonEnumType.scheduled_reset)
        aside = f"; a corrupt database was kept as {database.set_aside.name}" if database.set_aside else ""
        self._security.notify(RESET if reset else STARTUP, self._boot_reason.value + aside)

    # Running

    async def _serve(self, reader: ReaderSettings) -> None:
        device = SerialLineReader(reader.port, reader.baud_rate, name=reader.name)
        await self._authorization.serve(device, reader.evses)

    async def _prune_receipts(self, age: timedelta) -> None:
        while True:
            await asyncio.sleep(PRUNE_EVERY_S)
            if not self._clock.synchronised():
                continue  # a clock that runs ahead would make everything old
            while count := self._receipts.prune(self._clock.now() - age):
                log.info("receipts_deleted", sessions=count)
                await asyncio.sleep(0)

    def _delivered(self, ocmf: bytes) -> None:
        self._receipts.mark_sent(ocmf, self._clock.now())

    def _spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        assert self._tasks is not None
        errand = self._tasks.create_task(_survived(name, work), name=name)
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    def _accepted(self, interval_s: int) -> None:
        if interval_s > 0:
            self._model.update(var.HEARTBEAT_INTERVAL, interval_s)  # B01.FR.04

    def _set_time(self, csms_time: datetime) -> None:
        """B01.FR.06, G02.FR.06: the CSMS's time counts if TimeSource says so."""
        if "Heartbeat" in self._model[var.TIME_SOURCE]:
            self._clock.follow(csms_time)

    def _closed(self) -> str | None:
        """B02.FR.03, B03.FR.01: nobody is admitted while the CSMS has answered, but not accepted this station."""
        if self._registration.refused_for_now and not self._model[var.TX_BEFORE_ACCEPTED_ENABLED]:
            return f"the CSMS answered {self._registration.status}"
        return None

    def _restart(self, reason: BootReasonEnumType) -> None:
        self.restart_reason = reason
        self._ending.set()

    async def _wind_down(self) -> None:
        for evse in self._evses.values():
            evse.post(StopRequested(StopCause.SHUTDOWN))
        try:
            async with asyncio.timeout(WIND_DOWN_S):
                for evse in self._evses.values():
                    await evse.wait_idle()
        except TimeoutError:
            log.warning("stop_did_not_wait_longer", seconds=WIND_DOWN_S)


def _model(settings: Settings, database: Database) -> DeviceModel:
    variables = Variables(database)
    facts = [
        EvseFacts(evse.id, evse.phases, evse.max_current_a, evse.connector, evse.controller.fixed_cable)
        for evse in settings.evses
    ]
    presets = dict(settings.variables)
    if settings.csms.password is not None:
        presets[var.BASIC_AUTH_PASSWORD.address] = settings.csms.password.reveal()
    return DeviceModel(rows_for(facts), stored=variables.all(), presets=presets, save=variables.save)


def _public_key(evse: Evse) -> str:
    return oca_public_key(evse.identity.public_key) if evse.identity else ""


def _policy(evse: EvseSettings, model: DeviceModel) -> Policy:
    started, updated, ended = (
        model[var.TX_STARTED_MEASURANDS],
        model[var.TX_UPDATED_MEASURANDS],
        model[var.TX_ENDED_MEASURANDS],
    )
    return Policy(
        evse_id=evse.id,
        evse_name=evse.name,
        max_current_amps=evse.max_current_a,
        start_points=model[var.TX_START_POINT],
        ev_connection_timeout_s=model[var.EV_CONNECTION_TIME_OUT],
        updated_interval_s=model[var.TX_UPDATED_INTERVAL],
        started_measurands=tuple(sorted(started)),
        updated_measurands=tuple(sorted(updated)),
        ended_measurands=tuple(sorted(ended)),
        sign_readings=model[var.SIGN_READINGS],
        sign_started_readings=model[var.SIGN_STARTED_READINGS],
        key_policy=model[var.PUBLIC_KEY_WITH_SIGNED_METER_VALUE],
        stop_on_invalid_id=model[var.STOP_TX_ON_INVALID_ID],
    )


def _rules(model: DeviceModel) -> Rules:
    return Rules(
        enabled=model[var.AUTH_ENABLED],
        local_pre_authorize=model[var.LOCAL_PRE_AUTHORIZE],
        local_authorize_offline=model[var.LOCAL_AUTHORIZE_OFFLINE],
        offline_unknown=model[var.OFFLINE_TX_FOR_UNKNOWN_ID_ENABLED],
        remote_authorization=not model[var.DISABLE_REMOTE_AUTHORIZATION],
        post_authorize=not model[var.AUTH_CACHE_DISABLE_POST_AUTHORIZE],
    )


def _description(settings: Settings) -> ChargingStationType:
    station = settings.station
    return ChargingStationType(
        vendor_name=station.vendor_name,
        model=station.model,
        serial_number=station.serial_number,
        firmware_version=__version__,
    )


async def _survived(name: str, work: Coroutine[Any, Any, None]) -> None:
    """Do what the CSMS asked for; if it fails, the station goes on."""
    try:
        await work
    except Exception:
        log.exception("errand_failed", errand=name)
