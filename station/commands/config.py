"""`station config check`: can a settings file be used?"""

import argparse

from station.settings import load


def check(options: argparse.Namespace) -> int:
    """Load the file as the daemon would; what is wrong is raised as SettingsError with every mistake."""
    settings = load(options.file)
    meters = ", ".join(f"EVSE {evse.id}" for evse in settings.evses)
    print(f"{options.file} is fine: {settings.station.identity} with {meters}, CSMS {settings.csms.url}")
    return 0
