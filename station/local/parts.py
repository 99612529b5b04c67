"""What views and actions are made of: the parts of a running station, as the composition root hands them over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from station.clock import Clock
from station.core.device_model import DeviceModel
from station.evse import Evse
from station.hardware.display import ShownNotice
from station.inputs.meanings import InputState
from station.local.rings import Events, Frames
from station.meter.counters import Counters
from station.pki.keystore import KeyStore
from station.settings import Settings
from station.storage.database import Database


class CsmsFacts(Protocol):
    """The way to the CSMS, as it is now."""

    @property
    def connected(self) -> bool:
        """A WebSocket is open."""

    @property
    def registration(self) -> str:
        """RegistrationStatusEnumType; empty while the CSMS never answered."""

    @property
    def online(self) -> bool:
        """Connected and accepted."""

    @property
    def url(self) -> str:
        """Of the network profile in use, without identity and query."""

    @property
    def slot(self) -> int:
        """Of the network profile in use."""

    @property
    def security_profile(self) -> int: ...

    @property
    def last_failure(self) -> str:
        """Why the last attempt to connect failed, in words; empty if it did not."""

    def closed(self) -> str | None:
        """Why the whole station admits nobody, or None."""


class LineFacts(Protocol):
    """A line with Modbus devices on it (station.meter.bus.Line)."""

    @property
    def counters(self) -> Counters:
        """Of all units together; a copy."""

    def counters_of(self, unit: int) -> Counters:
        """Of one unit; a copy."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that are looked at; nothing in here is called to change anything."""

    settings: Settings
    database: Database
    model: DeviceModel
    clock: Clock
    evses: Mapping[int, Evse]
    lines: Mapping[str, LineFacts]
    notices: Callable[[], Mapping[int | None, ShownNotice]]
    """What drivers were told last, by EVSE; None stands for those that were meant for no EVSE yet."""
    csms: CsmsFacts
    keys: KeyStore
    started_at: datetime
    frames: Frames
    events: Events
    costs: Callable[[str], str] = lambda _transaction_id: ""
    """What a transaction costs, in the words of the CSMS; empty if it did not say."""
    crashes: Callable[[], Mapping[str, str]] = dict
    """Why components crashed a moment ago, by name."""
    inputs: Callable[[], tuple[InputState, ...]] = tuple
    """How the inputs stand."""
