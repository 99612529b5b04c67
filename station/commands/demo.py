"""`station demo`: charging sessions over simulated parts and real wires, told line by line."""

import argparse
import shutil
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from station.commands.demo_parts import DemoError
from station.commands.demo_security import PASSWORD, Upgrade
from station.commands.demo_stage import ONE_EVSE, STATION, Stage, forget, opened
from station.commands.demo_story import CARD, Acts, Teller, plain_session
from station.commands.receipts.sessions import described
from station.commands.stories.book import STORIES, listed
from station.commands.stories.playing import play
from station.commands.stories.story import Story
from station.meter.evidence.safe_xml import read_evidence
from station.meter.evidence.verdict import examine
from station.receipts.files import safe_xml
from station.receipts.pair import energy_wh
from station.storage.database import Database
from station.storage.receipts import Receipt, Receipts

ALL: Final = "all"


def choose(options: argparse.Namespace) -> int:
    """Play what was asked for: a story, all of them, or one plain session; or list the stories."""
    if options.list:
        print("\n".join(listed()))
        return 0
    if options.story is None:
        return run(options)
    if options.story not in (*STORIES, ALL):
        options.misuse(f"there is no story {options.story!r}; there are {', '.join(STORIES)}, and {ALL}")
    if options.security != PASSWORD:
        options.misuse("stories are played with security profile 1; --security goes with the plain session")
    return _tell(STORIES.values() if options.story == ALL else [STORIES[options.story]], options)


def run(options: argparse.Namespace) -> int:
    """Play one session; 0 if both signatures are valid at the end."""
    _end_in_good_order()
    security, folder = options.security, options.folder.resolve()
    tls: tuple[str, ...] = ()
    if security != PASSWORD:
        # A station that has been upgraded does not go back to its password, so it is always a new one.
        folder /= f"security-{security}"
        forget(folder)
        tls = ("--tls-port", "0", "--mutual-tls-port", "0")
    with opened(folder, ONE_EVSE, realtime=options.realtime, usual_ports=True, security=tls) as stage:
        teller = Teller()
        acts = Acts(stage, teller)
        acts.boot()
        if security > PASSWORD:
            Upgrade(stage.parts, teller, csms=stage.csms, profile=security).tell()
        valid = _show(_receipt(stage, plain_session(acts)), folder)
        if options.keep:
            _keep(stage)
    return 0 if valid else 1


def _tell(stories: Iterable[Story], options: argparse.Namespace) -> int:
    """Play stories, each in a folder of its own where everything is new; 0 if everything holds."""
    _end_in_good_order()
    failed = []
    for story in stories:
        folder = options.folder.resolve() / f"story-{story.name}"
        forget(folder)
        print(f"\n{story.name}: {story.about}\n", flush=True)
        with opened(folder, story.site, realtime=options.realtime, usual_ports=options.keep) as stage:
            if not play(story, stage):
                failed.append(story.name)
            if options.keep:
                _keep(stage)
    return 1 if failed else 0


def _end_in_good_order() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def _receipt(stage: Stage, transaction_id: str) -> Receipt:
    with Database.look(stage.state_dir) as database:
        receipt = Receipts(database).get(transaction_id)
    if receipt is None or energy_wh(receipt) is None:
        raise DemoError(f"the receipt of {transaction_id} is not complete; see {stage.folder / 'station.log'}")
    return receipt


def _show(receipt: Receipt, folder: Path) -> bool:
    width = shutil.get_terminal_size().columns
    print(f"\n{' receipt '.center(min(width, 100), '-')}")
    for line in described(receipt):
        print(line)
    path = folder / f"receipt-{receipt.number}.xml"
    path.write_bytes(safe_xml(receipt))
    verdicts = [examine(evidence.ocmf, evidence.key) for evidence in read_evidence(path.read_bytes())]
    print(f"\nS.A.F.E. XML {path}")
    print(f"check it     {_station()} ocmf verify {path}")
    print(f"all of it    {folder}: settings, state, *.log")
    return len(verdicts) == 2 and all(verdict.exit_status == 0 for verdict in verdicts)


def _station() -> str:
    """Return how this program is called from here."""
    return "station" if shutil.which("station") else str(Path(sys.executable).with_name("station"))


def _keep(stage: Stage) -> None:
    csms_api, bench_api = stage.csms.api, stage.bench.api
    header = "-H 'Content-Type: application/json'"
    start = (
        '{"action":"RequestStartTransaction","payload":{"evseId":1,"remoteStartId":1,'
        '"idToken":{"idToken":"APP-1","type":"Central"}}}'
    )
    print(f"""
Everything stays up; Ctrl-C ends it. To look: {stage.web.url} for drivers, {stage.web.url}operator for operators
(password {stage.web.password}). To play:
  plug          curl -X POST {bench_api}/evses/1/plug {header} -d '{{"side":"both"}}'
  swipe         curl -X POST {bench_api}/readers/1/swipe {header} -d '{{"uid":"{CARD}"}}'
  look          curl {bench_api}/state
  remote start  curl -X POST {csms_api}/stations/{STATION}/calls {header} \\
                     -d '{start}'
  transactions  curl {csms_api}/stations/{STATION}/transactions
  unplug        curl -X POST {bench_api}/evses/1/unplug {header} -d '{{"side":"both"}}'
  a fault       curl -X POST {bench_api}/evses/1/faults {header} -d '{{"name":"meter_silent","on":true}}'
  receipts      {_station()} receipts list --state-dir {stage.state_dir}
  logs          tail -f {stage.folder}/*.log""", flush=True)  # fmt: skip
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()
