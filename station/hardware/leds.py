"""Lights that show how each outlet stands: LEDs of the kernel's LED class, or outputs.

Showing never holds anybody up: what fails is told once in the log, and tried again later.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from station.errors import DeviceError
from station.hardware.light_patterns import FULL_PERCENT, Pattern
from station.hardware.pins import OutputPin

LOOK_S: Final = 0.2
"""How often the state of an outlet is looked at."""
SHORTEST_S: Final = 0.01
RETRY_S: Final = 10.0

STATE_OF: Final[Mapping[str, str]] = {
    "starting": "starting",
    "free": "free",
    "plugged": "plugged",
    "accepted": "accepted",
    "preparing": "preparing",
    "charging": "charging",
    "paused_by_vehicle": "paused",
    "paused_by_station": "paused",
    "finishing": "finishing",
    "finished": "finished",
    "held": "finished",
    "faulted": "faulted",
    "unavailable": "unavailable",
}
"""What lights show for what goes on at an outlet (station.local.views.Activity)."""

log = structlog.get_logger("station.leds")


class ClassLed:
    """An LED of the kernel, by its name under /sys/class/leds."""

    def __init__(self, folder: Path, name: str, *, percent: int = FULL_PERCENT) -> None:
        """`percent` of its full brightness is how bright it is when it is lit."""
        self._folder = folder / name
        self._percent = percent
        self._bright = b"1"

    def open(self) -> None:
        """Take the LED away from whatever lit it before, and switch it off; DeviceError names the folder."""
        if (self._folder / "trigger").exists():
            self._write("trigger", b"none")
        try:
            most = int((self._folder / "max_brightness").read_text("ascii"))
        except (OSError, ValueError) as error:
            raise DeviceError(f"{self._folder} is no LED; /sys/class/leds lists those that are there") from error
        self._bright = str(max(1, most * self._percent // FULL_PERCENT)).encode("ascii")
        self.set(False)

    def set(self, active: bool) -> None:
        """Switch it on or off; DeviceError names the folder."""
        self._write("brightness", self._bright if active else b"0")

    def close(self) -> None:
        """Switch it off, as far as that can be done."""
        with contextlib.suppress(DeviceError):
            self.set(False)

    def _write(self, name: str, value: bytes) -> None:
        try:
            # Not made if it is missing: a wrong name is no new LED.
            file = os.open(self._folder / name, os.O_WRONLY | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                os.write(file, value + b"\n")
            finally:
                os.close(file)
        except OSError as error:
            remedy = "is the LED there, and may the user of the station write to it (udev)?"
            raise DeviceError(f"{self._folder / name} cannot be written: {error.strerror}; {remedy}") from error


@dataclass(slots=True)
class Lamps:
    """The lights of one EVSE: a lamp by colour, and what is shown for each state."""

    evse_id: int
    lamps: Mapping[str, OutputPin]
    patterns: Mapping[str, Pattern]
    _lit: dict[str, bool] = field(default_factory=dict)
    """What each lamp that works was told last."""
    _retry_at_s: dict[str, float] = field(default_factory=dict)
    """When a lamp that failed is tried again."""

    def show(self, channels: frozenset[str], now_s: float) -> None:
        """Light these and no others; never fails."""
        for name, lamp in self.lamps.items():
            lit = name in channels
            if self._lit.get(name) is lit or self._retry_at_s.get(name, now_s) > now_s:
                continue
            try:
                if name not in self._lit:
                    lamp.open()
                lamp.set(lit)
            except DeviceError as error:
                if name not in self._retry_at_s:
                    log.warning("led_failed", evse=self.evse_id, colour=name, error=str(error))
                self._retry_at_s[name] = now_s + RETRY_S
                self._lit.pop(name, None)
            else:
                if self._retry_at_s.pop(name, None) is not None:
                    log.info("led_works_again", evse=self.evse_id, colour=name)
                self._lit[name] = lit

    def close(self) -> None:
        """Switch all of them off and let them go."""
        for lamp in self.lamps.values():
            lamp.close()
        self._lit.clear()


class Leds:
    """Shows the states of all EVSEs that have lights."""

    def __init__(self, lamps: Iterable[Lamps], *, state: Callable[[int], str]) -> None:
        """`state` of an EVSE: one of light_patterns.STATES; it is asked several times a second."""
        self._lamps = tuple(lamps)
        self._state = state

    async def run(self) -> None:
        """Show until cancelled; all lights are off then."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                now_s = loop.time()
                wait_s = min((self._render(lamps, now_s) for lamps in self._lamps), default=LOOK_S)
                await asyncio.sleep(wait_s)
        finally:
            for lamps in self._lamps:
                lamps.close()

    def _render(self, lamps: Lamps, now_s: float) -> float:
        """Show what is due; return after how long to look again. All lights blink together."""
        pattern = lamps.patterns[self._state(lamps.evse_id)]
        lit, lasts_s = pattern.at(now_s)
        lamps.show(pattern.channels if lit else frozenset(), now_s)
        return LOOK_S if lasts_s is None else max(SHORTEST_S, min(LOOK_S, lasts_s))


def state_of(activity: str, *, online: bool) -> str:
    """Return what lights show; that the CSMS is away matters to those only who have not begun."""
    state = STATE_OF[activity]
    return "offline" if state == "free" and not online else state
