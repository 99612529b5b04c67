"""`station init`: find, ask, write, look."""

import argparse
import asyncio
import sys
from pathlib import Path

from station import logs
from station.commands import terminal
from station.commands.doctor import show
from station.commands.doctor.looking import Wanted, look
from station.commands.doctor.permissions import user_of, whoever_runs_it
from station.commands.init import folder as new_folder
from station.commands.init import writing
from station.commands.init.asking import Answers, Nobody, Person
from station.commands.init.candidates import candidates
from station.commands.init.interview import interview
from station.commands.init.pairs import Pair, blank, paired
from station.commands.init.plan import LinePlan, Plan
from station.commands.init.probing import Found, Looked, look_at_all
from station.commands.report import files
from station.commands.report.facts import gather
from station.commands.report.run import whoever_asks
from station.commands.terminal import Styled
from station.errors import StationError
from station.meter.lines import TCP
from station.settings import Settings


def run(options: argparse.Namespace) -> int:
    """Write a new folder; 0 if that was done, whatever is still to be put right. StationError says why not."""
    logs.configure("critical")
    folder: Path = options.folder.absolute()
    writing.refuse_to_overwrite(folder, force=options.force)
    writing.may_write(folder)
    pairs, lines = paired(_found(options))
    plan = _plan(options, pairs, lines, folder=folder)
    owner = user_of(options.user) if options.user else whoever_runs_it(folder / plan.state_dir)
    made = new_folder.make(options, plan, folder=folder, owner=owner)
    try:
        if not options.no_check:
            asyncio.run(_look(options, made.settings, user=owner.name))
    finally:
        _tell_what_next(made)
    return 0


def _found(options: argparse.Namespace) -> list[Found]:
    if options.blank is not None:
        return blank(options.blank)
    ports = [_absolute(port) for port in options.ports or candidates()]
    if not ports:
        raise StationError("this computer has no serial port; plug an adapter in, or name ports with --ports")
    terminal.say(f"looking for devices at {', '.join(ports)}; a silent port takes some seconds")
    looked = asyncio.run(
        look_at_all(ports, meter_units=options.meter_units, controller_units=options.controller_units)
    )
    for port in looked:
        _tell(port)
    return [device for port in looked for device in port.found]


def _tell(port: Looked) -> None:
    for device in port.found:
        speed = f"{device.speed.baud} baud, parity {device.speed.parity}"
        terminal.say(Styled("found", "good"), f"{port.port}, unit {device.unit}, {speed}: {device.told}")
    if not port.found:
        terminal.say(Styled("nothing", "dim"), f"{port.port}: {port.problem or 'no device that is known answered'}")


def _plan(options: argparse.Namespace, pairs: list[Pair], lines: dict[str, LinePlan], *, folder: Path) -> Plan:
    for number, pair in enumerate(pairs, 1):
        meter, controller = pair.meter, pair.controller
        parts = f"meter unit {meter.unit} on {meter.line}, {controller.type} unit {controller.unit}"
        terminal.say(Styled(f"EVSE {number}", "strong"), f"{parts} on {controller.line}")
    if sys.stdin.isatty() and not options.yes:
        return interview(Answers(options, Person()), pairs, lines, folder=folder)
    nobody = Nobody()
    plan = interview(Answers(options, nobody), pairs, lines, folder=folder)
    nobody.all_there()
    return plan


async def _look(options: argparse.Namespace, settings: Settings, *, user: str) -> None:
    """Look at everything, and write down what is there: labels and report."""
    wanted = Wanted(user=user, csms=not options.no_csms, boot=not options.no_boot)
    case, findings = await look(settings, wanted, show.line)
    show.summary(findings)
    report = await gather(case, findings, made_by=options.installer or whoever_asks())
    for file in files.write(report, settings.path.parent):
        terminal.say(Styled("written:", "good"), str(file))


def _tell_what_next(made: new_folder.Made) -> None:
    """Say what is left to do; passwords stand where whoever sits there still sees them."""
    file = made.settings.path
    terminal.heading("next")
    for what, password in made.passwords:
        terminal.say(" ", f"{what}:", Styled(password, "strong"))
    for step in (
        f"station doctor --config {file}    until it has nothing to say",
        f"station run --config {file}       or as a service, see config/systemd/station.service",
    ):
        terminal.say(" ", step)


def _absolute(port: str) -> str:
    return port if port.startswith(TCP) else str(Path(port).absolute())
