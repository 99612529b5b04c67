"""What a station tells that runs: it has the ports and the line to the CSMS, so nobody else may ask there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from station import __version__
from station.commands.doctor.findings import Finding, Group
from station.core.why_codes import Standing, Step
from station.errors import StationError
from station.local.client import NotRunningError, ask
from station.texts import say

GROUP: Final = Group("station")
METERS: Final = Group("meter")
OUTLETS: Final = Group("outlets")
LINES: Final = Group("ports")
ACCEPTED: Final = "Accepted"
MANY: Final = 100
"""Requests after which the share of bad answers says something."""
MOST_BAD: Final = 0.05
BAD: Final = ("timeouts", "crc_errors", "wrong_answers")
"""Of station.meter.counters.Counters: what a good line has next to none of."""
LOOKED_AT: Final = frozenset({Step.FAULT, Step.LIMIT, Step.METER_TIME, Step.METER_ERROR, Step.CONTACTOR})
"""Links of the chain that are about hardware; the others depend on who charges now, or are told elsewhere."""
WORTH_A_WARNING: Final = frozenset({Step.METER_TIME, Step.METER_ERROR, Step.FAULT, Step.CONTACTOR})


@dataclass(frozen=True, slots=True)
class Told:
    """What a station said of itself, as JSON data (station.local.views); another version may leave something out."""

    station: Mapping[str, Any]
    chains: tuple[Mapping[str, Any], ...] = ()
    """By EVSE, what stops charging there (station.core.why_codes.Explanation)."""

    @property
    def crashes(self) -> Mapping[str, str]:
        """Why components ended with an error a moment ago, by name."""
        return dict(self.station.get("crashes", {}))

    def meter(self, evse_id: int) -> Mapping[str, Any]:
        """Return the meter of an EVSE; empty if nothing is told about it."""
        meters: list[Mapping[str, Any]] = self.station.get("meters", [])
        return next((meter for meter in meters if meter.get("evse_id") == evse_id), {})


def told_by(state_dir: Path) -> Told | None:
    """Ask the station that runs in this folder; None if none does, NotAnsweredError if it does not say."""
    try:
        answer = ask(state_dir, "doctor_facts")
    except NotRunningError:
        return None
    return Told(answer["station"], tuple(answer.get("why", ())))


def silent(error: StationError) -> Finding:
    """A station runs that does not answer."""
    remedy = "be root or the station's user; else look into its log: journalctl -u station"
    return GROUP.failure("process", str(error), remedy)


def process(told: Told | None, *, runs: bool) -> Iterator[Finding]:
    """Whether it runs, and runs well."""
    if told is None and runs:
        remedy = "look into its log: journalctl -u station; then start it anew"
        yield GROUP.warning("facts", "a station runs and does not tell what only it can reach", remedy)
        return
    if told is None:
        yield GROUP.skipped("process", "does not run: everything is looked at from here")
        return
    station = told.station
    version = str(station.get("version", ""))
    memory = f", {station['memory_mib']:.0f} MiB" if station.get("memory_mib") else ""
    since = str(station.get("started_at", ""))[:19].replace("T", " ")
    running = f"runs since {since} UTC, process {station.get('process_id')}{memory}, version {version}"
    if version == __version__:
        yield GROUP.ok("process", running)
    else:
        remedy = "start it anew: systemctl restart station"
        yield GROUP.warning("process", f"{running}; installed is {__version__}", remedy)
    for name, why in told.crashes.items():
        remedy = "see the log: station log --level error"
        yield GROUP.failure(name, f"ended with an error a moment ago: {why}", remedy)


def meters(told: Told, evse_ids: tuple[int, ...]) -> Iterator[Finding]:
    """The meters as the station knows them."""
    for evse_id in evse_ids:
        meter, name = told.meter(evse_id), f"EVSE {evse_id}"
        where = f"unit {meter.get('unit')} on line {meter.get('line')}"
        if not meter.get("known"):
            remedy = f"check its supply and the wires A and B; `station why {evse_id}` tells what came instead"
            yield METERS.failure(name, f"no usable answer from {where} since the station started", remedy)
            continue
        yield METERS.ok(name, f"{meter.get('model')}, serial {meter.get('serial')}, {where}")
        yield from _firmware(meter, f"{name} firmware")
        yield from quality(METERS, f"{name} answers", meter.get("counters", {}))


def lines(told: Told) -> Iterator[Finding]:
    """How well each line carries what is said on it."""
    for line in told.station.get("lines", []):
        yield from quality(LINES, f"line {line.get('name')} answers", line.get("counters", {}))


def outlets(told: Told) -> Iterator[Finding]:
    """What keeps each EVSE's hardware from charging; whoever just does not charge is none of it."""
    for chain in told.chains:
        name = f"EVSE {chain.get('evse_id')}"
        found = list(_links(chain, name))
        yield from found
        if not found:
            yield OUTLETS.ok(name, "charges" if chain.get("charging") else "nothing is wrong with its hardware")


def connection(told: Told, group: Group, name: str) -> Finding:
    """The line to the CSMS as the station holds it."""
    csms: Mapping[str, Any] = told.station.get("csms", {})
    if not csms.get("connected"):
        tried = f"; the last try: {csms['last_failure']}" if csms.get("last_failure") else ""
        remedy = "the lines above tell how far one gets now; the station tries again by itself"
        return group.failure(name, f"not connected{tried}", remedy)
    registration = csms.get("registration") or "not answered yet"
    if registration != ACCEPTED:
        remedy = "tell the CSMS's operator to accept this station: its identity, vendor and model"
        return group.warning(name, f"connected, but BootNotification is {registration}", remedy)
    return group.ok(name, f"connected and accepted, slot {csms.get('slot')}")


def quality(group: Group, name: str, counters: Mapping[str, int]) -> Iterator[Finding]:
    """Yield what the counters say about wires."""
    asked = counters.get("frames", 0)
    bad = sum(counters.get(kind, 0) for kind in BAD)
    told = f"{asked} requests, " + ", ".join(f"{counters.get(kind, 0)} {kind.replace('_', ' ')}" for kind in BAD)
    if asked >= MANY and bad > MOST_BAD * asked:
        remedy = "check the wires, their ends and the shield; 120 ohms at both ends of the line, and nowhere else"
        yield group.warning(name, told, remedy)
    else:
        yield group.ok(name, told)


def _firmware(meter: Mapping[str, Any], name: str) -> Iterator[Finding]:
    told = f"{meter.get('meter_firmware')} / {meter.get('communication_firmware')}"
    if warnings := meter.get("warnings"):
        remedy = "ask the meter's maker; for billing under calibration law it has to be certified"
        yield METERS.warning(name, " ".join(warnings), remedy)
    else:
        yield METERS.ok(name, f"{told}, certified")


def _links(chain: Mapping[str, Any], name: str) -> Iterator[Finding]:
    for link in chain.get("links", []):
        step, standing, code = link.get("step"), link.get("standing"), link.get("code", "")
        if step not in LOOKED_AT or standing not in (Standing.STOPS, Standing.NOTE):
            continue
        if standing == Standing.NOTE and step not in WORTH_A_WARNING:
            continue
        judge = OUTLETS.failure if standing == Standing.STOPS else OUTLETS.warning
        detail = f" ({link['detail']})" if link.get("detail") else ""
        yield judge(name, f"{_words(link, f'why.{code}')}{detail}", _words(link, f"why.{code}.remedy"))


def _words(link: Mapping[str, Any], key: str) -> str:
    try:
        return say("en", key, **link.get("params", {}))
    except KeyError:  # of another version
        return f"{link.get('code')}; `station why` tells more"
