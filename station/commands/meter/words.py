"""How `station meter` says things to people: the clock, durations, lines under each other."""

import textwrap
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from station.meter.bsm.state import State

LABEL = 15
WIDTH = 110


def lines(facts: Iterable[tuple[str, str]]) -> str:
    """Return labels and texts, one below the other."""
    return "\n".join(
        textwrap.fill(
            f"{label:{LABEL}}{text}",
            WIDTH,
            subsequent_indent=" " * LABEL,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for label, text in facts
    )


def printable(text: str) -> str:
    """Return a text that commands no terminal, whatever it was."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def instant(at: datetime) -> str:
    """Return an aware UTC instant, to the tenth of a second."""
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 100000} UTC"


def clock(state: State, now: datetime) -> str:
    """Return what the meter's clock says and how far that is from this computer's, which says `now`."""
    if state.time is None or state.offset_min is None:
        return "not set since power-up"
    local = state.time.astimezone(timezone(timedelta(minutes=state.offset_min)))
    return f"{local.isoformat(sep=' ')}, {deviation(state.time, now)}"


def deviation(time: datetime, now: datetime) -> str:
    """Return how far a clock of whole seconds is from this computer's."""
    off = (time - now).total_seconds()
    if -2 < off < 1:  # the second has begun up to a second ago, and was on the line for a while
        return "right by this computer's clock"
    return f"{span(abs(off))} {'ahead of' if off > 0 else 'behind'} this computer's clock"


def span(seconds: float) -> str:
    """Return a duration in the unit that suits it."""
    for size, unit in ((86400, "days"), (3600, "hours"), (120, "minutes")):
        if seconds >= size:
            number = seconds / (60 if unit == "minutes" else size)
            return f"{number:.1f} {unit}"
    return f"{seconds:.0f} s"
