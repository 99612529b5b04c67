"""`station status`: the running station at a glance."""

import argparse
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from station import texts
from station.commands import terminal
from station.commands.station_folder import state_dir
from station.commands.terminal import Cell, Column, Styled
from station.commands.why import finding
from station.local.client import ask

View = Mapping[str, Any]
"""JSON of one of station.local.views."""

STYLES: Final = {"charging": "good", "faulted": "bad", "unavailable": "warn"}
TROUBLE: Final = ("timeouts", "crc_errors", "wrong_answers")
"""Counters that should stay at zero."""
OUTLETS: Final = (
    Column("EVSE", right=True),
    Column("name", whole=True),
    "state",
    Column("kW", right=True),
    Column("A", right=True, whole=True),
    Column("kWh", right=True),
    "why",
)
METERS: Final = (
    Column("EVSE", right=True),
    Column("meter", whole=True),
    "firmware",
    "line",
    Column("age", right=True),
    Column("errors", right=True),
)


def show(options: argparse.Namespace) -> int:
    """Ask the running station and print what it says; NotRunningError if there is none."""
    folder = state_dir(options)
    station = ask(folder, "status")
    if options.json:
        print(json.dumps(station))
        return 0
    chains = {explanation["evse_id"]: explanation["first"] for explanation in ask(folder, "why")}
    terminal.fields(_facts(station))
    terminal.heading("Outlets")
    terminal.table(OUTLETS, [_outlet(outlet, chains) for outlet in station["outlets"]])
    terminal.heading("Meters")
    terminal.table(METERS, map(_meter, station["meters"]))
    if warnings := list(_warnings(station)):
        terminal.heading("To be seen to")
        for warning in warnings:
            terminal.say(Styled("!", "warn"), warning)
    return 0


def _facts(station: View) -> Iterator[tuple[str, Cell]]:
    csms = station["csms"]
    yield "station", f"{station['identity']}, {station['vendor_name']} {station['model']}"
    yield "software", f"{station['version']}, {_memory(station)}process {station['process_id']}"
    yield "running since", f"{_instant(station['started_at'])}, {_span(station['started_at'], station['now'])}"
    yield "CSMS", _standing(csms)
    yield "", f"{csms['url']} (slot {csms['slot']}, security profile {csms['security_profile']})"
    yield "queue", f"{csms['queued'] or 'no'} messages wait, {csms['dead_letters'] or 'none'} given up"


def _standing(csms: View) -> Cell:
    if csms["online"]:
        return Styled("connected and accepted", "good")
    if csms["connected"]:
        return Styled(f"connected, {csms['registration'].lower() or 'not announced yet'}", "warn")
    return Styled("not connected", "bad")


def _outlet(operator: View, chains: Mapping[int, View | None]) -> tuple[Cell, ...]:
    outlet = operator["outlet"]
    live, activity = outlet.get("live", {}), outlet["activity"]
    power_w, energy_wh = live.get("power_w"), outlet.get("energy_wh")
    return (
        str(outlet["evse_id"]),
        outlet["name"] or "-",
        Styled(activity.replace("_", " "), STYLES.get(activity, "")),
        "-" if power_w is None else f"{power_w / 1000:.2f}",
        " ".join(f"{current:.1f}" for current in live.get("currents_a", ())) or "-",
        "-" if energy_wh is None else f"{energy_wh / 1000:.2f}",
        _missing(chains.get(outlet["evse_id"])),
    )


def _missing(first: View | None) -> Cell:
    """Return what stops an outlet, or is waited for there."""
    if first is None:
        return ""
    return Styled(finding(first, texts.LANGUAGES[0]), "warn" if first["standing"] == "stops" else "")


def _meter(meter: View) -> tuple[Cell, ...]:
    errors = sum(meter["counters"][name] for name in TROUBLE)
    age_s = meter.get("reading_age_s")
    return (
        str(meter["evse_id"]),
        meter["serial"] or Styled("not met yet", "warn"),
        " / ".join(filter(None, (meter["meter_firmware"], meter["communication_firmware"]))) or "-",
        f"{meter['line']} unit {meter['unit']}",
        Styled("no value", "warn") if age_s is None else f"{age_s:.0f} s",
        Styled(str(errors), "warn") if errors else "0",
    )


def _warnings(station: View) -> Iterator[str]:
    csms = station["csms"]
    if csms["last_failure"] and not csms["connected"]:
        yield f"CSMS, the last try: {csms['last_failure']}"
    if csms["dead_letters"]:
        yield f"messages to the CSMS that were given up: {csms['dead_letters']}, see station letters list"
    if not station["clock_trusted"]:
        yield "nobody says that the clock is right: no NTP, and no time from the CSMS"
    for name, why in station["crashes"].items():
        yield f"{name} crashed: {why}"
    for outlet in station["outlets"]:
        evse_id = outlet["outlet"]["evse_id"]
        if outlet["faults"]:
            yield f"EVSE {evse_id}: {', '.join(outlet['faults'])}; what to do: station why {evse_id}"
        if outlet["owed_transaction"]:
            yield f"EVSE {evse_id}: the signed end of {outlet['owed_transaction']} is missing, and asked for"
    for meter in station["meters"]:
        for text in (meter["unfit"], *meter["warnings"]):
            if text:
                yield f"meter of EVSE {meter['evse_id']}: {text}"


def _memory(station: View) -> str:
    memory_mib = station.get("memory_mib")
    return "" if memory_mib is None else f"{memory_mib:.1f} MiB, "


def _instant(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC"


def _span(since: str, now: str) -> str:
    minutes = int((datetime.fromisoformat(now) - datetime.fromisoformat(since)).total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min" if hours else f"{minutes} min"
