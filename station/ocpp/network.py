"""Which CSMS is dialled, attempt by attempt, and what an attempt means for those after it (B10, A05, A01)."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from station.core.network import WITH_PASSWORD, Attempt, NetworkProfile, choose
from station.core.security_events import SecurityEvent
from station.errors import StorageError
from station.ocpp.access import Access
from station.ocpp.endpoint import Endpoint
from station.ocpp.failures import Failure, FailureKind
from station.ocpp.slots import Slots
from station.ocpp.spawn import Spawn

ANSWER_S = 1.0
"""How long the answer to the request that changes the password has before the connection is closed."""

EVENTS: Final = {
    FailureKind.CERTIFICATE: SecurityEvent.INVALID_CSMS_CERTIFICATE,  # A00.FR.310, A00.FR.413
    FailureKind.TLS_VERSION: SecurityEvent.INVALID_TLS_VERSION,  # A00.FR.316, A00.FR.419
    FailureKind.TLS_CIPHER_SUITE: SecurityEvent.INVALID_TLS_CIPHER_SUITE,  # A00.FR.323, A00.FR.426
    FailureKind.CREDENTIALS: SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS,
    FailureKind.CLIENT_CERTIFICATE: SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS,
}

log = structlog.get_logger("station.network")


class Events(Protocol):
    """Security events (station.ocpp.blocks.security.Security)."""

    def notify(self, event: SecurityEvent, tech_info: str = "") -> None:
        """Tell of something that happened."""

    def once(self, event: SecurityEvent, tech_info: str = "") -> None:
        """Tell of something that happens with each attempt, once until one succeeds."""


class Network:
    """Chooses the profile of each attempt; the link tells how it went."""

    def __init__(
        self,
        slots: Slots,
        access: Access,
        *,
        attempts: Callable[[], int],
        events: Events,
        on_switched: Callable[[], None],
        drop: Callable[[str], None],
        spawn: Spawn,
    ) -> None:
        """`attempts`: OCPPCommCtrlr.NetworkProfileConnectionAttempts. `on_switched` is called when the connection
        that was made leads elsewhere than the one before (B10.FR.10). `drop` ends the connection, and has the next
        one dialled at once.
        """
        self._slots = slots
        self._access = access
        self._attempts = attempts
        self._events = events
        self._on_switched = on_switched
        self._drop = drop
        self._spawn = spawn
        self._failed = 0
        self._attempt: Attempt | None = None
        self._connected: NetworkProfile | None = None
        self.last_failure: Failure | None = None
        """Why the last attempt led to no connection; None if it led to one, or there was none yet."""

    @property
    def active(self) -> NetworkProfile:
        """The profile in use: of this connection or the last one; before there was any, the one that comes first."""
        return self._connected or self._slots.in_order()[0]

    def endpoint(self) -> Endpoint | Failure:
        """Return where to connect now."""
        self._attempt = choose(
            self._failed, order=self._order(), attempts=self._attempts(), last_good=self._slots.last_good
        )
        return self._access.endpoint(self._attempt)

    def up(self) -> None:
        """The attempt led to a connection."""
        assert self._attempt is not None
        before, profile = self._connected, self._attempt.profile
        self._failed, self._connected, self.last_failure = 0, profile, None
        security_before = self._slots.security_profile
        try:
            self._slots.worked(profile)
            self._access.worked()
        except StorageError as error:
            log.error("network_profile_not_remembered", error=str(error))
        log.info("network_profile_in_use", slot=profile.slot, security_profile=profile.security_profile)
        if security_before != profile.security_profile:
            change = f"security profile {profile.security_profile} instead of {security_before}"
            self._events.notify(SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS, change)
        if before is not None and before != profile:
            self._on_switched()

    def failed(self, failure: Failure) -> None:
        """The attempt led to no connection."""
        assert self._attempt is not None
        self._failed += 1
        self.last_failure = failure
        self._access.failed(failure, known=self._attempt.profile == self._slots.last_good)
        if event := EVENTS.get(failure.kind):
            self._events.once(event, failure.reason)

    def reconnect(self, reason: str) -> None:
        """Connect anew, at once, with what is new: a certificate, or a password."""
        self._failed = 0
        self._access.renewed()
        self._drop(reason)

    def password_changed(self) -> None:
        """The CSMS has set BasicAuthPassword (A01.FR.11): it gets its answer, then the station comes back with it."""
        self._events.notify(SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS, "BasicAuthPassword was changed")
        if self.active.security_profile in WITH_PASSWORD:
            self._spawn("password-change", self._use_new_password())

    async def _use_new_password(self) -> None:
        await asyncio.sleep(ANSWER_S)
        self.reconnect("the password was changed")

    def _order(self) -> list[NetworkProfile]:
        """After a start the list as it is (B10.FR.04); after a loss first where the connection was."""
        order = self._slots.in_order()
        active = self._connected.slot if self._connected is not None else None
        return sorted(order, key=lambda profile: profile.slot != active)
