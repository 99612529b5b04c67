"""What lights show: colours out of the lamps that are there, steady or in a rhythm, for each state of an outlet."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OFF: Final = "off"
FASTEST_HZ: Final = 3.0
"""More than three flashes a second can harm people (WCAG 2.3.1)."""
SLOWEST_HZ: Final = 0.05
CLASS_FOLDER: Final = Path("/sys/class/leds")
"""Where the LEDs of the kernel are."""
FULL_PERCENT: Final = 100
BLINK, FLASH = 0.5, 0.1
"""How much of its period each is lit."""

CHANNELS: Final = ("red", "green", "blue", "white", "yellow")
"""Colours that lamps may have."""
MIXES: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    **{colour: (frozenset({colour}),) for colour in ("red", "green", "blue")},
    "white": (frozenset({"white"}), frozenset({"red", "green", "blue"})),
    "yellow": (frozenset({"yellow"}), frozenset({"red", "green"})),
    "cyan": (frozenset({"green", "blue"}),),
    "magenta": (frozenset({"red", "blue"}),),
}
"""Lamps that give a colour; the first choice that is there counts."""

COLOURED: Final[Mapping[str, str]] = {
    "starting": "{busy} flash 1 Hz",
    "free": "green",
    "offline": "green flash 0.5 Hz",
    "plugged": "green blink 1 Hz",
    "accepted": "green blink 2 Hz",
    "preparing": "{busy} blink 2 Hz",
    "charging": "{busy}",
    "paused": "{busy} blink 0.5 Hz",
    "finishing": "{busy} blink 2 Hz",
    "finished": "green blink 0.5 Hz",
    "faulted": "red",
    "unavailable": "red blink 0.5 Hz",
}
"""What is shown for each state if the settings say nothing and there are red and green; `busy` is blue, or yellow."""
ONE_LAMP: Final[Mapping[str, str]] = {
    "starting": "{lamp} flash 2 Hz",
    "free": "{lamp}",
    "offline": "{lamp} flash 0.5 Hz",
    "plugged": "{lamp} blink 1 Hz",
    "accepted": "{lamp} blink 2 Hz",
    "preparing": "{lamp} blink 2 Hz",
    "charging": "{lamp} blink 0.5 Hz",
    "paused": "{lamp} blink 0.2 Hz",
    "finishing": "{lamp} blink 2 Hz",
    "finished": "{lamp} flash 1 Hz",
    "faulted": "{lamp} blink 3 Hz",
    "unavailable": "off",
}
"""The same where there are not; `lamp` is the first that there is."""
STATES: Final = tuple(COLOURED)

_PATTERN: Final = re.compile(r"(?P<colour>[a-z]+)(?: +(?P<rhythm>blink|flash) +(?P<rate>[0-9.]+) *Hz)?")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Lamps that are lit, for a part of each period."""

    channels: frozenset[str] = frozenset()
    period_s: float = 0.0
    """0: without a rhythm."""
    lit: float = 1.0
    """The part of the period in which they are lit, at its beginning."""

    def at(self, now_s: float) -> tuple[bool, float | None]:
        """Return whether they are lit now, and for how long it stays so; None: for ever."""
        if not self.period_s:
            return bool(self.channels), None
        passed_s, lit_s = now_s % self.period_s, self.period_s * self.lit
        return (True, lit_s - passed_s) if passed_s < lit_s else (False, self.period_s - passed_s)


def pattern(text: str, lamps: Iterable[str]) -> Pattern:
    """Return the pattern that a text such as `blue blink 1 Hz` means; ValueError says what is allowed."""
    lamps = tuple(lamps)
    match = _PATTERN.fullmatch(text.strip())
    if match is None or not _is_rate(match["rate"]):
        raise ValueError(
            f"{text!r} is no pattern; write off, a colour, or a colour with blink or flash and a rate from "
            f"{SLOWEST_HZ:g} to {FASTEST_HZ:g} Hz, such as 'blue blink 1 Hz'"
        )
    if match["colour"] == OFF:
        return Pattern()
    lit = _lamps_of(match["colour"], lamps)
    if match["rhythm"] is None:
        return Pattern(lit)
    return Pattern(lit, 1 / float(match["rate"]), FLASH if match["rhythm"] == "flash" else BLINK)


def default(state: str, lamps: Iterable[str]) -> Pattern:
    """Return what is shown for a state with these lamps if nobody said what."""
    lamps = tuple(lamps)
    if not lamps:
        return Pattern()
    if not {"red", "green"} <= set(lamps):
        return pattern(ONE_LAMP[state].format(lamp=lamps[0]), lamps)
    return pattern(COLOURED[state].format(busy="blue" if "blue" in lamps else "yellow"), lamps)


def _lamps_of(colour: str, lamps: tuple[str, ...]) -> frozenset[str]:
    if colour not in MIXES:
        raise ValueError(f"{colour!r} is no colour; there are {', '.join(MIXES)} and off")
    mix = next((mix for mix in MIXES[colour] if mix <= set(lamps)), None)
    if mix is None:
        raise ValueError(f"{colour} cannot be shown with the lamps that are there: {', '.join(lamps) or 'none'}")
    return mix


def _is_rate(text: str | None) -> bool:
    if text is None:
        return True
    try:
        return SLOWEST_HZ <= float(text) <= FASTEST_HZ
    except ValueError:
        return False
