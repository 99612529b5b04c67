"""`station why`: what stops charging, and what to do about it."""

import argparse
import json
from collections.abc import Mapping
from typing import Any, Final

from station.commands import terminal
from station.commands.station_folder import state_dir
from station.commands.terminal import Styled
from station.local.client import ask
from station.texts import say

STOPPED: Final = 1
STOPS: Final = "stops"
INDENT: Final = 8
MARKS: Final = {
    "ok": Styled("ok     ", "good"),
    "note": Styled("note   ", "dim"),
    "waits": Styled("waits  ", "warn"),
    STOPS: Styled("stops  ", "bad"),
}


def explain(options: argparse.Namespace) -> int:
    """Ask the running station about an EVSE, or all of them; NotRunningError if there is none."""
    given = {} if options.evse is None else {"evse": options.evse}
    explanations = ask(state_dir(options), "why", **given)
    if options.json:
        print(json.dumps(explanations))
    else:
        for explanation in explanations:
            _print(explanation, options.language)
    return STOPPED if any(_stands(explanation) == STOPS for explanation in explanations) else 0


def _stands(explanation: Mapping[str, Any]) -> str:
    first = explanation["first"]
    return first["standing"] if first else ""


def _print(explanation: Mapping[str, Any], language: str) -> None:
    first = explanation["first"]
    terminal.heading(f"EVSE {explanation['evse_id']}")
    if explanation["charging"]:
        terminal.say(Styled("charges", "good"))
    if first is not None:
        terminal.say(MARKS[first["standing"]], Styled(finding(first, language), "strong"))
        if remedy := finding(first, language, ".remedy"):
            terminal.below(remedy, indent=INDENT)
        if first["detail"]:
            terminal.below(Styled(first["detail"], "dim"), indent=INDENT)
    print()
    for link in explanation["links"]:
        terminal.say("  ", MARKS[link["standing"]], link["step"].replace("_", " ").ljust(12), finding(link, language))


def finding(link: Mapping[str, Any], language: str, part: str = "") -> str:
    """Return what was found, or a part of its texts such as `.remedy`; its code if it has none."""
    try:
        return say(language, f"why.{link['code']}{part}", **link["params"])
    except KeyError:
        return "" if part else link["code"].replace("_", " ")
