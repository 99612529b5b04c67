"""What the API answers beside the views of the station, and what it takes; frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from station.core.why_codes import Link, Standing
from station.local.views import CertificateView, OutletView, QueuedView, VariableView
from station.receipts.views import ReceiptSummary


@dataclass(frozen=True, slots=True)
class PublicStation:
    """The station, as everybody may see it."""

    identity: str
    vendor_name: str
    model: str
    version: str
    now: datetime
    language: str
    """What a page speaks whose reader wants none of `languages`."""
    languages: tuple[str, ...]
    tariff: Mapping[str, str]
    """What it costs, by language; empty if the settings do not say."""
    operator_password_set: bool


@dataclass(frozen=True, slots=True)
class Outlets:
    """All EVSEs."""

    outlets: tuple[OutletView, ...]


@dataclass(frozen=True, slots=True)
class First:
    """The first link of the chain that stops charging, or that somebody has to do something about."""

    code: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class DriverWhy:
    """Why an EVSE does not charge, for drivers."""

    evse_id: int
    charging: bool
    first: First | None = None


@dataclass(frozen=True, slots=True)
class OperatorWhy:
    """Why an EVSE does not charge, link by link."""

    evse_id: int
    charging: bool
    links: tuple[Link, ...]
    first: First | None = None


@dataclass(frozen=True, slots=True)
class SessionAnswer:
    """Whether this browser is an operator's."""

    operator: bool
    csrf: str | None = field(repr=False)
    """The header X-CSRF-Token of every request that changes something."""


@dataclass(frozen=True, slots=True)
class LoginAnswer:
    """Who asked is an operator now."""

    csrf: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EventView:
    """A line of the log."""

    number: int
    at: str
    level: str
    logger: str
    event: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventsAnswer:
    """Lines of the log, oldest first."""

    last: int
    """The number of the newest line that there is; to ask for what comes after it."""
    events: tuple[EventView, ...]


@dataclass(frozen=True, slots=True)
class MessageView:
    """An OCPP message, without its secrets."""

    number: int
    at: str
    sent: bool
    """By the station; else by the CSMS."""
    text: str


@dataclass(frozen=True, slots=True)
class MessagesAnswer:
    """OCPP messages, oldest first."""

    last: int
    """The number of the newest message that there is."""
    messages: tuple[MessageView, ...]


@dataclass(frozen=True, slots=True)
class Variables:
    """Rows of the device model."""

    variables: tuple[VariableView, ...]


@dataclass(frozen=True, slots=True)
class Receipts:
    """Sessions, the newest first."""

    receipts: tuple[ReceiptSummary, ...]


@dataclass(frozen=True, slots=True)
class Certificates:
    """What is installed; never a key."""

    certificates: tuple[CertificateView, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """Messages to the CSMS."""

    queued: tuple[QueuedView, ...]
    """Those that wait, oldest first."""
    dead: tuple[QueuedView, ...]
    """Those that were given up."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No body, or an empty object."""


@dataclass(frozen=True, slots=True)
class LoginBody:
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class VariableBody:
    """What a variable shall be."""

    name: str
    """Component#evse#connector.Variable[instance]"""
    value: str
    confirmed: bool = False
    """It is known that this can cut the station off, weaken it or let everybody charge."""


@dataclass(frozen=True, slots=True)
class ResetBody:
    """What to restart: one EVSE, or the station."""

    evse_id: int | None = None
