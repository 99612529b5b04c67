"""What is looked at: a station, the computer that it is on, and whether it runs."""

from dataclasses import dataclass
from pathlib import Path

from station.clock import Clock
from station.commands.doctor.daemon import Told
from station.commands.doctor.permissions import User
from station.settings import Settings


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a check may want to know."""

    settings: Settings
    clock: Clock
    user: User
    """Who the station runs as."""
    told: Told | None = None
    """What the station says that runs now; None if none does, or it does not answer."""
    runs: bool = False
    """A station runs now, whether or not it tells anything."""
    with_csms: bool = True
    with_boot: bool = True
    """A BootNotification may be sent, if no station runs."""

    @property
    def state_dir(self) -> Path:
        return self.settings.station.state_dir
