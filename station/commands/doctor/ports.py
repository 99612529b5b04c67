"""The ports of lines and readers: there, permitted, and nobody else's."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from station.commands.doctor.case import Case
from station.commands.doctor.findings import Finding, Group, reason
from station.commands.doctor.holders import holders
from station.commands.doctor.permissions import READ, WRITE, User, group_name, obstacle
from station.errors import PortError
from station.serial_port import open_serial
from station.settings import Settings

LINES: Final = Group("ports")
READERS: Final = Group("readers")
TCP: Final = "tcp"
CONNECT_S: Final = 5.0
PSEUDO_TERMINALS: Final = Path("/dev/pts")
"""Whoever made one has both its ends open."""
NOT_SERIAL: Final = frozenset({"keyboard"})
"""Types of readers whose port is no serial port: it is only looked at."""


@dataclass(frozen=True, slots=True)
class Port:
    """Something that the settings name as a port."""

    group: Group
    name: str
    """Of the line or the reader."""
    place: str
    """A device, or tcp://host:port."""
    serial: bool = True


def ports_of(settings: Settings) -> Iterator[Port]:
    """Yield every port once."""
    for line in settings.lines:
        yield Port(LINES, f"line {line.name}", line.port)
    for reader in settings.readers:
        yield Port(READERS, reader.name, reader.port, serial=reader.type not in NOT_SERIAL)


async def check(case: Case) -> AsyncIterator[tuple[Port, Finding]]:
    """Look at every port; one that a running station holds is not touched."""
    for port in ports_of(case.settings):
        if urlsplit(port.place).scheme == TCP:
            yield port, await network(port, held=case.runs)
        else:
            yield port, device(port, case.user, held=case.runs)


async def network(port: Port, *, held: bool = False) -> Finding:
    """Somebody listens there; a device may allow one connection only, so it is given up at once, or not tried."""
    if held:
        return port.group.ok(port.name, f"{port.place}, in use by the station")
    url = urlsplit(port.place)
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(url.hostname, url.port)
    except OSError as error:
        why = reason(error) or "no answer"
        remedy = "check the device's supply, its address and the cable; the port of Modbus TCP is 502 as a rule"
        return port.group.failure(port.name, f"{port.place} cannot be reached: {why}", remedy)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return port.group.ok(port.name, f"{port.place} answers")


def device(port: Port, user: User, *, held: bool) -> Finding:
    """A device file can be opened by the station's user; `held`: the station runs, and has it open."""
    path = Path(port.place)
    if shut := obstacle(path, user):
        return port.group.failure(port.name, f"{user.name} cannot reach {path}", f"chmod o+x {shut}")
    if not path.exists():
        remedy = "plug the adapter in; /dev/serial/by-id lists those that are, `station init` who answers at which"
        return port.group.failure(port.name, f"{path} does not exist", remedy)
    status = path.stat()
    if not user.may(status, READ | WRITE):
        group = group_name(status.st_gid)
        remedy = f"add it to the group: usermod -aG {group} {user.name}, and start the station anew"
        return port.group.failure(port.name, f"{path} may not be opened by {user.name} (group {group})", remedy)
    if held:
        return port.group.ok(port.name, f"{path}, in use by the station")
    return _free(port, path)


def _free(port: Port, path: Path) -> Finding:
    if port.serial:
        try:
            open_serial(port.place, 9600).close()
        except PortError as error:
            remedy = "end that process, or name another port"
            return port.group.failure(port.name, _in_use(path) or str(error), remedy)
    if PSEUDO_TERMINALS not in path.resolve().parents and (others := _others(path)):
        remedy = f"end it: what it reads from there is lost for the station; `fuser -v {path}` shows it"
        return port.group.warning(port.name, f"{path} is open in {others} too", remedy)
    return port.group.ok(port.name, f"{path} can be opened")


def _in_use(path: Path) -> str:
    """Say who has the port; empty if nobody is known to."""
    others = _others(path)
    return f"{path} is in use by {others}" if others else ""


def _others(path: Path) -> str:
    return ", ".join(map(str, holders(path)))
