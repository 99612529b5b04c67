"""Ways to the CSMS: what a network connection profile may say, and which one is tried next (B09, B10, A05)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

ENCRYPTED = (2, 3)
"""Security profiles over TLS."""
WITH_PASSWORD = (1, 2)
WITH_CERTIFICATE = 3
HIGHEST_SECURITY_PROFILE = 3
LONGEST_LABEL = 63  # RFC 1035 section 2.3.4
LONGEST_MESSAGE_TIMEOUT_S = 600
"""OCPPCommCtrlr.MessageTimeout: a lost answer keeps everything else waiting for so long."""


@dataclass(frozen=True, slots=True)
class NetworkProfile:
    """A slot and the NetworkConnectionProfileType in it."""

    slot: int
    document: Mapping[str, Any] = field(repr=False)
    """As JSON says it, customData included; it may hold secrets."""

    @property
    def url(self) -> str:
        """Without the identity."""
        return str(self.document["ocppCsmsUrl"])

    @property
    def security_profile(self) -> int:
        return int(self.document["securityProfile"])

    @property
    def message_timeout_s(self) -> int:
        return int(self.document["messageTimeout"])


@dataclass(frozen=True, slots=True)
class Attempt:
    """What to try now."""

    profile: NetworkProfile
    turn: int
    """How often the whole list has failed; who has two certificates changes over with each (A02.FR.28)."""


def shown(url: str) -> str:
    """Return a URL as a log may have it: a query can be a key."""
    return url.partition("?")[0]


def plain_profile(slot: int, *, url: str, security_profile: int, message_timeout_s: int) -> NetworkProfile:
    """Return the profile that the configuration of the station stands for."""
    document = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": url,
        "messageTimeout": message_timeout_s,
        "securityProfile": security_profile,
        "ocppInterface": "Wired0",
    }
    return NetworkProfile(slot, document)


def choose(
    failed: int, *, order: Sequence[NetworkProfile], attempts: int, last_good: NetworkProfile | None
) -> Attempt:
    """Return what comes after so many failed attempts in a row; `order` is not empty.

    Each profile of the list gets its attempts (B10.FR.03), then the one that worked last (B10.FR.07), then the list
    begins again (B10.FR.08), for ever (B10.FR.09). That last one comes with the other certificate already.
    """
    legs = (*order, *([last_good] if last_good is not None else []))
    rounds, leg = divmod(failed // max(attempts, 1), len(legs))
    return Attempt(legs[leg], rounds + (1 if leg >= len(order) else 0))


def problem_with(profile: NetworkProfile) -> str | None:
    """Say why a profile cannot be used by this station; None if it can (B09.FR.01, B09.FR.02)."""
    document, security = profile.document, profile.security_profile
    if document["ocppVersion"] != "OCPP20" or document["ocppTransport"] != "JSON":
        return "this station speaks OCPP 2.0.1 over JSON only: ocppVersion OCPP20, ocppTransport JSON"
    if "vpn" in document or "apn" in document:
        # To ignore them would be to use another line than the one the CSMS takes for granted.
        return "this station neither sets up VPNs nor dials in: its operating system does; leave out vpn and apn"
    if not 0 < profile.message_timeout_s <= LONGEST_MESSAGE_TIMEOUT_S:
        return f"messageTimeout must be 1 to {LONGEST_MESSAGE_TIMEOUT_S}"
    if not 0 <= security <= HIGHEST_SECURITY_PROFILE:
        return f"securityProfile must be 0 to {HIGHEST_SECURITY_PROFILE}"
    return _problem_with_url(profile.url, scheme="wss" if security in ENCRYPTED else "ws", security=security)


def _problem_with_url(url: str, *, scheme: str, security: int) -> str | None:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        return f"ocppCsmsUrl is no URL: {error}"
    if "@" in parts.netloc:
        return "ocppCsmsUrl must not hold a user or password"
    if parts.scheme != scheme or not host:
        return f"ocppCsmsUrl must read {scheme}://host:port/path for security profile {security}"
    if not _is_host(host):
        return "ocppCsmsUrl names a host that none can have: labels of 1 to 63 characters with dots between"
    if parts.fragment or not url.isprintable() or " " in url:
        return "ocppCsmsUrl holds what a URL of a WebSocket cannot"
    return None


def _is_host(host: str) -> bool:
    """Tell whether a host can be asked for by DNS and in TLS."""
    if ":" in host:
        return True  # IPv6
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return False
    return all(0 < len(label) <= LONGEST_LABEL for label in name.removesuffix(".").split("."))


def may_change_security(*, now: int, to: int, downgrade_allowed: bool) -> bool:
    """Tell whether the CSMS may have another security profile used.

    Never a lower one, except 2 instead of 3 if AllowSecurityProfileDowngrade says so (A00.FR.005, A05.FR.08-10,
    B09.FR.04, B09.FR.31).
    """
    return to >= now or (downgrade_allowed and (now, to) == (3, 2))
