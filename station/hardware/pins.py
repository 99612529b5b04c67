"""Digital inputs and outputs as the station uses them, whatever they are made of."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

DEVICES: Final = Path("/dev")
"""Where the devices of chips are."""


class Bias(StrEnum):
    """What pulls an input that nothing drives; only a GPIO chip can do that."""

    AS_IS = "as-is"
    PULL_UP = "pull-up"
    PULL_DOWN = "pull-down"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class PinPlace:
    """One line of a GPIO chip, or a file that stands for one."""

    chip: str
    """/dev/gpiochipN, the name or label of a chip, or the absolute path of a folder with files."""
    line: str
    """Its name or number; of a folder the name of the file."""
    active_low: bool = False
    """A low level, or the value 0, is what counts as active."""
    bias: Bias = Bias.AS_IS

    def __str__(self) -> str:
        return f"line {self.line} of {self.chip}"


class InputPin(Protocol):
    """Something that is active or not. Every method may raise DeviceError, which names chip and line."""

    def open(self) -> None:
        """Take the line; called before anything else, and again after a failure."""

    def active(self) -> bool:
        """Say how it is now; never waits."""

    async def moved(self) -> None:
        """Return when it may have changed since it was looked at last."""

    def close(self) -> None:
        """Let the line go; may be called at any time, never fails."""


class OutputPin(Protocol):
    """Something that can be made active. Every method may raise DeviceError, which names chip and line."""

    def open(self) -> None:
        """Take the line, inactive; called before anything else, and again after a failure."""

    def set(self, active: bool) -> None:
        """Make it so; never waits."""

    def close(self) -> None:
        """Make it inactive, as far as that can be done, and let it go; may be called at any time, never fails."""


def is_folder(chip: str) -> bool:
    """Say whether this names a folder with files, not a chip."""
    return "/" in chip and not chip.startswith(f"{DEVICES}/")
