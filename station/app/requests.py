"""Builds the blocks that answer the CSMS's requests, and what goes on beside them while the CSMS is there."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from ocpp.v201.enums import CertificateSigningUseEnumType as SigningUse
from ocpp.v201.enums import MessageTriggerEnumType as Wanted

from station.app.connection import Connection
from station.app.ground import Ground, Wishes
from station.core import variables as var
from station.evse import Evse
from station.ocpp.blocks.authorization import Authority
from station.ocpp.blocks.availability import Availability
from station.ocpp.blocks.certificate_management import CertificateManagement
from station.ocpp.blocks.certificate_status import CertificateStatus
from station.ocpp.blocks.certificates import Certificates, SigningRules
from station.ocpp.blocks.change_availability import ChangeAvailability
from station.ocpp.blocks.customer_information import CustomerInformation
from station.ocpp.blocks.data_transfer import DataTransfer
from station.ocpp.blocks.meter_values import MeterValues
from station.ocpp.blocks.remote_control import RemoteControl
from station.ocpp.blocks.reports import Reports
from station.ocpp.blocks.reset import Reset
from station.ocpp.blocks.security import Security
from station.ocpp.blocks.transaction_status import TransactionStatus
from station.ocpp.blocks.transactions import Transactions
from station.ocpp.blocks.trigger import Trigger
from station.ocpp.blocks.unlock import Unlock
from station.ocpp.blocks.variables import Variables
from station.ocpp.heartbeat import Heartbeat
from station.ocpp.idle_statuses import IdleStatuses
from station.ocpp.registration import Registration
from station.ocpp.session import RpcSession
from station.storage.availability import OutOfService
from station.storage.customers import Customers
from station.storage.facts import Facts
from station.storage.ocsp import OcspResponses
from station.storage.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Senders:
    """What sends messages on its own, and can be asked to by the CSMS."""

    registration: Registration
    heartbeat: Heartbeat
    availability: Availability
    transactions: Transactions
    values: MeterValues


class Requests:
    """`blocks` for the router, `routines` by name for as long as the CSMS accepts this station."""

    def __init__(
        self,
        ground: Ground,
        evses: Mapping[int, Evse],
        wishes: Wishes,
        *,
        session: RpcSession,
        security: Security,
        connection: Connection,
        senders: Senders,
        authority: Authority,
        is_queued: Callable[[str | None], bool],
        all_told: Callable[[], Awaitable[None]],
    ) -> None:
        self._ground, self._evses, self._wishes = ground, evses, wishes
        self._session, self._security, self._connection = session, security, connection
        self._certificates = self._build_certificates()
        status = CertificateStatus(
            connection.keys, session, responses=OcspResponses(ground.database), now=ground.clock.now
        )
        self.reset = self._build_reset(all_told)
        self.blocks: tuple[object, ...] = (
            self.reset,
            self._build_remote_control(authority, senders.registration),
            self._build_trigger(senders),
            self._build_certificate_management(),
            self._certificates,
            connection.profiles,
            *self._build_device_model(),
            TransactionStatus(evses, is_queued=is_queued),
            self._build_unlock(),
            ChangeAvailability(evses, OutOfService(ground.database)),
            *self._build_vendors_and_customers(senders.registration),
        )
        self.routines: dict[str, Callable[[], Awaitable[None]]] = {
            "certificates": self._certificates.serve,
            "certificate-status": status.serve,
        }
        self._look_at_chains = status.look

    def _build_reset(self, all_told: Callable[[], Awaitable[None]]) -> Reset:
        return Reset(
            self._evses,
            all_told=all_told,
            restart=self._wishes.restart,
            retries=lambda: self._ground.model[var.RESET_RETRIES],
            spawn=self._wishes.spawn,
        )

    def _build_remote_control(self, authority: Authority, registration: Registration) -> RemoteControl:
        return RemoteControl(
            self._evses,
            admit=authority.admit,
            barred=authority.barred,
            must_authorize=lambda: self._ground.model[var.AUTHORIZE_REMOTE_START],
            accepted=lambda: registration.accepted,
            spawn=self._wishes.spawn,
        )

    def _build_unlock(self) -> Unlock:
        fixed = frozenset(evse.id for evse in self._ground.settings.evses if evse.controller.fixed_cable)
        return Unlock(self._evses, fixed_cables=fixed)

    def _build_trigger(self, senders: Senders) -> Trigger:
        idle = IdleStatuses(self._session)
        sources = {
            Wanted.boot_notification: senders.registration.triggered,
            Wanted.heartbeat: senders.heartbeat.triggered,
            Wanted.status_notification: senders.availability.triggered,
            Wanted.transaction_event: senders.transactions.triggered,
            Wanted.meter_values: senders.values.triggered,
            Wanted.log_status_notification: idle.log_status,
            Wanted.firmware_status_notification: idle.firmware_status,
            Wanted.sign_charging_station_certificate: self._certificates.triggered(
                SigningUse.charging_station_certificate
            ),
            Wanted.sign_v2g_certificate: self._certificates.triggered(SigningUse.v2g_certificate),
        }
        return Trigger(sources, spawn=self._wishes.spawn)

    def _build_certificates(self) -> Certificates:
        model, settings = self._ground.model, self._ground.settings
        return Certificates(
            self._connection.keys,
            self._session,
            facts=Facts(self._ground.database),
            rules=lambda: SigningRules(
                common_name=settings.station.serial_number or settings.station.identity,
                organization=model[var.ORGANIZATION_NAME],
                wait_minimum_s=model[var.CERT_SIGNING_WAIT_MINIMUM],
                repeat_times=model[var.CERT_SIGNING_REPEAT_TIMES],
                longest_chain=model[var.MAX_CERTIFICATE_CHAIN_SIZE],
            ),
            key_kind=settings.security.client_key,
            notify=self._security.notify,
            switch_over=self._switch_over,
            now=self._ground.clock.now,
        )

    def _switch_over(self, use: SigningUse) -> None:
        """A02.FR.08: what the CSMS is shown is shown at once; what vehicles are shown is asked about (M06)."""
        if use is SigningUse.charging_station_certificate:
            self._connection.network.reconnect("a new certificate came")
        else:
            self._look_at_chains()

    def _build_certificate_management(self) -> CertificateManagement:
        return CertificateManagement(
            self._connection.keys,
            most=var.MOST_CERTIFICATES,
            security_profile=lambda: self._ground.model[var.SECURITY_PROFILE],
            notify=self._security.notify,
            now=self._ground.clock.now,
        )

    def _build_device_model(self) -> tuple[object, ...]:
        model = self._ground.model
        return Variables(model), Reports(model, self._session, now=self._ground.clock.now, spawn=self._wishes.spawn)

    def _build_vendors_and_customers(self, registration: Registration) -> tuple[object, ...]:
        model, database = self._ground.model, self._ground.database
        transfer = DataTransfer(
            self._session,
            vendors=self._ground.settings.vendors,
            enabled=lambda vendor: model[var.custom_implementation_enabled(vendor)],
        )
        customers = CustomerInformation(
            self._session,
            cache=Tokens(database),
            customers=Customers(database),
            now=self._ground.clock.now,
            spawn=self._wishes.spawn,
            accepted=lambda: registration.accepted,
        )
        return transfer, customers
