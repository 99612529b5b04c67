"""Which serial ports this computer has that a device may hang at."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

DEVICES: Final = Path("/dev")
SYSTEM: Final = Path("/sys/class/tty")
BY_ID: Final = "serial/by-id/*"
PATTERNS: Final = ("ttyUSB*", "ttyACM*", "ttyAMA*", "ttyS*")
CONSOLE: Final = "console/active"
NOTHING: Final = "0"
"""What the kernel calls a serial port that its driver could not find."""


def candidates(devices: Path = DEVICES, system: Path = SYSTEM) -> tuple[str, ...]:
    """Return the ports, each once, by a name that stays the same if it has one; consoles are left out."""
    consoles = _consoles(system)
    found: dict[Path, str] = {}
    for path in _named(devices):
        target = path.resolve()
        if target.name not in consoles and not _is_phantom(target.name, system):
            found.setdefault(target, str(path))
    return tuple(found.values())


def _named(devices: Path) -> Iterator[Path]:
    yield from sorted(devices.glob(BY_ID))
    for pattern in PATTERNS:
        yield from sorted(devices.glob(pattern))


def _consoles(system: Path) -> set[str]:
    """Return the terminals that somebody logs in at: what a device would answer there, the shell would run."""
    try:
        return set((system / CONSOLE).read_text("ascii").split())
    except OSError:
        return set()


def _is_phantom(name: str, system: Path) -> bool:
    """Tell whether the kernel keeps a name for hardware that is not there."""
    try:
        return (system / name / "type").read_text("ascii").strip() == NOTHING
    except OSError:
        return False
