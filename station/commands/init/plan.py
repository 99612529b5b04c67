"""What is to be written into the settings."""

from dataclasses import dataclass
from typing import Final

from station.meter.serial_stream import Parity

PARITIES: Final = {"E": "even", "O": "odd", "N": "none"}


@dataclass(frozen=True, slots=True)
class LinePlan:
    """A line, and how it is spoken on."""

    name: str
    port: str
    baud: int
    parity: Parity


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """A device on a line."""

    type: str
    line: str
    unit: int


@dataclass(frozen=True, slots=True)
class EvsePlan:
    """An EVSE and its devices."""

    id: int
    name: str
    max_current_a: int
    phases: int
    fixed_cable: bool
    meter: DevicePlan
    controller: DevicePlan

    @property
    def connector(self) -> str:
        """ConnectorEnumType."""
        return "cType2" if self.fixed_cable else "sType2"


@dataclass(frozen=True, slots=True)
class ReaderPlan:
    """A card reader."""

    name: str
    type: str
    port: str
    baud: int
    evses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CsmsPlan:
    """The way to the CSMS."""

    url: str
    security_profile: int
    password_file: str
    """Beside the settings; empty if the profile needs none."""
    root_certificate: str
    """A file; empty: those of the operating system count, if there is TLS at all."""


@dataclass(frozen=True, slots=True)
class WebPlan:
    """The status page."""

    enabled: bool
    host: str
    port: int
    public_url: str
    language: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything."""

    identity: str
    vendor_name: str
    model: str
    serial_number: str
    state_dir: str
    trust_clock: bool
    timezone: str
    csms: CsmsPlan
    lines: tuple[LinePlan, ...]
    evses: tuple[EvsePlan, ...]
    readers: tuple[ReaderPlan, ...]
    web: WebPlan
