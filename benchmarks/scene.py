"""A station between a bench with one EVSE and the small CSMS: real processes, real pseudo terminals, free ports."""

import contextlib
import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.parts import MeasuringError, Part

BAUD = 19200
TURN_ON_S = 2.0
"""How long the meter takes for a turn-on in these measurements."""
READY_S = 30.0

BENCH = """
[bench]
port = 0
folder = "."
[[evse]]
id = 1
meter = {{ port = "meter1", serial = "001BZR1521070101", baud = {baud}, pacing = true, {times} }}
controller = {{ port = "controller1", baud = {baud}, pacing = true }}
[[reader]]
id = 1
port = "reader1"
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
[[line]]
name = "meter"
port = "{folder}/meter1"
baud_rate = {baud}
parity = "none"
[[line]]
name = "controller"
port = "{folder}/controller1"
baud_rate = {baud}
parity = "none"
[[evse]]
id = 1
evse_id = "DE*ABC*E1234*1"
max_current_a = 16
connector = "sType2"
meter = {{ type = "bsm-ws36a", line = "meter" }}
controller = {{ type = "phoenix-ev-cc", line = "controller" }}
[[reader]]
name = "front"
type = "serial-line"
port = "{folder}/reader1"
evses = [1]
"""


class Csms:
    """The small CSMS, and what it has been sent."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self.port = int(part.line(within_s=READY_S))

    def came_at(self, action: str, what: str = "") -> float:
        """Return when the next message of this kind came (monotonic clock), skipping all others before it."""
        until = time.monotonic() + READY_S
        kind: list[str] = []
        while kind != [action, what]:
            try:
                came_at, *kind = json.loads(self._part.line(within_s=until - time.monotonic()))
            except MeasuringError as error:
                told = f"no {action} {what}".rstrip()
                raise MeasuringError(f"{told} within {READY_S:g} s; the logs are in {self._part.folder}") from error
        return float(came_at)


class Bench:
    """The simulated devices, and the hands that work on them."""

    def __init__(self, part: Part) -> None:
        self._url = json.loads(part.line(within_s=READY_S))["url"]

    def plug(self) -> None:
        self._post("evses/1/plug", side="both")

    def unplug(self) -> None:
        self._post("evses/1/unplug", side="both")

    def swipe(self, uid: str) -> None:
        self._post("readers/1/swipe", uid=uid)

    def _post(self, path: str, **body: str) -> None:
        request = urllib.request.Request(
            f"{self._url}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10):
            pass


class Scene:
    """What stands around a station, how to start one in it, and what happens at it."""

    def __init__(self, folder: Path, bench: Bench, csms: Csms) -> None:
        self._folder = folder
        self.bench = bench
        self.csms = csms

    def station(self) -> Part:
        """Start the daemon; the caller ends it."""
        return Part("station", "station", "run", "--config", str(self._folder / "station.toml"), folder=self._folder)

    def play(self, card: str) -> float:
        """Let a driver come, charge and go; return the seconds from the swipe to Started.

        Each driver needs another card: one that comes again at once counts as left at the reader.
        """
        self.bench.plug()
        self.csms.came_at("StatusNotification", "Occupied")
        swiped_at = time.monotonic()
        self.bench.swipe(card)
        took_s = self.csms.came_at("TransactionEvent", "Started") - swiped_at
        self.bench.swipe(card)
        self.csms.came_at("TransactionEvent", "Ended")
        self.bench.unplug()
        self.csms.came_at("StatusNotification", "Available")
        return took_s

    def bare_client(self) -> Part:
        """Start the bare client; it ends by itself."""
        return Part(
            "bare", "benchmarks.bare_client", f"ws://127.0.0.1:{self.csms.port}/ocpp/BARE-1", folder=self._folder
        )


@contextlib.contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Set bench and CSMS up in a folder of their own."""
    folder.mkdir(parents=True)
    times = f"turn_on_s = {TURN_ON_S}, turn_off_s = 0.1"
    (folder / "bench.toml").write_text(BENCH.format(baud=BAUD, times=times), "utf-8")
    with ExitStack() as parts:
        csms = Csms(parts.enter_context(Part("csms", "benchmarks.csms", "--tell", folder=folder)))
        bench = parts.enter_context(
            Part("bench", "simulators.bench.cli", "run", "--config", str(folder / "bench.toml"), folder=folder)
        )
        text = STATION.format(port=csms.port, folder=folder, baud=BAUD)
        (folder / "station.toml").write_text(text, "utf-8")
        yield Scene(folder, Bench(bench), csms)
