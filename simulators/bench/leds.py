"""LEDs as the kernel shows them under /sys/class/leds: a folder for each, with its brightness in a file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

MOST: Final = 255


class ClassLeds:
    """A folder that a station takes for /sys/class/leds."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self.folder = folder
        self.names = tuple(names)

    def open(self) -> None:
        """Put the LEDs there, lit by what had them before the station."""
        for name in self.names:
            led = self.folder / name
            led.mkdir(parents=True, exist_ok=True)
            (led / "max_brightness").write_text(f"{MOST}\n")
            (led / "brightness").write_text(f"{MOST}\n")
            (led / "trigger").write_text("none timer [heartbeat]\n")

    def close(self) -> None:
        """Remove them."""
        for name in self.names:
            led = self.folder / name
            for file in led.glob("*"):
                file.unlink()
            led.rmdir()

    def brightness(self, name: str) -> int:
        """Return how bright an LED is, 0 to MOST; MOST while something else than the station has it."""
        if (self.folder / name / "trigger").read_text().strip() != "none":
            return MOST
        return int((self.folder / name / "brightness").read_text().strip() or 0)

    @property
    def lit(self) -> frozenset[str]:
        """The names of those that are lit."""
        return frozenset(name for name in self.names if self.brightness(name))
