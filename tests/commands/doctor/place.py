"""A station's folder to look at, and what is found there by name."""

import os
from collections.abc import AsyncIterable, Iterable
from pathlib import Path
from typing import Any

from station.clock import Clock
from station.commands.doctor.case import Case
from station.commands.doctor.daemon import Told
from station.commands.doctor.findings import Finding, Result
from station.commands.doctor.permissions import User
from station.settings import Settings, load
from tests.fakes_clock import FakeClock

IDENTITY = "STATION-1"
PASSWORD = "a-password-for-tests"
NOWHERE = "ws://127.0.0.1:9/ocpp"

TEXT = """
[station]
identity = "{identity}"
vendor_name = "Tests"
model = "Doctor"
state_dir = "state"
trust_clock = true
[csms]
url = "{url}"
{csms}
[[line]]
name = "meters"
port = "meter1"
parity = "none"
[[line]]
name = "controllers"
port = "controller1"
parity = "none"
[[evse]]
id = 1
evse_id = "DE*ABC*E1"
max_current_a = 16
connector = "sType2"
[evse.meter]
type = "bsm-ws36a"
line = "meters"
timezone = "Europe/Berlin"
{meter}
[evse.controller]
type = "phoenix-ev-cc"
line = "controllers"
{more}
"""
READER = '[[reader]]\nname = "front"\ntype = "serial-line"\nport = "reader1"\nevses = [1]\n'
MYSELF = User("me", os.geteuid(), os.getegid(), frozenset({os.getegid(), *os.getgroups()}))
SOMEBODY = User("somebody", 54321, 54321, frozenset({54321}))
"""Who owns nothing here."""


def settings(folder: Path, *, url: str = NOWHERE, csms: str = "", meter: str = "", more: str = READER) -> Settings:
    """Write the settings of a station with one EVSE, for its owner alone, and return them."""
    file = folder / "station.toml"
    password = csms or f'password = "{PASSWORD}"'
    file.write_text(TEXT.format(identity=IDENTITY, url=url, csms=password, meter=meter, more=more))
    file.chmod(0o600)
    return load(file)


def case(
    folder: Path,
    *,
    clock: Clock | None = None,
    told: Told | None = None,
    runs: bool = False,
    boot: bool = True,
    **text: Any,
) -> Case:
    """Return what is looked at."""
    return Case(settings(folder, **text), clock or FakeClock(), MYSELF, told=told, runs=runs, with_boot=boot)


async def all_of(findings: AsyncIterable[Finding]) -> list[Finding]:
    return [finding async for finding in findings]


def named(findings: Iterable[Finding], name: str, group: str = "") -> Finding:
    """Return the only finding of a name."""
    (found,) = (each for each in findings if each.name == name and group in ("", each.group))
    return found


def bad(findings: Iterable[Finding]) -> dict[str, str]:
    """Return what is found at everything that is not well."""
    return {
        f"{finding.group}, {finding.name}": finding.found
        for finding in findings
        if finding.result in (Result.WARNING, Result.FAILURE)
    }
