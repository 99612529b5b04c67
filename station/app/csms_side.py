"""Builds what talks to the CSMS, and connects it with what charges."""

from collections.abc import Mapping

import structlog
from ocpp.v201.datatypes import ChargingStationType
from ocpp.v201.enums import BootReasonEnumType

from station import __version__
from station.app.connection import build_connection
from station.app.ground import Ground, Wishes
from station.app.requests import Requests, Senders
from station.core import variables as var
from station.core.authorization import Rules
from station.core.device_model import DeviceModel
from station.evse import Evse
from station.hardware.serial_reader import SerialLineReader
from station.ocpp.blocks.authorization import Authorization
from station.ocpp.blocks.availability import Availability
from station.ocpp.blocks.diagnostics import Diagnostics
from station.ocpp.blocks.security import Security
from station.ocpp.blocks.transactions import Transactions
from station.ocpp.heartbeat import Heartbeat
from station.ocpp.outbox import Attempts, OutboxSender, Postman
from station.ocpp.registration import Registration
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.ocpp.token_cache import TokenCache
from station.ocpp.uplink import Uplink
from station.settings import ReaderSettings, Settings
from station.storage.journal import NOTIFY_EVENT, TRANSACTION_EVENT
from station.storage.outbox import Outbox
from station.storage.security_log import SecurityLog
from station.storage.tokens import Tokens

log = structlog.get_logger("station.app")


class CsmsSide:
    """Everything between the EVSEs and the CSMS."""

    def __init__(
        self, ground: Ground, evses: Mapping[int, Evse], wishes: Wishes, *, boot_reason: BootReasonEnumType
    ) -> None:
        self._ground, self._evses, self._wishes = ground, evses, wishes
        now = ground.clock.now
        outbox = Outbox(ground.database)
        self.security = Security(
            outbox, SecurityLog(ground.database), now=now, ring=ground.mail.set, online=lambda: self.online
        )
        router = Router()
        self.session = self._build_session(router)
        self.registration = self._build_registration(boot_reason)
        self.connection = build_connection(ground, wishes, security=self.security, registration=self.registration)
        self._cache = self._build_cache()
        self.authorization = self._build_authorization()
        self._heartbeat = self._build_heartbeat()
        self._transactions = Transactions(evses, learn=self._cache.learn, delivered=wishes.delivered)
        self._sender = self._build_sender(outbox)
        self._availability = Availability(evses, self.session, news=ground.news, now=now)
        requests = self._build_requests()
        router.add(*requests.blocks)
        self._uplink = self._build_uplink(requests)
        if given_up := outbox.dead_count():
            log.warning("dead_letters_kept", count=given_up, remedy="station letters list")

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
        await self.authorization.serve(device, reader.evses)

    def accepted(self, interval_s: int) -> None:
        """Take the heartbeat interval that the CSMS gave with its acceptance."""
        if interval_s > 0:
            self._ground.model.update(var.HEARTBEAT_INTERVAL, interval_s)  # B01.FR.04

    def closed(self) -> str | None:
        """B02.FR.03, B03.FR.01: nobody is admitted while the CSMS has answered, but not accepted this station."""
        if self.registration.refused_for_now and not self._ground.model[var.TX_BEFORE_ACCEPTED_ENABLED]:
            return f"the CSMS answered {self.registration.status}"
        return None

    def _before_call(self, action: str) -> None:
        self.registration.permit_outgoing(action)
        self._heartbeat.spoken()

    def _build_session(self, router: Router) -> RpcSession:
        return RpcSession(
            router,
            timeout_s=lambda: self._ground.model[var.MESSAGE_TIMEOUT],
            outgoing_gate=self._before_call,
            incoming_gate=lambda action: self.registration.refuse_incoming(action),
            on_invalid=self.security.invalid_message,
            on_replayed=self.security.replayed_message,
            lenient=self._ground.settings.csms.lenient,
        )

    def _build_registration(self, boot_reason: BootReasonEnumType) -> Registration:
        return Registration(
            self.session,
            station=description(self._ground.settings),
            reason=boot_reason,
            set_time=self._ground.clock.follow,
            on_accepted=self.accepted,
        )

    def _build_cache(self) -> TokenCache:
        model = self._ground.model
        return TokenCache(
            Tokens(self._ground.database),
            enabled=lambda: model[var.AUTH_CACHE_ENABLED],
            life_time_s=lambda: model[var.AUTH_CACHE_LIFE_TIME],
            now=self._ground.clock.now,
        )

    def _build_authorization(self) -> Authorization:
        return Authorization(
            self._evses,
            self.session,
            cache=self._cache,
            rules=lambda: rules(self._ground.model),
            online=lambda: self.online,
            closed=self.closed,
        )

    def _build_heartbeat(self) -> Heartbeat:
        model = self._ground.model
        heartbeat = Heartbeat(
            self.session, interval_s=lambda: model[var.HEARTBEAT_INTERVAL], set_time=self._ground.clock.follow
        )
        model.on_set(var.HEARTBEAT_INTERVAL, lambda _: heartbeat.retime())
        return heartbeat

    def _build_sender(self, outbox: Outbox) -> OutboxSender:
        model, now = self._ground.model, self._ground.clock.now
        postmen: dict[str, Postman] = {
            TRANSACTION_EVENT: self._transactions,
            NOTIFY_EVENT: Diagnostics(now=now),
            Security.action: self.security,
        }
        return OutboxSender(
            outbox,
            self.session,
            postmen=postmen,
            attempts=lambda: Attempts(model[var.MESSAGE_ATTEMPTS], model[var.MESSAGE_ATTEMPT_INTERVAL]),
            mail=self._ground.mail,
            now=now,
            on_silent=lambda: self.connection.link.drop("the CSMS answers nothing"),
        )

    def _build_requests(self) -> Requests:
        return Requests(
            self._ground,
            self._evses,
            self._wishes,
            session=self.session,
            security=self.security,
            connection=self.connection,
            senders=Senders(self.registration, self._heartbeat, self._availability, self._transactions),
            authorization=self.authorization,
            all_told=lambda: self._uplink.wait_told(),
        )

    def _build_uplink(self, requests: Requests) -> Uplink:
        return Uplink(
            self.connection.link,
            self.session,
            registration=self.registration,
            outbox=self._sender,
            availability=self._availability,
            security=self.security,
            routines={"heartbeat": self._heartbeat.run, **requests.routines},
            offline_threshold_s=lambda: self._ground.model[var.OFFLINE_THRESHOLD],
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
