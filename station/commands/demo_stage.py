"""Where a demo is played: its folder, its settings, and the processes that stand for station and surroundings."""

import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.commands.demo_bench import Bench
from station.commands.demo_csms import Csms
from station.commands.demo_parts import DemoError, Part, Parts
from station.web.passwords import set_password

STATION: Final = "DEMO-1"
URL: Final = "ws://127.0.0.1:9000/ocpp"
"""In the settings of the station; replaced by what the CSMS says."""
CSMS_PORT: Final = 9000
BENCH_PORT: Final = 8490
WEB_PORT: Final = 8080
STATE: Final = "state"
METERS: Final = "meters"


@dataclass(frozen=True, slots=True)
class Site:
    """What is built up: names of settings files."""

    station: str = "demo.toml"
    bench: str = "demo-bench.toml"
    evses: int = 1


@dataclass(frozen=True, slots=True)
class Web:
    """The status page of the station."""

    port: int
    password: str
    """Of operators; another one each time."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


ONE_EVSE: Final = Site()
FOUR_EVSES: Final = Site("demo-four.toml", "demo-four-bench.toml", evses=4)


class Stage:
    """The processes of a demo while they run."""

    def __init__(self, folder: Path, parts: Parts, *, csms: Csms, bench: Bench, web: Web) -> None:
        self.folder = folder
        self.parts = parts
        self.csms = csms
        self.bench = bench
        self.web = web
        self._station: Part | None = None
        self._starts = 0

    @property
    def state_dir(self) -> Path:
        return self.folder / STATE

    def start_station(self) -> None:
        """Start the daemon; each start has a log of its own."""
        self._starts += 1
        name = "station" if self._starts == 1 else f"station-{self._starts}"
        self._station = self.parts.start(name, "station", "run", "--config", "station.toml")

    def kill_station(self) -> None:
        """Take the daemon away as a power cut does."""
        assert self._station is not None
        self.parts.kill(self._station)


@contextmanager
def opened(
    folder: Path, site: Site, *, realtime: bool, usual_ports: bool, security: tuple[str, ...] = ()
) -> Iterator[Stage]:
    """Build everything up in a folder and take it down again.

    `usual_ports`: those of the documentation, if they are free; `security`: further arguments for the CSMS.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _prepare_bench(folder, site, realtime=realtime)
    ports = (CSMS_PORT, BENCH_PORT) if usual_ports else (0, 0)
    with Parts(folder) as parts:
        csms_part = parts.start(
            "csms", "simulators.mock_csms.cli", "run", "--port", str(ports[0]), "--api-port", "0",
            "--password", "a-password-for-the-demo", "--price", "0.49", *security,
        )  # fmt: skip
        bench_part = parts.start(
            "bench", "simulators.bench.cli", "run", "--config", "bench.toml", "--port", str(ports[1])
        )
        # Somebody else may have the usual ports.
        csms = Csms(parts.ready(csms_part, "--port", "0"), STATION)
        bench = Bench(str(parts.ready(bench_part, "--port", "0")["url"]))
        web = Web(_free_port(WEB_PORT if usual_ports else 0), secrets.token_urlsafe(9))
        _prepare_station(folder, site, csms, web)
        stage = Stage(folder, parts, csms=csms, bench=bench, web=web)
        stage.start_station()
        yield stage


def forget(folder: Path) -> None:
    """Make the station and the meters of a folder new."""
    for name in (STATE, METERS):
        shutil.rmtree(folder / name, ignore_errors=True)


def _prepare_bench(folder: Path, site: Site, *, realtime: bool) -> None:
    """Write the bench's settings into the demo's folder; receipts of earlier demos stay there."""
    bench = (_config_folder() / site.bench).read_text("utf-8")
    if realtime:
        bench = bench.replace("time_scale = 0.2", "time_scale = 1").replace("energy_scale = 120", "energy_scale = 1")
    (folder / "bench.toml").write_text(bench, "utf-8")


def _prepare_station(folder: Path, site: Site, csms: Csms, web: Web) -> None:
    """Write the station's settings into the demo's folder, and the password of its page."""
    station = (_config_folder() / site.station).read_text("utf-8")
    station = station.replace(URL, csms.url).replace(f"port = {WEB_PORT}", f"port = {web.port}")
    (folder / "station.toml").write_text(station, "utf-8")
    (folder / STATE).mkdir(mode=0o700, exist_ok=True)
    set_password(folder / STATE, web.password)


def _free_port(wanted: int) -> int:
    """Return a port that was free a moment ago: that one, or another if somebody has it."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return _free_port(0)
        return int(probe.getsockname()[1])


def _config_folder() -> Path:
    """Return where the demo's settings are: in the installed package, else in the working tree."""
    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "config", here.parents[2] / "config"):
        if (folder / "demo.toml").exists():
            return folder
    raise DemoError("config/demo.toml is missing; install the package again or run from its working tree")
