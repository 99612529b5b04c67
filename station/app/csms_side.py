"""Builds what talks to the CSMS, and connects it with what charges."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from ocpp.v201.datatypes import ChargingStationType
from ocpp.v201.enums import BootReasonEnumType

from station import __version__
from station.clock import StationClock
from station.core import variables as var
from station.core.authorization import Rules
from station.core.device_model import DeviceModel
from station.evse import Evse
from station.hardware.serial_reader import SerialLineReader
from station.ocpp.backoff import BackOff
from station.ocpp.blocks.authorization import Authorization
from station.ocpp.blocks.availability import Availability
from station.ocpp.blocks.diagnostics import Diagnostics
from station.ocpp.blocks.provisioning import Provisioning
from station.ocpp.blocks.remote_control import RemoteControl
from station.ocpp.blocks.security import Security
from station.ocpp.blocks.transactions import Transactions
from station.ocpp.link import Endpoint, Link
from station.ocpp.outbox import Attempts, OutboxSender, Postman
from station.ocpp.registration import Registration
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.ocpp.spawn import Spawn
from station.ocpp.token_cache import TokenCache
from station.ocpp.uplink import Uplink
from station.settings import ReaderSettings, Settings
from station.storage.database import Database
from station.storage.journal import NOTIFY_EVENT, TRANSACTION_EVENT
from station.storage.outbox import Outbox
from station.storage.tokens import Tokens

log = structlog.get_logger("station.app")


@dataclass(frozen=True, slots=True)
class Ground:
    """What both sides of the station stand on."""

    settings: Settings
    database: Database
    model: DeviceModel
    clock: StationClock
    mail: asyncio.Event
    """Set when something was put into the outbox."""
    news: asyncio.Event
    """Set when the status of a connector changed."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the CSMS side asks of the station as a whole."""

    spawn: Spawn
    restart: Callable[[BootReasonEnumType], None]
    delivered: Callable[[bytes], None]
    """The CSMS has this record."""


class CsmsSide:
    """Everything between the EVSEs and the CSMS."""

    def __init__(
        self, ground: Ground, evses: Mapping[int, Evse], wishes: Wishes, *, boot_reason: BootReasonEnumType
    ) -> None:
        self._ground = ground
        model, now = ground.model, ground.clock.now
        outbox = Outbox(ground.database)
        self.security = Security(outbox, now=now, ring=ground.mail.set)
        cache = TokenCache(
            Tokens(ground.database),
            enabled=lambda: model[var.AUTH_CACHE_ENABLED],
            life_time_s=lambda: model[var.AUTH_CACHE_LIFE_TIME],
            now=now,
        )
        router = Router()
        session = RpcSession(
            router,
            timeout_s=lambda: model[var.MESSAGE_TIMEOUT],
            outgoing_gate=lambda action: self.registration.permit_outgoing(action),
            incoming_gate=lambda action: self.registration.refuse_incoming(action),
            on_invalid=self.security.invalid_message,
        )
        self.registration = Registration(
            session,
            station=description(ground.settings),
            reason=boot_reason,
            set_time=self.set_time,
            on_accepted=self.accepted,
        )
        self._authorization = Authorization(
            evses,
            session,
            cache=cache,
            rules=lambda: rules(model),
            online=lambda: self.online,
            closed=self.closed,
        )
        provisioning = Provisioning(
            evses,
            session,
            heartbeat_interval_s=lambda: model[var.HEARTBEAT_INTERVAL],
            set_time=self.set_time,
            all_told=lambda: sender.wait_empty(),
            restart=wishes.restart,
            spawn=wishes.spawn,
        )
        remote_control = RemoteControl(
            evses,
            admit=self._authorization.admit,
            must_authorize=lambda: model[var.AUTHORIZE_REMOTE_START],
            accepted=lambda: self.registration.accepted,
            spawn=wishes.spawn,
        )
        router.add(provisioning, remote_control)
        postmen: dict[str, Postman] = {
            TRANSACTION_EVENT: Transactions(evses, learn=cache.learn, delivered=wishes.delivered),
            NOTIFY_EVENT: Diagnostics(now=now),
            Security.action: self.security,
        }
        sender = OutboxSender(
            outbox,
            session,
            postmen=postmen,
            attempts=lambda: Attempts(model[var.MESSAGE_ATTEMPTS], model[var.MESSAGE_ATTEMPT_INTERVAL]),
            mail=ground.mail,
            now=now,
        )
        self.link = self._build_link()
        self._uplink = Uplink(
            self.link,
            session,
            registration=self.registration,
            outbox=sender,
            availability=Availability(evses, session, news=ground.news, now=now),
            provisioning=provisioning,
            security=self.security,
            offline_threshold_s=lambda: model[var.OFFLINE_THRESHOLD],
        )

    @property
    def online(self) -> bool:
        """Messages can be delivered now."""
        return self._uplink.online

    async def run(self) -> None:
        """Keep talking to the CSMS for ever."""
        await self._uplink.run()

    async def serve(self, reader: ReaderSettings) -> None:
        """Take the cards of a reader for ever."""
        device = SerialLineReader(reader.port, reader.baud_rate, name=reader.name)
        await self._authorization.serve(device, reader.evses)

    def accepted(self, interval_s: int) -> None:
        """Take the heartbeat interval that the CSMS gave with its acceptance."""
        if interval_s > 0:
            self._ground.model.update(var.HEARTBEAT_INTERVAL, interval_s)  # B01.FR.04

    def set_time(self, csms_time: datetime) -> None:
        """B01.FR.06, G02.FR.06: the CSMS's time counts if TimeSource says so."""
        if "Heartbeat" in self._ground.model[var.TIME_SOURCE]:
            self._ground.clock.follow(csms_time)

    def closed(self) -> str | None:
        """B02.FR.03, B03.FR.01: nobody is admitted while the CSMS has answered, but not accepted this station."""
        if self.registration.refused_for_now and not self._ground.model[var.TX_BEFORE_ACCEPTED_ENABLED]:
            return f"the CSMS answered {self.registration.status}"
        return None

    def _build_link(self) -> Link:
        model, csms = self._ground.model, self._ground.settings.csms
        return Link(
            Endpoint(
                url=csms.url,
                identity=self._ground.settings.station.identity,
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


def rules(model: DeviceModel) -> Rules:
    """Return the rules of authorization as the variables have them now."""
    return Rules(
        enabled=model[var.AUTH_ENABLED],
        local_pre_authorize=model[var.LOCAL_PRE_AUTHORIZE],
        local_authorize_offline=model[var.LOCAL_AUTHORIZE_OFFLINE],
        offline_unknown=model[var.OFFLINE_TX_FOR_UNKNOWN_ID_ENABLED],
        remote_authorization=not model[var.DISABLE_REMOTE_AUTHORIZATION],
        post_authorize=not model[var.AUTH_CACHE_DISABLE_POST_AUTHORIZE],
    )


def description(settings: Settings) -> ChargingStationType:
    """Return what BootNotification says about the station."""
    station = settings.station
    return ChargingStationType(
        vendor_name=station.vendor_name,
        model=station.model,
        serial_number=station.serial_number,
        firmware_version=__version__,
    )
