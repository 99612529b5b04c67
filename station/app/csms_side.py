"""Builds what talks to the CSMS, and connects it with what charges."""

from collections.abc import Mapping

import structlog
from ocpp.v201.datatypes import ChargingStationType
from ocpp.v201.enums import BootReasonEnumType

from station import __version__
from station.app.connection import build_connection
from station.app.drivers import Drivers
from station.app.ground import Ground, Wishes
from station.app.metering import build_aligned, build_meter_values
from station.app.requests import Requests, Senders
from station.core import variables as var
from station.evse import Evse
from station.ocpp.blocks.availability import Availability
from station.ocpp.blocks.diagnostics import Diagnostics
from station.ocpp.blocks.security import Security
from station.ocpp.blocks.transactions import Ears, Transactions
from station.ocpp.heartbeat import Heartbeat
from station.ocpp.outbox import Attempts, OutboxSender, Postman
from station.ocpp.registration import Registration
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.ocpp.thinning import Thinning
from station.ocpp.uplink import Uplink
from station.settings import Settings
from station.storage.journal import NOTIFY_EVENT, TRANSACTION_EVENT
from station.storage.outbox import Outbox
from station.storage.receipts import Receipts
from station.storage.security_log import SecurityLog
from station.watch_resources import is_flash_low

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
        self.drivers = Drivers(ground, evses, self.session, online=lambda: self.online, closed=self.closed)
        self._heartbeat = self._build_heartbeat()
        self._transactions = self._build_transactions()
        self._sender = self._build_sender(outbox)
        self.thinning = self._build_thinning(outbox)
        self._availability = self._build_availability()
        self._values = build_meter_values(ground, evses, self.session)
        self.aligned = build_aligned(ground, evses, self._values, online=lambda: self.online)
        requests = self._build_requests()
        self.soft_reset = requests.reset.soft
        router.add(*requests.blocks, *self.drivers.blocks)
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
            on_frame=self._wishes.on_frame,
        )

    def _build_registration(self, boot_reason: BootReasonEnumType) -> Registration:
        return Registration(
            self.session,
            station=description(self._ground.settings),
            reason=boot_reason,
            set_time=self._ground.clock.follow,
            on_accepted=self.accepted,
        )

    def _build_heartbeat(self) -> Heartbeat:
        model = self._ground.model
        heartbeat = Heartbeat(
            self.session, interval_s=lambda: model[var.HEARTBEAT_INTERVAL], set_time=self._ground.clock.follow
        )
        model.on_set(var.HEARTBEAT_INTERVAL, lambda _: heartbeat.retime())
        return heartbeat

    def _build_transactions(self) -> Transactions:
        ears = Ears(
            learn=self.drivers.known.learn,
            delivered=self._wishes.delivered,
            told_plain=self._wishes.told_plain,
            told=self.drivers.told,
            costs=self.drivers.costs.told,
        )
        return Transactions(self._evses, ears, token_of=Receipts(self._ground.database).token_of)

    def _build_thinning(self, outbox: Outbox) -> Thinning:
        folder = self._ground.settings.station.state_dir
        return Thinning(
            outbox,
            online=lambda: self.online,
            storage_low=lambda: is_flash_low(folder),
            in_flight=lambda: self._sender.in_flight,
        )

    def _build_availability(self) -> Availability:
        model, news = self._ground.model, self._ground.news
        model.on_set(var.MINIMUM_STATUS_DURATION, lambda _: news.set())
        return Availability(
            self._evses,
            self.session,
            news=news,
            now=self._ground.clock.now,
            minimum_duration_s=lambda: model[var.MINIMUM_STATUS_DURATION],
        )

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
            senders=Senders(self.registration, self._heartbeat, self._availability, self._transactions, self._values),
            authority=self.drivers.authority,
            is_queued=self._sender.is_queued,
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


def description(settings: Settings) -> ChargingStationType:
    """Return what BootNotification says about the station."""
    station = settings.station
    return ChargingStationType(
        vendor_name=station.vendor_name,
        model=station.model,
        serial_number=station.serial_number,
        firmware_version=__version__,
    )
