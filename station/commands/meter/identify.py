"""`station meter identify`: who a meter is, and how it stands."""

import argparse
import hashlib
import json
import sys
from datetime import datetime
from functools import partial
from typing import Any, TextIO

from station.commands.meter import words
from station.commands.meter.connection import Connection, Place, with_meter
from station.core.powermeter import to_json
from station.meter.bsm.identity import CERTIFIED, events_in_words
from station.meter.bsm.state import State, read_state
from station.meter.port import MeterIdentity

NO_ERROR = "00000000"


def run(options: argparse.Namespace) -> int:
    """Show the meter; 0 whatever it is, as long as it is one."""
    return with_meter(options, partial(show, out=sys.stdout, as_json=options.json))


async def show(connection: Connection, *, out: TextIO, as_json: bool = False) -> int:
    """Ask the meter and print what it says."""
    identity = await connection.meter.identify()
    state = await read_state(connection.device)
    now = connection.clock.now()
    if as_json:
        print(json.dumps(_data(identity, state, now), indent=2), file=out)
    else:
        print(words.lines(_facts(identity, state, connection.place, now)), file=out)
    return 0


def fingerprint(key: bytes) -> str:
    """Return the SHA-256 of a key in its DER form, as hex digits."""
    return hashlib.sha256(key).hexdigest()


def _facts(identity: MeterIdentity, state: State, place: Place, now: datetime) -> list[tuple[str, str]]:
    key = f"SHA-256 {fingerprint(identity.public_key)}"
    return [
        ("meter", words.printable(f"{identity.manufacturer} {identity.model}, serial {identity.serial}")),
        ("firmware", words.printable(f"{identity.meter_firmware} / {identity.communication_firmware}")),
        ("", f"SHA-256 {identity.firmware_hash.hex() or 'not told'}"),
        *(("", "on the list of certified ones") for _ in range(_is_certified(identity))),
        *(("warning", words.printable(text)) for text in identity.warnings),
        (
            "billing",
            f"NOT FIT: {words.printable(identity.unfit)}" if identity.unfit else "nothing reported against it",
        ),
        *((("error code"), words.printable(state.error)) for _ in range(state.error not in ("", NO_ERROR))),
        ("events", events_in_words(state.events) or "none"),
        ("public key", key),
        *(("", text) for text in _key_in_settings(identity, place)),
        ("line", f"unit {_told(state.unit)}, {_told(state.baud_rate)} baud"),
        ("clock", words.clock(state, now)),
        ("", _settings_of_clock(state)),
        ("records", f"{_told(state.records)} signed so far (RCnt)"),
        ("power losses", f"{_told(state.power_downs)} (PDCnt)"),
        ("in operation", f"{words.span(state.operating_s or 0)} (OS {_told(state.operating_s)})"),
        ("session", f"{(state.session_energy_wh or 0) / 1000:.2f} kWh since the last turn-on or start (RCR)"),
        ("output", "on: it demands the contactor to be closed (DO 1)" if state.output_on else "off (DO 0)"),
        ("contactor", "open (DI 1)" if state.contactor_open else "closed, or its feedback is not wired (DI 0)"),
    ]


def _key_in_settings(identity: MeterIdentity, place: Place) -> list[str]:
    if place.public_key is None:
        return []
    fits = place.public_key == identity.public_key
    return ["as in the settings" if fits else "NOT the one in the settings: the station would refuse this meter"]


def _settings_of_clock(state: State) -> str:
    last = f", the last at operating second {state.clock_set_os}" if state.clock_settings else ""
    return f"settings so far: {_told(state.clock_settings)} (EpochSetCnt){last}"


def _is_certified(identity: MeterIdentity) -> bool:
    return (identity.meter_firmware, identity.communication_firmware, identity.firmware_hash.hex()) in CERTIFIED


def _told(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def _data(identity: MeterIdentity, state: State, now: datetime) -> dict[str, Any]:
    return {
        "manufacturer": identity.manufacturer,
        "model": identity.model,
        "serial": identity.serial,
        "meter_firmware": identity.meter_firmware,
        "communication_firmware": identity.communication_firmware,
        "firmware_hash": identity.firmware_hash.hex(),
        "certified": _is_certified(identity),
        "public_key": identity.public_key.hex(),
        "public_key_sha256": fingerprint(identity.public_key),
        "unfit": identity.unfit,
        "warnings": list(identity.warnings),
        "events": state.events,
        "error_code": state.error,
        "unit": state.unit,
        "baud_rate": state.baud_rate,
        "clock": {
            "time": to_json(state.time),
            "offset_min": state.offset_min,
            "this_computer": to_json(now),
            "settings": state.clock_settings,
            "set_at_operating_second": state.clock_set_os,
        },
        "records": state.records,
        "power_downs": state.power_downs,
        "operating_s": state.operating_s,
        "session_energy_wh": state.session_energy_wh,
        "output_on": state.output_on,
        "contactor_open": state.contactor_open,
    }
