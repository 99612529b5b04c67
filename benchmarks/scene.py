"""A station between a bench and the small CSMS: real processes, real pseudo terminals, free ports."""

import contextlib
import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.parts import MeasuringError, Part

BAUD = 19200
TURN_ON_S = 2.0
"""How long the meter takes for a turn-on in these measurements."""
TURN_OFF_S = 0.1
LOCK_S = 0.3
"""What the actuator of the bench's lock needs; nothing is signed before it holds the plug."""
READY_S = 30.0
SIGNED = "SignedDataReceived"
"""Trigger of the event that tells that the begin is signed."""

BENCH = """
[bench]
port = 0
folder = "."
"""
BENCH_EVSE = """
[[evse]]
id = {id}
controller = {{ port = "controller{line}", unit = {controller_unit}, baud = {baud}, pacing = true }}
[evse.meter]
port = "meter{line}"
unit = {meter_unit}
serial = "001BZR15210701{id:02}"
baud = {baud}
pacing = true
turn_on_s = {turn_on_s}
turn_off_s = {turn_off_s}
[[reader]]
id = {id}
port = "reader{id}"
"""

STATION = """
[station]
identity = "BENCH-1"
vendor_name = "bsm-station"
model = "Benchmark"
state_dir = "state"
[csms]
url = "ws://127.0.0.1:{port}/ocpp"
password = "only-for-benchmarks"
[variables]
{variables}
"""
STATION_LINE = """
[[line]]
name = "{kind} {line}"
port = "{folder}/{kind}{line}"
baud_rate = {baud}
parity = "none"
"""
STATION_EVSE = """
[[evse]]
id = {id}
evse_id = "DE*ABC*E1234*{id}"
max_current_a = 16
connector = "sType2"
meter = {{ type = "bsm-ws36a", line = "meter {line}", unit = {meter_unit} }}
controller = {{ type = "phoenix-ev-cc", line = "controller {line}", unit = {controller_unit} }}
[[reader]]
name = "reader {id}"
type = "serial-line"
port = "{folder}/reader{id}"
evses = [{id}]
"""
FIRST_METER, FIRST_CONTROLLER = 42, 1
"""Units of the first EVSE on a line; those of the others follow."""


class Csms:
    """The small CSMS, and what it has been sent."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self.port = int(part.line(within_s=READY_S))

    def came_at(self, action: str, what: str = "", *, trigger: str = "") -> float:
        """Return when the next message of this kind came (monotonic clock), skipping all others before it.

        Events count whatever their trigger, if none is named.
        """
        until = time.monotonic() + READY_S
        kind: list[str] = []
        why = ""
        while kind != [action, what] or trigger not in ("", why):
            try:
                came_at, *kind, why = json.loads(self._part.line(within_s=until - time.monotonic()))
            except MeasuringError as error:
                told = f"no {action} {what}".rstrip()
                raise MeasuringError(f"{told} within {READY_S:g} s; the logs are in {self._part.folder}") from error
        return float(came_at)

    def heard_for(self, seconds: float) -> list[tuple[str, str]]:
        """Listen for so long; return what kinds of messages came, one each."""
        until = time.monotonic() + seconds
        kinds: list[tuple[str, str]] = []
        while (left_s := until - time.monotonic()) > 0:
            line = self._part.heard(within_s=left_s)
            if line is not None:
                _came_at, action, what, _trigger = json.loads(line)
                kinds.append((action, what))
        return kinds


class Bench:
    """The simulated devices, and the hands that work on them."""

    def __init__(self, part: Part) -> None:
        self._url = json.loads(part.line(within_s=READY_S))["url"]

    def plug(self, evse: int = 1) -> None:
        self._post(f"evses/{evse}/plug", side="both")

    def unplug(self, evse: int = 1) -> None:
        self._post(f"evses/{evse}/unplug", side="both")

    def swipe(self, uid: str, *, reader: int = 1) -> None:
        self._post(f"readers/{reader}/swipe", uid=uid)

    def _post(self, path: str, **body: str) -> None:
        request = urllib.request.Request(
            f"{self._url}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10):
            pass


@dataclass(frozen=True, slots=True)
class Played:
    """What the CSMS was told, in seconds from the swipe."""

    started_s: float
    signed_s: float
    """The begin is signed, and told so."""


class Scene:
    """What stands around a station, how to start one in it, and what happens at it."""

    def __init__(self, folder: Path, bench: Bench, csms: Csms) -> None:
        self.folder = folder
        self.bench = bench
        self.csms = csms

    def station(self) -> Part:
        """Start the daemon; the caller ends it."""
        return Part("station", "station", *self._run, folder=self.folder)

    def watched_station(self, delays: Path) -> Part:
        """Start the daemon on a loop that writes down, at its end, how late it was; the caller ends it."""
        return Part("station", "benchmarks.watched", str(delays), *self._run, folder=self.folder)

    @property
    def _run(self) -> tuple[str, ...]:
        return "run", "--config", str(self.folder / "station.toml")

    def play(self, card: str) -> Played:
        """Let a driver come, charge and go.

        Each driver needs another card: one that comes again at once counts as left at the reader.
        """
        self.bench.plug()
        self.csms.came_at("StatusNotification", "Occupied")
        swiped_at = time.monotonic()
        self.bench.swipe(card)
        started_s = self.csms.came_at("TransactionEvent", "Started") - swiped_at
        signed_s = self.csms.came_at("TransactionEvent", "Updated", trigger=SIGNED) - swiped_at
        self.bench.swipe(card)
        self.csms.came_at("TransactionEvent", "Ended")
        self.bench.unplug()
        self.csms.came_at("StatusNotification", "Available")
        return Played(started_s, signed_s)

    def bare_client(self) -> Part:
        """Start the bare client; it ends by itself."""
        return Part(
            "bare", "benchmarks.bare_client", f"ws://127.0.0.1:{self.csms.port}/ocpp/BARE-1", folder=self.folder
        )


@contextlib.contextmanager
def scene(
    folder: Path, *, evses: int = 1, per_line: int = 4, variables: str = "", sections: str = ""
) -> Iterator[Scene]:
    """Set bench and CSMS up in a folder of their own; `per_line` EVSEs share two lines.

    `variables` and whole `sections` are added to the station's settings.
    """
    folder.mkdir(parents=True)
    with ExitStack() as parts:
        csms = Csms(parts.enter_context(Part("csms", "benchmarks.csms", "--tell", folder=folder)))
        station, devices = scene_files(folder, port=csms.port, evses=evses, per_line=per_line, variables=variables)
        (folder / "station.toml").write_text(station + sections, "utf-8")
        (folder / "bench.toml").write_text(devices, "utf-8")
        bench = parts.enter_context(
            Part("bench", "simulators.bench.cli", "run", "--config", str(folder / "bench.toml"), folder=folder)
        )
        yield Scene(folder, Bench(bench), csms)


def scene_files(folder: Path, *, port: int, evses: int, per_line: int, variables: str) -> tuple[str, str]:
    """Return the settings of the station and of the bench; `port` is the CSMS's."""
    rows = [_row(folder, at, per_line=per_line) for at in range(evses)]
    lines = [
        STATION_LINE.format(kind=kind, line=line, folder=folder, baud=BAUD)
        for line in sorted({row["line"] for row in rows})
        for kind in ("meter", "controller")
    ]
    station = [STATION.format(port=port, variables=variables), *lines]
    station += [STATION_EVSE.format(**row) for row in rows]
    return "".join(station), BENCH + "".join(BENCH_EVSE.format(**row) for row in rows)


def _row(folder: Path, at: int, *, per_line: int) -> dict[str, Any]:
    return {
        "id": at + 1,
        "line": at // per_line + 1,
        "meter_unit": FIRST_METER + at % per_line,
        "controller_unit": FIRST_CONTROLLER + at % per_line,
        "baud": BAUD,
        "turn_on_s": TURN_ON_S,
        "turn_off_s": TURN_OFF_S,
        "folder": folder,
    }
