"""`station demo`: one charging session over simulated parts and real wires, told line by line."""

import argparse
import shutil
import signal
import socket
import time
from pathlib import Path
from typing import Any

from station.commands.demo_parts import DemoError, Parts, get, post
from station.commands.receipts.sessions import described, energy_wh, xml_of
from station.meter.evidence.safe_xml import read_evidence
from station.meter.evidence.verdict import examine
from station.storage.database import Database
from station.storage.receipts import Receipt, Receipts

CARD = "04A2B3C4D5E680"
STATION = "DEMO-1"
CSMS_PORT = 9000
BENCH_PORT = 8490
CHARGING_LINES = 4
LINE_EVERY_S = 2.0
SESSION_S = 45.0

Json = dict[str, Any]


def run(options: argparse.Namespace) -> int:
    """Play the session; 0 if both signatures are valid at the end."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = options.folder.resolve()
    bench_port, csms_port = _prepare(folder, realtime=options.realtime)
    with Parts(folder) as parts:
        csms = parts.start(
            "csms", "simulators.mock_csms.cli", "run", "--port", str(csms_port), "--api-port", "0",
            "--password", "a-password-for-the-demo",
        )  # fmt: skip
        bench = parts.start(
            "bench", "simulators.bench.cli", "run", "--config", "bench.toml", "--port", str(bench_port)
        )
        csms_api, bench_api = csms.ready()["api"], bench.ready()["url"]
        parts.start("station", "station", "run", "--config", "station.toml")
        story = Story(parts, csms_api=csms_api, bench_api=bench_api)
        story.tell()
        receipt = _receipt(folder, story.transaction_id)
        valid = _show(receipt, folder)
        if options.keep:
            _keep(csms_api, bench_api, folder)
    return 0 if valid else 1


class Story:
    """Plays the driver and says what can be seen from outside."""

    def __init__(self, parts: Parts, *, csms_api: str, bench_api: str) -> None:
        self._parts = parts
        self._csms = csms_api
        self._bench = bench_api
        self._began = time.monotonic()
        self.transaction_id = ""

    def tell(self) -> None:
        """Let one driver come, charge and go."""
        boot = self._parts.wait_for("the boot", self._boot)
        self._say("booted", f"{boot['chargingStation']['vendorName']} {boot['chargingStation']['model']}, accepted")
        post(f"{self._bench}/evses/1/plug", side="both")
        self._parts.wait_for("Occupied", lambda: self._status("Occupied"))
        self._say("plugged", "connector Occupied")
        post(f"{self._bench}/readers/1/swipe", uid=CARD)
        self._parts.wait_for("Authorize", lambda: self._seen("Authorize"))
        self._say("card accepted", "the CSMS knows it; the meter signs the start")
        started = self._parts.wait_for("the signed start", self._transaction, seconds=SESSION_S)
        self.transaction_id = started["transactionId"]
        self._say("signed start", f"transaction {self.transaction_id}")
        self._parts.wait_for("Charging", lambda: self._evse()["power_w"] > 0)
        for _ in range(CHARGING_LINES):
            evse = self._evse()
            self._say("charging", f"{evse['power_w'] / 1000:5.1f} kW, {evse['session_wh'] / 1000:6.2f} kWh")
            time.sleep(LINE_EVERY_S)
        post(f"{self._bench}/readers/1/swipe", uid=CARD)
        self._say("card again", "current off, the meter signs the end")
        ended = self._parts.wait_for("the signed end", self._ended, seconds=SESSION_S)
        self._say(
            "signed end", f"{ended['stoppedReason'] or 'Local'}, {ended['signedEnergyWh'] / 1000:.2f} kWh signed"
        )
        post(f"{self._bench}/evses/1/unplug", side="both")
        self._parts.wait_for("Available", lambda: self._status("Available"))
        self._say("unplugged", "connector Available")
        for what, value in (("begin", ended["begin"]), ("end", ended["end"])):
            self._say("the CSMS says", f"{what} record: signature {value['signature']}")

    def _say(self, what: str, more: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {what:14} {more}", flush=True)

    def _boot(self) -> Json | None:
        stations = [station for station in get(f"{self._csms}/stations") if station["registration"] == "Accepted"]
        return dict(stations[0]["boot"]) if stations else None

    def _status(self, wanted: str) -> bool:
        connectors = get(f"{self._csms}/stations/{STATION}")["connectors"]
        return any(connector["connectorStatus"] == wanted for connector in connectors)

    def _seen(self, action: str) -> bool:
        return any(message["action"] == action for message in get(f"{self._csms}/stations/{STATION}/messages"))

    def _transaction(self) -> Json | None:
        transactions = get(f"{self._csms}/stations/{STATION}/transactions")
        return dict(transactions[0]) if transactions else None

    def _ended(self) -> Json | None:
        transaction = self._transaction()
        return transaction if transaction and transaction["ended"] else None

    def _evse(self) -> Json:
        return dict(get(f"{self._bench}/state")["evses"][0])


def _prepare(folder: Path, *, realtime: bool) -> tuple[int, int]:
    """Write the settings into the demo's folder, with ports that are free; keep the receipts of earlier demos."""
    source = _config_folder()
    folder.mkdir(parents=True, exist_ok=True)
    bench_port, csms_port = _free(BENCH_PORT), _free(CSMS_PORT)
    bench = (source / "demo-bench.toml").read_text("utf-8")
    if realtime:
        bench = bench.replace("time_scale = 0.2", "time_scale = 1").replace("energy_scale = 120", "energy_scale = 1")
    station = (source / "demo.toml").read_text("utf-8")
    (folder / "bench.toml").write_text(bench, "utf-8")
    (folder / "station.toml").write_text(station.replace(f":{CSMS_PORT}/", f":{csms_port}/"), "utf-8")
    return bench_port, csms_port


def _config_folder() -> Path:
    """Return where the demo's settings are: in the installed package, else in the working tree."""
    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "config", here.parents[2] / "config"):
        if (folder / "demo.toml").exists():
            return folder
    raise DemoError("config/demo.toml is missing; install the package again or run from its working tree")


def _free(port: int) -> int:
    """Return the port if it is free, else any free one."""
    for wanted in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoError("no port is free on 127.0.0.1")


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
    print(f"check it     station ocmf verify {path}")
    return len(verdicts) == 2 and all(verdict.exit_status == 0 for verdict in verdicts)


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
  receipts      station receipts list --state-dir {folder / "state"}
  logs          tail -f {folder}/*.log""", flush=True)  # fmt: skip
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()
