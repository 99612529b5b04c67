"""The CSMS is gone while a driver charges, stops and leaves."""

import time

from station.commands.demo_story import Acts
from station.commands.stories.story import Check, Expected, Story

GONE_S = 3.0


def _play(acts: Acts) -> tuple[Check, ...]:
    transaction_id = acts.begin()
    acts.charge(lines=1)
    acts.csms.listen(on=False)
    acts.say("CSMS gone", "no connection, nobody listens")
    acts.charge(lines=2)
    acts.stop()
    acts.wait_for("an open contactor", lambda: not acts.bench.evse()["contactor_closed"])
    acts.wait_for("a free plug", lambda: not acts.bench.evse()["plug_held"])
    acts.bench.unplug()
    acts.say("unplugged", "the meter has signed, the plug is free; the CSMS knows nothing of it")
    time.sleep(GONE_S)
    before = [event["eventType"] for event in acts.csms.transaction(transaction_id)["events"]]
    acts.csms.listen(on=True)
    acts.say("CSMS back", "the station connects anew and tells what happened")
    acts.ended(transaction_id)
    acts.wait_for("Available", lambda: acts.csms.connector("Available"))
    return (Check("gone", "Ended" not in before, f"the CSMS had {len(before)} events when it was back"),)


OFFLINE = Story(
    name="offline",
    about="the CSMS is gone while a driver charges, stops and leaves; everything is delivered when it is back",
    play=_play,
    expected=(Expected(offline=True),),
)
