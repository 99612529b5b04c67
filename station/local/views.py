"""What people see of a station, as frozen values; `core.documents.to_document` makes JSON of them.

Instants are aware UTC, powers in W, currents in A, voltages in V, energies in Wh, durations in seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Activity(StrEnum):
    """What goes on at an outlet, as a driver would say it."""

    STARTING = "starting"
    """The station has just started and looks at its devices."""
    FREE = "free"
    PLUGGED = "plugged"
    """A cable or vehicle is there, and nobody has identified himself."""
    ACCEPTED = "accepted"
    """Somebody may charge, and the cable is waited for."""
    PREPARING = "preparing"
    """The meter signs the start (up to 10 s)."""
    CHARGING = "charging"
    PAUSED_BY_VEHICLE = "paused_by_vehicle"
    """Current is offered, the vehicle takes none."""
    PAUSED_BY_STATION = "paused_by_station"
    """No current is offered: a limit, or a card that is not valid any more."""
    FINISHING = "finishing"
    """The meter signs the end (up to 8 s)."""
    FINISHED = "finished"
    """It is over; the vehicle can leave."""
    HELD = "held"
    """It is over, and the plug is let go to its owner's card only."""
    FAULTED = "faulted"
    UNAVAILABLE = "unavailable"
    """Out of service, or the station waits to restart."""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """What the driver was told last (station.hardware.ports.Notice)."""

    notice: str
    at: datetime
    text: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class LiveView:
    """Live values of the meter, if they are fresh; by phase L1, L2, L3."""

    power_w: float | None = None
    currents_a: tuple[float, ...] = ()
    voltages_v: tuple[float, ...] = ()
    register_wh: float | None = None
    """The meter's whole register."""


@dataclass(frozen=True, slots=True)
class OutletView:
    """One EVSE, as everybody may see it: nothing in it names a driver."""

    evse_id: int
    name: str
    """The public name, such as DE*ABC*E1234*1."""
    connector: str
    """ConnectorEnumType."""
    max_current_a: int
    phases: int
    status: str
    """ConnectorStatusEnumType."""
    activity: Activity
    public_key: str = ""
    """Of the meter, hexadecimal DER; empty until it was met."""
    meter_serial: str = ""
    offered_a: float = 0.0
    live: LiveView = LiveView()
    started_at: datetime | None = None
    """Of the transaction that runs."""
    energy_wh: float | None = None
    """So far, for display: live register less the signed begin."""
    cost_text: str = ""
    """What the CSMS says that it costs so far, or cost at last."""
    notice: NoticeView | None = None
    """The last one, if it is news (a minute)."""
    last_receipt: str = ""
    """Transaction id of the last session that ended here, for a while and until the next one begins."""
    why_code: str = ""
    """The first thing that stops charging here (core.why), for a driver; empty if nothing does."""


@dataclass(frozen=True, slots=True)
class MeterView:
    """A meter, as an operator sees it."""

    evse_id: int
    serial: str
    model: str
    meter_firmware: str
    communication_firmware: str
    public_key: str
    """Hexadecimal DER."""
    warnings: tuple[str, ...]
    unfit: str
    """Why the meter says that it must not be used; empty if it does not."""
    known: bool
    """It answered since the station started."""
    line: str
    unit: int
    counters: Mapping[str, int]
    """Of this unit (station.meter.counters.Counters)."""
    reading_age_s: float | None
    """None if there is no reading."""
    firmware_hash: str = ""
    """Hexadecimal SHA-256 of the communication module's firmware, as the meter tells it; empty until it was met."""


@dataclass(frozen=True, slots=True)
class LineView:
    """A serial line, or a connection that takes its place."""

    name: str
    port: str
    baud_rate: int
    parity: str
    counters: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CsmsView:
    """The way to the CSMS."""

    url: str
    slot: int
    """Of the network profile in use."""
    security_profile: int
    connected: bool
    registration: str
    """RegistrationStatusEnumType; empty while the CSMS never answered."""
    online: bool
    """Connected and accepted."""
    last_failure: str
    """Why the last attempt to connect failed, in words; empty if it did not."""
    queued: int
    """Messages that wait."""
    dead_letters: int
    """Messages that were given up."""


@dataclass(frozen=True, slots=True)
class OperatorOutlet:
    """What an operator sees of an EVSE beside its OutletView."""

    outlet: OutletView
    faults: tuple[str, ...]
    """Tech codes (core.faults)."""
    plugged: bool
    pilot: str
    """A to F; empty until it was seen."""
    cable_rating_a: float | None
    limit_a: float | None
    inoperative: bool
    authorized: bool
    transaction_id: str
    charging_state: str
    """ChargingStateEnumType of the transaction; empty without one."""
    metering: str
    """Of session.Metering."""
    owed_transaction: str
    """The transaction whose signed end is missing; empty if none is."""


@dataclass(frozen=True, slots=True)
class StationView:
    """The whole station, for operators."""

    identity: str
    vendor_name: str
    model: str
    serial_number: str
    version: str
    started_at: datetime
    now: datetime
    clock_trusted: bool
    process_id: int
    memory_mib: float | None
    csms: CsmsView
    outlets: tuple[OperatorOutlet, ...]
    meters: tuple[MeterView, ...]
    lines: tuple[LineView, ...]
    card_test_allowed: bool
    """A session may be started for a test (settings: web.test_card)."""
    crashes: Mapping[str, str] = field(default_factory=dict)
    """Why components crashed a moment ago, by name."""


@dataclass(frozen=True, slots=True)
class VariableView:
    """A row of the device model."""

    component: str
    variable: str
    """With its instance in brackets, as `station.core.variables.Address` writes it."""
    evse_id: int | None
    connector_id: int | None
    value: str
    """Empty for one that is write-only."""
    mutability: str
    """MutabilityEnumType."""
    unit: str
    data_type: str
    values: tuple[str, ...]
    """What it takes, if that is a list."""
    name: str = ""
    """The whole name, by which it can be set: `Component#evse#connector.Variable[instance]`."""


@dataclass(frozen=True, slots=True)
class CertificateView:
    use: str
    subject: str
    issuer: str
    serial: str
    not_before: datetime | None
    not_after: datetime | None


@dataclass(frozen=True, slots=True)
class QueuedView:
    """A message that waits, or one that was given up; never its secrets."""

    id: int
    kind: str
    transaction_id: str
    seq_no: int | None
    created_at: datetime
    attempts: int
    reason: str = ""
    """Why it was given up; empty while it waits."""


@dataclass(frozen=True, slots=True)
class InputView:
    """A contact that is wired to the station."""

    name: str
    meaning: str
    """`emergency-stop`, `residual-current`, `door` or `limit-4200w`."""
    evse_ids: tuple[int, ...]
    active: bool | None
    """What counts; None before the first look."""
    contact: bool | None
    """What the contact says; None while nobody knows."""
    latched: bool
    """It was active and waits for a reset."""
    text: str
    """Why it counts as active; empty if it does not."""


@dataclass(frozen=True, slots=True)
class HistoryView:
    """Live values of one EVSE, one a second, oldest first; None where the meter was silent."""

    evse_id: int
    until: datetime
    """The instant of the last value."""
    step_s: float
    power_w: tuple[float | None, ...]
    currents_a: tuple[tuple[float | None, ...], ...]
    """By phase."""
    voltages_v: tuple[tuple[float | None, ...], ...]
    """By phase."""


@dataclass(frozen=True, slots=True)
class Done:
    """An action was carried out, or is under way."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """An action cannot be done; `text` says why, for people."""

    text: str
    needs_confirmation: bool = False
    """It can be, if the same is asked for once more with `confirmed`."""
