"""What the configuration says, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from station.core.metadata import Templates
from station.core.variables import Address
from station.meter.port import Switching
from station.secret import Secret
from station.settings.inputs import Wiring

Parity = Literal["N", "E", "O"]

CARD_READER: Final = "serial-line"
KEYPAD: Final = "serial-keypad"
START_BUTTON: Final = "serial-button"
"""Types of readers."""


@dataclass(frozen=True, slots=True)
class StationSettings:
    """Who the station says it is, and where it keeps what it must not forget."""

    identity: str
    vendor_name: str
    model: str
    serial_number: str | None
    state_dir: Path
    trust_clock: bool
    """This computer's clock is right without NTP."""


@dataclass(frozen=True, slots=True)
class CsmsSettings:
    """Where the CSMS is at the first start."""

    url: str
    """Without the identity."""
    security_profile: int
    password: Secret | None
    compression: bool
    proxy: str | None = field(default=None, repr=False)
    """http://host:port of an HTTP proxy, with user and password if it wants them; None: dial directly."""
    lenient: bool = False
    """Accept null for absent and numbers as texts in what the CSMS sends."""
    root_certificate: Path | None = None
    """PEM file that becomes the CSMSRootCertificate if the station has none yet."""
    system_roots: bool = False
    """While there is no CSMSRootCertificate, those of the operating system count."""


@dataclass(frozen=True, slots=True)
class SecuritySettings:
    """What the station does with keys and certificates."""

    client_key: str = "ec-p256"
    """The kind of key made for the station's own certificate: `ec-p256` or `rsa-3072`."""
    additional_root_check: bool = False
    """SecurityCtrlr.AdditionalRootCertificateCheck: a new CSMS root must be signed by the one before."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    level: str
    format: str
    """`console` or `json`."""
    wire: bool
    """Show raw frames, id tokens included."""


@dataclass(frozen=True, slots=True)
class ReceiptSettings:
    keep_days: int
    """How long signed records are kept after the CSMS has them; 0 for ever."""


@dataclass(frozen=True, slots=True)
class LineSettings:
    """One line with Modbus devices on it: serial, or Modbus TCP."""

    name: str
    port: str
    """A device, or tcp://host:port."""
    baud_rate: int
    """Of a serial line."""
    parity: Parity


@dataclass(frozen=True, slots=True)
class MeterSettings:
    type: str
    line: str
    unit: int
    public_key: bytes | None
    """The key that the meter must have, DER SubjectPublicKeyInfo; None if that of the first one met counts."""
    switching: Switching
    require_time: bool
    """Do not charge while the meter has no time."""
    timezone: str
    """IANA name of the zone that the meter shows its time in, or `system`."""


@dataclass(frozen=True, slots=True)
class ControllerSettings:
    type: str
    """The name of a driver (station.hardware.drivers)."""
    line: str
    unit: int
    fixed_cable: bool
    options: Mapping[str, Any] = field(default_factory=dict)
    """What only its driver understands."""


@dataclass(frozen=True, slots=True)
class BaySettings:
    """The sensor that sees whether a vehicle stands in the parking bay."""

    type: str
    path: Path
    """The file that holds its value, 0 or 1."""
    occupied: int
    """The value that stands for a vehicle."""


@dataclass(frozen=True, slots=True)
class EvseSettings:
    """One EVSE: its ratings and its devices."""

    id: int
    name: str
    """The public name that is signed along, such as DE*ABC*E1234*1; `evse_id` in the file."""
    max_current_a: int
    phases: int
    connector: str
    meter: MeterSettings
    controller: ControllerSettings
    bay: BaySettings | None = None
    """None if nothing watches the parking bay."""


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """A card reader, keypad or start button, and the EVSEs that it is for."""

    name: str
    type: str
    port: str
    baud_rate: int
    evses: tuple[int, ...]
    choose: str = "newest-plug"
    """Which of several EVSEs is meant (station.core.presented)."""
    token_type: str = ""
    """The IdTokenEnumType of what is read; empty if it follows from what is read."""
    id_token: str = field(default="", repr=False)
    """What a start button of type Local stands for."""
    format: str = "hex"
    """How a card's number is written: `hex` or `decimal`."""
    byte_order: str = "as-read"
    """`as-read`, or `reversed` for readers that send the last byte of a UID first."""
    prefix: str = ""
    """What stands before each number and is no part of it."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What only its driver understands."""

    @property
    def selects(self) -> bool:
        """Drivers can choose an EVSE here."""
        return self.type == KEYPAD


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """Where drivers are told what happens, beside log and status page."""

    type: str = "log"
    options: Mapping[str, Any] = field(default_factory=dict)
    """What only its driver understands."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The status page and its API."""

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = 8080
    names: tuple[str, ...] = ()
    """Names by which browsers may ask for it, beside addresses and localhost."""
    public_url: str = ""
    """What QR codes lead to, without a slash at the end; empty: the address by which the page was asked for."""
    certificate: Path | None = None
    """PEM file with the chain to answer with over TLS; None: plain HTTP."""
    key: Path | None = None
    """PEM file with its private key."""
    language: str = "en"
    """What a page speaks whose browser wants neither German nor English, and a kiosk at first."""
    tariff: Mapping[str, str] = field(default_factory=dict)
    """What it costs, for drivers, by language (`en`, `de`)."""
    currency: str = "EUR"
    """What amounts of the CSMS are in (ISO 4217)."""
    test_card: str = field(default="", repr=False)
    """The id token (type Local) with which operators may begin a session for a test; empty: they may not."""
    offer_receipts: str = "kiosk"
    """Who is told at an outlet where its last receipt is, whose records may hold the id of a card: whoever is on this
    computer, and operators (`kiosk`), or `everybody`."""
    metrics: bool = True
    """There are numbers for Prometheus."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything in the file."""

    path: Path
    station: StationSettings
    csms: CsmsSettings
    log: LogSettings
    receipts: ReceiptSettings
    metadata: Templates
    lines: tuple[LineSettings, ...]
    evses: tuple[EvseSettings, ...]
    readers: tuple[ReaderSettings, ...]
    variables: Mapping[Address, str]
    """Texts of variables for as long as the CSMS has not set them."""
    security: SecuritySettings = SecuritySettings()
    display: DisplaySettings = field(default_factory=DisplaySettings)
    web: WebSettings = field(default_factory=WebSettings)
    wiring: Wiring = field(default_factory=Wiring)
    """Contacts, outputs and lights at the station's own computer."""
    vendors: Mapping[str, str] = field(default_factory=dict)
    """Who answers DataTransfer: `package.module:attribute` by vendorId."""
