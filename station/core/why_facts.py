"""What is known about one EVSE when it is asked why nobody charges there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ocpp.v201.enums import RegistrationStatusEnumType

from station.core.authorization import Rules
from station.core.faults import Fault
from station.core.policy import Policy
from station.core.session import Session
from station.core.why_refusals import Told


@dataclass(frozen=True, slots=True)
class CsmsState:
    """The way to the CSMS."""

    connected: bool = False
    registration: str = ""
    """RegistrationStatusEnumType; empty while the CSMS never answered."""
    last_failure: str = ""
    """Why the last attempt to connect failed, in words."""
    closed: str | None = None
    """Why the whole station admits nobody, or None."""

    @property
    def online(self) -> bool:
        """Somebody can be asked about cards."""
        return self.connected and self.registration == RegistrationStatusEnumType.accepted


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one EVSE at an instant."""

    session: Session
    now: datetime
    policy: Policy = field(default_factory=Policy)
    """Of it the largest current, the cable and the time for plugging in count."""
    problems: Mapping[Fault, str] = field(default_factory=dict)
    """The words of each fault."""
    csms: CsmsState = field(default_factory=CsmsState)
    rules: Rules = field(default_factory=Rules)
    """Of them whether anybody is asked who he is, and who may charge while the CSMS is away."""
    told: Told | None = None
    """What the driver here was told last."""
    clock_trusted: bool = True
    """The station may tell a meter the time."""
    meter_warnings: tuple[str, ...] = ()
    power_w: float | None = None
    """Live, if it is fresh."""
    crashes: Mapping[str, str] = field(default_factory=dict)
    """Why components crashed a moment ago, by name."""
    vital: frozenset[str] = frozenset()
    """Names of the components without which nobody can charge here."""
    readers: frozenset[str] = frozenset()
    """Names of the components that take cards for this EVSE."""

    @property
    def authorized(self) -> bool:
        return self.session.authorization is not None
