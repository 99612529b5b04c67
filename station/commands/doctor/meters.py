"""The meter of each EVSE: who answers, with which key, and whether it may be used for billing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from station.clock import Clock, plausible
from station.commands.doctor.findings import Finding, Group
from station.commands.meter import words
from station.commands.meter.identify import NO_ERROR
from station.errors import DeviceError, LineSilentError, WrongMeterError
from station.meter.bsm.clock import WRONG_S
from station.meter.bsm.identity import identify
from station.meter.bsm.state import State, read_state
from station.meter.port import MeterIdentity, Registers, Switching
from station.settings import EvseSettings, LineSettings
from station.storage.meters import KnownMeter

GROUP: Final = Group("meter")
PARITIES: Final = {"E": "even", "O": "odd", "N": "no"}

Known = Callable[[int], KnownMeter | None]
"""The meter that the station remembers for an EVSE."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A meter that answered."""

    identity: MeterIdentity
    state: State


async def look(device: Registers, evse: EvseSettings, line: LineSettings) -> Seen | Finding:
    """Read a meter; what keeps it from being read is a finding."""
    name = f"EVSE {evse.id}"
    try:
        identity, _ = await identify(device, name=f"unit {evse.meter.unit} on {line.port}")
        return Seen(identity, await read_state(device))
    except LineSilentError as error:
        asked = f"{line.baud_rate} baud, {PARITIES[line.parity]} parity, unit {evse.meter.unit}"
        remedy = f"check the meter's supply and the wires A and B; it was asked with {asked}"
        return GROUP.failure(name, str(error), f"{remedy}. `station init --ports {line.port}` finds other settings")
    except WrongMeterError as error:
        return GROUP.failure(name, str(error), "correct line and unit in [evse.meter]; another device has this unit")
    except DeviceError as error:
        return GROUP.failure(name, str(error), "switch the meter off and on; if that does not help, have it replaced")


def judged(seen: Seen, evse: EvseSettings, *, known: KnownMeter | None, clock: Clock) -> Iterator[Finding]:
    """Yield what is to be thought of a meter that answered."""
    name = f"EVSE {evse.id}"
    who = seen.identity
    where = f"unit {evse.meter.unit} on line {evse.meter.line}"
    yield GROUP.ok(name, words.printable(f"{who.manufacturer} {who.model}, serial {who.serial}, {where}"))
    yield key(f"{name} key", who, configured=evse.meter.public_key, known=known)
    yield time(f"{name} clock", seen.state, clock, required=evse.meter.require_time)
    yield errors(f"{name} error bits", seen)
    yield firmware(f"{name} firmware", who)
    if evse.meter.switching is Switching.METER:
        yield output(f"{name} output", seen.state)


def key(name: str, who: MeterIdentity, *, configured: bytes | None, known: KnownMeter | None) -> Finding:
    """Its records are worth something only if this is the key that was registered."""
    if configured is not None and configured != who.public_key:
        remedy = "if the meter was replaced on purpose, correct public_key in [evse.meter]: station meter key"
        return GROUP.failure(name, "is not the one in the settings: the station refuses this meter", remedy)
    if known is not None and (known.serial, known.public_key) != (who.serial, who.public_key):
        remedy = "if the meter was replaced on purpose: station meter confirm; else look who changed it"
        return GROUP.failure(name, f"is not that of the meter {known.serial}, which is known here", remedy)
    if known is not None:
        return GROUP.ok(name, f"known since {known.met_at:%Y-%m-%d}")
    if configured is not None:
        return GROUP.ok(name, "the one in the settings")
    return GROUP.ok(name, "met for the first time: it counts from the first start on")


def time(name: str, state: State, clock: Clock, *, required: bool) -> Finding:
    """What it signs bears its time."""
    now = clock.now()
    if not state.clock_set:
        if clock.synchronised() and plausible(now):
            return GROUP.ok(name, "not set since power-up; the station sets it when it starts")
        so = "nobody charges until it is" if required else "what it signs bears none until it is"
        remedy = "see computer, clock: the station gives the meter no time that nobody vouches for"
        return GROUP.warning(name, f"not set since power-up; {so}", remedy)
    told = words.clock(state, now)
    if _off_s(state, now) > WRONG_S:
        remedy = "the station puts it right at its next start; or: station meter set-time"
        return GROUP.warning(name, told, f"see whether this computer's clock is right. If so, {remedy}")
    return GROUP.ok(name, told)


def errors(name: str, seen: Seen) -> Finding:
    """A meter that has something against itself must not be used for billing."""
    remedy = "switch the meter off and on; if it stays, have it replaced: nothing it signs now may be billed"
    if seen.identity.unfit:
        return GROUP.failure(name, words.printable(seen.identity.unfit), remedy)
    if seen.state.error not in ("", NO_ERROR):
        return GROUP.failure(name, words.printable(f"error code {seen.state.error}"), remedy)
    return GROUP.ok(name, "none")


def firmware(name: str, who: MeterIdentity) -> Finding:
    """Billing under calibration law wants firmware that was certified."""
    told = words.printable(f"{who.meter_firmware} / {who.communication_firmware}")
    if not who.warnings:
        return GROUP.ok(name, f"{told}, certified")
    remedy = "ask the meter's maker; for billing under calibration law it has to be certified"
    return GROUP.warning(name, words.printable(" ".join(who.warnings)), remedy)


def output(name: str, state: State) -> Finding:
    """Nobody charges while the station does not run, so nothing may be on; and the meter wants to see that."""
    if state.output_on:
        remedy = "start the station: it ends what was not ended, and turns it off"
        return GROUP.warning(name, "on, although no station runs: the contactor may be closed", remedy)
    if not state.contactor_open:
        found = "off, but the feedback at DI does not say that the contactor is open: the outlet may be live"
        remedy = "check the auxiliary contact, normally closed, its wire to DI, and whether the contactor is welded"
        return GROUP.failure(name, found, remedy)
    return GROUP.ok(name, "off, contactor open")


def _off_s(state: State, now: datetime) -> float:
    assert state.time is not None
    return abs((state.time - now).total_seconds())
