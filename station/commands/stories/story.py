"""What a story is: how it is played, and what the CSMS should have at its end."""

from collections.abc import Callable
from dataclasses import dataclass

from station.commands.demo_stage import ONE_EVSE, Site
from station.commands.demo_story import Acts


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table at the end."""

    what: str
    holds: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What the CSMS should know of a transaction."""

    evse: int = 1
    stopped: str = "Local"
    """stoppedReason."""
    trigger: str = "StopAuthorized"
    """triggerReason of Ended."""
    signed_end: bool = True
    """Ended brings the signed end."""
    remarks: tuple[str, ...] = ()
    """What the CSMS finds wrong with what was signed, and rightly so: a lack has to show."""
    offline: bool | None = False
    """Ended says that it happened offline; None: it may."""


@dataclass(frozen=True, slots=True)
class Story:
    """A story by its name."""

    name: str
    about: str
    """One sentence for the list."""
    play: Callable[[Acts], tuple[Check, ...]]
    """Plays it from after the boot until everything has been told; returns checks that no other story has."""
    expected: tuple[Expected, ...]
    """The transactions, in the order in which they start."""
    site: Site = ONE_EVSE
