"""The power goes while somebody charges: the daemon is killed, the meter forgets."""

import time

from station.commands.demo_story import Acts
from station.commands.stories.story import Check, Expected, Story

DARK_S = 2.0
FORGOTTEN = "begin and end name different identifications (ID)"
"""A meter forgets with its power for whom it measured; the begin names the driver (METER.md section 5)."""


def _play(acts: Acts) -> tuple[Check, ...]:
    transaction_id = acts.begin()
    acts.charge()
    acts.stage.kill_station()
    acts.bench.fault("meter_power_cycle", on=True)
    acts.say("power cut", "the daemon is killed, the meter has no supply")
    acts.wait_for("an open contactor", lambda: not acts.bench.evse()["contactor_closed"])
    acts.say("dark", "the contactor has opened by itself")
    time.sleep(DARK_S)
    boots = acts.csms.boots()
    acts.bench.fault("meter_power_cycle", on=False)
    acts.stage.start_station()
    acts.say("power back", "meter and daemon start anew")
    acts.wait_for("the boot", lambda: acts.csms.boots() > boots)
    acts.boot()
    acts.ended(transaction_id)
    acts.unplug()
    return ()


POWER_CUT = Story(
    name="power-cut",
    about="daemon and meter lose their power while somebody charges; the end is signed after the restart",
    play=_play,
    expected=(Expected(stopped="PowerLoss", trigger="AbnormalCondition", remarks=(FORGOTTEN,), offline=None),),
)
