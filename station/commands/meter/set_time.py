"""`station meter set-time`: give the meter this computer's time, and say what that did."""

import argparse
import sys
from datetime import timedelta
from functools import partial
from typing import Final, TextIO

from station.clock import Clock, SystemClock, plausible
from station.commands.meter import words
from station.commands.meter.connection import Connection, with_meter
from station.errors import MeterError, StationError
from station.meter.bsm.clock import TAKEN_WITHIN_S, UPDATE_AFTER
from station.meter.bsm.state import State, read_state

RIGHT_WITHIN_S: Final = 60.0
REFUSED: Final = 1
WEAR: Final = (
    "The meter counts every setting for ever. Updating a clock that runs more often than every 24 hours, as a habit,"
    " shortens its life."
)


def run(options: argparse.Namespace) -> int:
    """Set the meter's clock; 1 if it need not be set or should not be now, and --yes was not said."""
    clock = SystemClock(trusted=options.force)
    command = partial(set_time, out=sys.stdout, yes=options.yes)
    return with_meter(options, command, clock=clock, timezone=options.timezone)


async def set_time(connection: Connection, *, out: TextIO, yes: bool = False) -> int:
    """Set the clock and read it back; StationError if this computer's clock is not to be trusted."""
    _check(connection.clock)
    await connection.meter.identify()
    before = await read_state(connection.device)
    now = connection.clock.now()
    offset = now.astimezone(connection.place.zone).utcoffset() or timedelta()
    offset_min = int(offset.total_seconds() // 60)
    print(words.lines([("before", words.clock(before, now))]), file=out)
    objection = "" if yes else _objection(before, off_s=_off_s(before, connection), offset_min=offset_min)
    if objection:
        print(words.lines([("not set", f"{objection} {WEAR} If it is meant, add --yes.")]), file=out)
        return REFUSED
    # So long ago that the update is due, whenever the last one was.
    await connection.meter.set_time(now - 2 * UPDATE_AFTER)
    after = await read_state(connection.device)
    now = connection.clock.now()
    facts = [("after", words.clock(after, now)), ("counted", _counted(before, after)), ("note", WEAR)]
    print(words.lines(facts), file=out)
    if not after.clock_set or after.offset_min != offset_min or abs(_off_s(after, connection)) > TAKEN_WITHIN_S:
        raise MeterError(f"{connection.place.name}: did not take the time")
    return 0


def _check(clock: Clock) -> None:
    now = clock.now()
    if not plausible(now):
        raise StationError(f"this computer's clock says {words.instant(now)}, which cannot be right: set it first")
    if not clock.synchronised():
        raise StationError(
            f"this computer's clock says {words.instant(now)} and follows no NTP; compare it with one that is right,"
            " then add --force"
        )


def _objection(state: State, *, off_s: float, offset_min: int) -> str:
    """Say why the clock had better not be set; empty if it may."""
    if state.output_on:
        return "Its output is on, so a session may be under way, whose end would bear a time that is called unsure."
    if state.clock_set and abs(off_s) < RIGHT_WITHIN_S and state.offset_min == offset_min:
        return "It runs and is less than a minute off: it needs no setting."
    return ""


def _counted(before: State, after: State) -> str:
    told = f"EpochSetCnt {before.clock_settings} before, {after.clock_settings} now"
    if before.clock_settings == after.clock_settings:
        return f"{told}: an update, which counts as no setting"
    return told


def _off_s(state: State, connection: Connection) -> float:
    return (state.time - connection.clock.now()).total_seconds() if state.time else 0.0
