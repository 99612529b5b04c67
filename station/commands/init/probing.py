"""Looks who answers on a line: meters and the charge controllers that are known. Nothing is ever written."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.commands.doctor.ports import PSEUDO_TERMINALS
from station.commands.doctor.read_only import ReadOnly
from station.errors import DeviceError, PortError, SettingsError
from station.hardware import drivers
from station.hardware.drivers import Role
from station.hardware.places import Probe, probe_of, traits_of
from station.meter.bsm.identity import identify
from station.meter.lines import TCP, DeviceLine, line_at
from station.meter.port import MeterIdentity
from station.meter.serial_stream import Parity

METER: Final = "bsm-ws36a"
METER_UNIT: Final = 42
ANSWER_S: Final = 0.4
"""What the slowest of them needs, the time on the wire not counted."""
RETRIES: Final = 1


@dataclass(frozen=True, slots=True)
class Speed:
    """How a line is spoken on."""

    baud: int
    parity: Parity


SPEEDS: Final = (Speed(19200, "E"), Speed(19200, "N"), Speed(9600, "N"))
"""How devices come from their makers: the meter, the Phoenix controllers, the EVSE-WB."""


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered."""

    port: str
    speed: Speed
    unit: int
    type: str
    """As settings name it."""
    told: str
    """What it says of itself, for people."""
    identity: MeterIdentity | None = None
    """Of a meter."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of one port."""

    port: str
    found: tuple[Found, ...] = ()
    problem: str = ""
    """Why it cannot be used; empty if it can."""


async def look(port: str, *, meter_units: Sequence[int] = (), controller_units: Sequence[int] = ()) -> Looked:
    """Ask at every speed until somebody answers: a line has one.

    Without units each kind is looked for at its maker's, and from there on for as long as one follows the other.
    """
    problems: list[str] = []
    speeds = _speeds(port)
    for speed in speeds:
        line = line_at(port, baud=speed.baud, parity=speed.parity)
        try:
            line.open()
            found = [device async for device in _at(line, port, speed, meter_units, controller_units)]
        except PortError as error:
            problems.append(str(error))
            continue
        finally:
            line.close()
        if found:
            return Looked(port, tuple(found))
    return Looked(port, problem=problems[0] if len(problems) == len(speeds) else "")


def _speeds(port: str) -> Sequence[Speed]:
    if port.startswith(TCP):
        return SPEEDS[:1]
    if PSEUDO_TERMINALS in Path(port).resolve().parents:
        # Its parity is lost at once, and the next one who asks for it is refused.
        return [speed for speed in SPEEDS if speed.parity == "N"]
    return SPEEDS


async def _at(
    line: DeviceLine, port: str, speed: Speed, meter_units: Sequence[int], controller_units: Sequence[int]
) -> AsyncIterator[Found]:
    taken: set[int] = set()
    async for found in _meters(line, port, speed, meter_units):
        taken.add(found.unit)
        yield found
    for name, probe, gap_s, unit in _probes():
        for number in controller_units or _from(unit):
            if number in taken:
                continue
            device = ReadOnly(line.device(number, timeout_s=ANSWER_S, retries=RETRIES, late_s=ANSWER_S, gap_s=gap_s))
            told = await _told(probe, device)
            if told is not None:
                taken.add(number)
                yield Found(port, speed, number, name, told)
            elif not controller_units:
                break


async def _meters(line: DeviceLine, port: str, speed: Speed, units: Sequence[int]) -> AsyncIterator[Found]:
    for unit in units or _from(METER_UNIT):
        device = ReadOnly(line.device(unit, timeout_s=ANSWER_S, retries=RETRIES, late_s=ANSWER_S))
        try:
            who, _ = await identify(device, name=f"unit {unit} on {port}")
        except PortError:
            raise
        except DeviceError:
            if units:
                continue
            return
        yield Found(port, speed, unit, METER, f"{who.manufacturer} {who.model}, serial {who.serial}", who)


async def _told(probe: Probe, device: ReadOnly) -> str | None:
    try:
        return await probe(device)
    except PortError:
        raise
    except DeviceError:
        return None


def _probes() -> Iterator[tuple[str, Probe, float, int]]:
    """Yield what can be looked for: name, how, the pause that it needs, and its maker's unit."""
    for name in drivers.names(Role.CHARGE_CONTROLLER):
        try:
            driver = drivers.charge_controller(name)
        except SettingsError:
            continue  # somebody else's, and broken; whoever names it in the settings is told
        probe, traits = probe_of(driver), traits_of(driver)
        if probe is not None:
            yield name, probe, traits.gap_s, traits.unit


def _from(unit: int) -> range:
    return range(unit, 248)


async def look_at_all(
    ports: Sequence[str], *, meter_units: Sequence[int] = (), controller_units: Sequence[int] = ()
) -> tuple[Looked, ...]:
    """Look at every port at the same time; in the order that was given."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                look(port, meter_units=meter_units, controller_units=controller_units), name=f"probe-{port}"
            )
            for port in ports
        ]
    return tuple(task.result() for task in tasks)
