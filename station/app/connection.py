"""Builds the way to the CSMS: network profiles, passwords and certificates, and the link that uses them."""

import random
from dataclasses import dataclass

from station.app.ground import Ground, Wishes
from station.clock import SystemClock, plausible
from station.core import variables as var
from station.core.network import plain_profile
from station.core.security_events import SecurityEvent
from station.ocpp.access import Access, LineSettings
from station.ocpp.backoff import BackOff
from station.ocpp.blocks.network_profiles import NetworkProfiles
from station.ocpp.blocks.security import Security
from station.ocpp.link import Link
from station.ocpp.network import Network
from station.ocpp.passwords import Passwords
from station.ocpp.registration import Registration
from station.ocpp.slots import OWN_SLOT, Slots
from station.pki.keystore import FOLDER, KeyStore
from station.storage.facts import Facts
from station.storage.network_profiles import NetworkProfiles as StoredProfiles


@dataclass(frozen=True, slots=True)
class Connection:
    """The parts of the way to the CSMS that others need."""

    keys: KeyStore
    network: Network
    link: Link
    profiles: NetworkProfiles


def build_connection(ground: Ground, wishes: Wishes, *, security: Security, registration: Registration) -> Connection:
    """Return the way as settings, variables and what was stored have it; the device model is told of it."""
    keys = _keys(ground, security)
    slots = _slots(ground)
    network = Network(
        slots,
        _access(ground, keys),
        attempts=lambda: ground.model[var.NETWORK_PROFILE_CONNECTION_ATTEMPTS],
        events=security,
        on_switched=registration.announce_again,
        drop=lambda reason: link.drop(reason, at_once=True),
        spawn=wishes.spawn,
    )
    link = _link(ground, network)
    profiles = NetworkProfiles(
        slots,
        slots=var.NETWORK_CONFIGURATION_PRIORITY.type.values,
        downgrade_allowed=lambda: ground.model[var.ALLOW_SECURITY_PROFILE_DOWNGRADE],
        has_root=lambda: keys.has_csms_root() or ground.settings.csms.system_roots,
        has_certificate=keys.has_client,
    )
    connection = Connection(keys, network, link, profiles)
    _tell_model(ground, slots, connection)
    return connection


def _keys(ground: Ground, security: Security) -> KeyStore:
    settings = ground.settings
    keys = KeyStore(
        settings.station.state_dir / FOLDER,
        now=ground.clock.now,
        additional_root_check=settings.security.additional_root_check,
        on_discarded=lambda text: security.notify(SecurityEvent.DISCARDED_RENEWED_CLIENT_CERTIFICATE, text),
    )
    if settings.csms.root_certificate is not None:
        keys.install_root_from_file(settings.csms.root_certificate)
    return keys


def _slots(ground: Ground) -> Slots:
    model, csms = ground.model, ground.settings.csms
    slots = Slots(
        StoredProfiles(ground.database),
        Facts(ground.database),
        priority=lambda: model[var.NETWORK_CONFIGURATION_PRIORITY],
        set_priority=lambda order: model.keep(var.NETWORK_CONFIGURATION_PRIORITY, order),
        downgrade_allowed=lambda: model[var.ALLOW_SECURITY_PROFILE_DOWNGRADE],
    )
    slots.follow(
        plain_profile(
            OWN_SLOT,
            url=csms.url,
            security_profile=csms.security_profile,
            message_timeout_s=model[var.MESSAGE_TIMEOUT],
        )
    )
    return slots


def _access(ground: Ground, keys: KeyStore) -> Access:
    settings, model = ground.settings, ground.model
    csms = settings.csms
    return Access(
        LineSettings(settings.station.identity, csms.compression, csms.proxy, csms.system_roots),
        passwords=Passwords(Facts(ground.database), lambda: model[var.BASIC_AUTH_PASSWORD]),
        keys=keys,
        allow_wildcards=lambda: model[var.ALLOW_CSMS_TLS_WILDCARDS],
    )


def _link(ground: Ground, network: Network) -> Link:
    model = ground.model
    # TLS judges by this computer's clock, whatever the CSMS says the time is.
    system = SystemClock(trusted=ground.settings.station.trust_clock)
    return Link(
        network.endpoint,
        back_off=lambda: BackOff(
            model[var.RETRY_BACK_OFF_WAIT_MINIMUM],
            model[var.RETRY_BACK_OFF_RANDOM_RANGE],
            model[var.RETRY_BACK_OFF_REPEAT_TIMES],
        ),
        ping_interval_s=lambda: model[var.WEB_SOCKET_PING_INTERVAL],
        random=random.SystemRandom().random,
        clock_is_set=lambda: system.synchronised() and plausible(system.now()),
        on_up=network.up,
        on_failed=network.failed,
    )


def _tell_model(ground: Ground, slots: Slots, connection: Connection) -> None:
    model, network = ground.model, connection.network
    model.guard(var.NETWORK_CONFIGURATION_PRIORITY, connection.profiles.check_priority)
    model.on_set(var.BASIC_AUTH_PASSWORD, lambda _: network.password_changed())
    model.on_set(var.WEB_SOCKET_PING_INTERVAL, lambda _: connection.link.ping_anew())
    model.read_from(var.ACTIVE_NETWORK_PROFILE, lambda: network.active.slot)
    model.read_from(var.SECURITY_PROFILE, lambda: slots.security_profile)
    model.read_from(var.MESSAGE_TIMEOUT, lambda: network.active.message_timeout_s)
    model.read_from(var.CERTIFICATE_ENTRIES, connection.keys.entries)
