"""`station demo`: one charging session over simulated parts and real wires, told line by line."""

import argparse
import shutil
import signal
import sys
from pathlib import Path

from station.commands.demo_csms import Csms
from station.commands.demo_parts import DemoError, Parts
from station.commands.demo_security import PASSWORD, Upgrade
from station.commands.demo_story import CARD, Story, Teller
from station.commands.receipts.sessions import described, energy_wh, xml_of
from station.meter.evidence.safe_xml import read_evidence
from station.meter.evidence.verdict import examine
from station.storage.database import Database
from station.storage.receipts import Receipt, Receipts

STATION = "DEMO-1"
CSMS_PORT = 9000
BENCH_PORT = 8490


def run(options: argparse.Namespace) -> int:
    """Play the session; 0 if both signatures are valid at the end."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    folder = _folder(options)
    _prepare_bench(folder, realtime=options.realtime)
    with Parts(folder) as parts:
        csms_part = parts.start(
            "csms", "simulators.mock_csms.cli", "run", "--port", str(CSMS_PORT), "--api-port", "0",
            "--password", "a-password-for-the-demo", *_tls(options.security),
        )  # fmt: skip
        bench = parts.start(
            "bench", "simulators.bench.cli", "run", "--config", "bench.toml", "--port", str(BENCH_PORT)
        )
        # Somebody else may have the usual ports.
        csms = Csms(parts.ready(csms_part, "--port", "0"), STATION)
        bench_api = parts.ready(bench, "--port", "0")["url"]
        _prepare_station(folder, csms)
        parts.start("station", "station", "run", "--config", "station.toml")
        teller = Teller()
        story = Story(parts, teller, csms=csms, bench_api=bench_api)
        story.boot()
        if options.security > PASSWORD:
            Upgrade(parts, teller, csms=csms, profile=options.security).tell()
        story.charge()
        receipt = _receipt(folder, story.transaction_id)
        valid = _show(receipt, folder)
        if options.keep:
            _keep(csms.api, bench_api, folder)
    return 0 if valid else 1


def _folder(options: argparse.Namespace) -> Path:
    """Return where the demo writes.

    With TLS that is a place of its own, where the station is always new:
    one that has been upgraded does not go back to its password.
    """
    folder: Path = options.folder.resolve()
    if options.security == PASSWORD:
        return folder
    folder /= f"security-{options.security}"
    shutil.rmtree(folder / "state", ignore_errors=True)
    return folder


def _tls(security: int) -> tuple[str, ...]:
    return () if security == PASSWORD else ("--tls-port", "0", "--mutual-tls-port", "0")


def _prepare_bench(folder: Path, *, realtime: bool) -> None:
    """Write the bench's settings into the demo's folder; receipts of earlier demos stay there."""
    folder.mkdir(parents=True, exist_ok=True)
    bench = (_config_folder() / "demo-bench.toml").read_text("utf-8")
    if realtime:
        bench = bench.replace("time_scale = 0.2", "time_scale = 1").replace("energy_scale = 120", "energy_scale = 1")
    (folder / "bench.toml").write_text(bench, "utf-8")


def _prepare_station(folder: Path, csms: Csms) -> None:
    """Write the station's settings into the demo's folder."""
    station = (_config_folder() / "demo.toml").read_text("utf-8")
    (folder / "station.toml").write_text(station.replace(f"ws://127.0.0.1:{CSMS_PORT}/ocpp", csms.url), "utf-8")


def _config_folder() -> Path:
    """Return where the demo's settings are: in the installed package, else in the working tree."""
    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "config", here.parents[2] / "config"):
        if (folder / "demo.toml").exists():
            return folder
    raise DemoError("config/demo.toml is missing; install the package again or run from its working tree")


def _receipt(folder: Path, transaction_id: str) -> Receipt:
    with Database.look(folder / "state") as database:
        receipt = Receipts(database).get(transaction_id)
    if receipt is None or energy_wh(receipt) is None:
        raise DemoError(f"the receipt of {transaction_id} is not complete; see {folder / 'station.log'}")
    return receipt


def _show(receipt: Receipt, folder: Path) -> bool:
    width = shutil.get_terminal_size().columns
    print(f"\n{' receipt '.center(min(width, 100), '-')}")
    for line in described(receipt):
        print(line)
    path = folder / f"receipt-{receipt.number}.xml"
    path.write_bytes(xml_of(receipt))
    verdicts = [examine(evidence.ocmf, evidence.key) for evidence in read_evidence(path.read_bytes())]
    print(f"\nS.A.F.E. XML {path}")
    print(f"check it     {_station()} ocmf verify {path}")
    print(f"all of it    {folder}: settings, state, *.log")
    return len(verdicts) == 2 and all(verdict.exit_status == 0 for verdict in verdicts)


def _station() -> str:
    """Return how this program is called from here."""
    return "station" if shutil.which("station") else str(Path(sys.executable).with_name("station"))


def _keep(csms_api: str, bench_api: str, folder: Path) -> None:
    header = "-H 'Content-Type: application/json'"
    start = (
        '{"action":"RequestStartTransaction","payload":{"evseId":1,"remoteStartId":1,'
        '"idToken":{"idToken":"APP-1","type":"Central"}}}'
    )
    print(f"""
Everything stays up; Ctrl-C ends it. To play:
  plug          curl -X POST {bench_api}/evses/1/plug {header} -d '{{"side":"both"}}'
  swipe         curl -X POST {bench_api}/readers/1/swipe {header} -d '{{"uid":"{CARD}"}}'
  look          curl {bench_api}/state
  remote start  curl -X POST {csms_api}/stations/{STATION}/calls {header} \\
                     -d '{start}'
  transactions  curl {csms_api}/stations/{STATION}/transactions
  unplug        curl -X POST {bench_api}/evses/1/unplug {header} -d '{{"side":"both"}}'
  a fault       curl -X POST {bench_api}/evses/1/faults {header} -d '{{"name":"meter_silent","on":true}}'
  receipts      {_station()} receipts list --state-dir {folder / "state"}
  logs          tail -f {folder}/*.log""", flush=True)  # fmt: skip
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()
