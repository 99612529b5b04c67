"""Cards that the CSMS does not know, knows, and takes back."""

import time
from datetime import UTC, datetime

from station.commands.demo_story import CARD, Acts
from station.commands.stories.story import Check, Expected, Story

STRANGER = "04BAD0BAD0BAD0"
LENT = "04C0FFEEC0FFEE"
PULL_S = 1.0


def _play(acts: Acts) -> tuple[Check, ...]:
    acts.csms.say_of(STRANGER, "Unknown")
    began = datetime.now(UTC)
    acts.plug()
    refused = acts.ask(STRANGER)
    none = acts.csms.started(began) is None and acts.bench.evse()["power_w"] == 0
    acts.ask(CARD)
    first = acts.begun(began)
    acts.signed_start(first)
    acts.charge(lines=1)
    acts.stop()
    acts.ended(first)
    acts.unplug()
    second = acts.begin(LENT)
    acts.charge(lines=1)
    acts.csms.judge(second, "Invalid")
    acts.say("card blocked", "the CSMS takes the authorization back with its next answer")
    acts.ended(second)
    held = _pull(acts)
    acts.bench.swipe(LENT)
    acts.wait_for("Available", lambda: acts.csms.connector("Available"))
    acts.say("card again", "the plug is let go to its owner")
    return (
        Check("refused", refused == "Unknown" and none, f"{refused}: no transaction, no current"),
        Check("plug held", held, "after the deauthorization, until the card was shown again"),
    )


def _pull(acts: Acts) -> bool:
    """Pull the plug for a while; tell whether it is held."""
    acts.bench.unplug()
    time.sleep(PULL_S)
    held = bool(acts.bench.evse()["plug_held"])
    acts.say("pulled", "the plug is held for its owner" if held else "the plug is free")
    return held


UNKNOWN_CARD = Story(
    name="unknown-card",
    about="a card is refused, another one charges, and a third is taken back by the CSMS during its transaction",
    play=_play,
    expected=(Expected(), Expected(stopped="DeAuthorized", trigger="Deauthorized")),
)
