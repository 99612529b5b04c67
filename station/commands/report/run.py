"""`station report`: look at everything, and write down what is there."""

import argparse
import asyncio
import getpass
import os

from station import logs
from station.commands import terminal
from station.commands.doctor.looking import Wanted, look
from station.commands.report import files
from station.commands.report.document import as_json
from station.commands.report.facts import Report, gather
from station.settings import load


def run(options: argparse.Namespace) -> int:
    """Write the report; 0 whatever it says. SettingsError for settings that cannot be used."""
    logs.configure("critical")
    settings = load(options.config.absolute())
    wanted = Wanted(user=options.user, csms=not options.no_csms, boot=not options.no_boot)

    async def made() -> Report:
        case, findings = await look(settings, wanted)
        return await gather(case, findings, made_by=options.installer or whoever_asks())

    report = asyncio.run(made())
    if options.json:
        print(as_json(report), end="")
        return 0
    for file in files.write(report, options.output):
        terminal.say("written:", str(file))
    return 0


def whoever_asks() -> str:
    """Return the name of the user, also behind sudo; empty if he has none."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return ""
