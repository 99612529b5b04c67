"""`station doctor`: look, tell, and say by the exit code how it stands."""

import argparse
import asyncio
import json
from typing import TYPE_CHECKING

from station import logs
from station.commands.doctor import settings_file, show
from station.commands.doctor.findings import Finding, exit_code
from station.commands.doctor.looking import Wanted, look
from station.errors import SettingsError
from station.settings import load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def run(options: argparse.Namespace) -> int:
    """Look at everything; settings that cannot be used are a finding too."""
    logs.configure("critical")
    wanted = Wanted(user=options.user, csms=not options.no_csms, boot=not options.no_boot)
    tell: Callable[[Finding], None] = (lambda _finding: None) if options.json else show.line
    findings: Sequence[Finding]
    try:
        settings = load(options.config.absolute())
    except SettingsError as error:
        findings = [settings_file.unusable(error)]
        tell(findings[0])
    else:
        _, findings = asyncio.run(look(settings, wanted, tell))
    if options.json:
        print(json.dumps([show.document(finding) for finding in findings], indent=2))
    else:
        show.summary(findings)
    return exit_code(findings)
