"""Four EVSEs, four drivers; the line to one meter is cut, and nobody else notices."""

from datetime import UTC, datetime

from station.commands.demo_stage import FOUR_EVSES
from station.commands.demo_story import Acts
from station.commands.stories.story import Check, Expected, Story

CARDS = {1: "04000000000001", 2: "04000000000002", 3: "04000000000003", 4: "04000000000004"}
CUT = 3
OTHERS = tuple(evse for evse in CARDS if evse != CUT)


def _play(acts: Acts) -> tuple[Check, ...]:
    ids = {}
    for evse, card in CARDS.items():
        acts.plug(evse)
        now = datetime.now(UTC)
        acts.ask(card)
        ids[evse] = acts.begun(now, evse)
    for evse in CARDS:
        acts.wait_for(f"energy at EVSE {evse}", lambda evse=evse: _power_w(acts, evse) > 0)  # type: ignore[misc]
    acts.say("charging", _all(acts))
    acts.bench.cut(f"meter{CUT}", on=True)
    acts.say("line cut", f"nothing passes between the station and the meter of EVSE {CUT}")
    acts.wait_for("Faulted", lambda: acts.csms.connector("Faulted", CUT))
    acts.say("Faulted", f"EVSE {CUT}: no current without its meter; {_all(acts)}")
    went_on = all(_power_w(acts, evse) > 0 for evse in OTHERS)
    safe = _power_w(acts, CUT) == 0
    acts.bench.cut(f"meter{CUT}", on=False)
    acts.say("line mended", "the meter signs the end")
    acts.ended(ids[CUT])
    for evse in OTHERS:
        acts.stop(CARDS[evse])
    for evse in OTHERS:
        acts.ended(ids[evse])
    for evse in CARDS:
        acts.unplug(evse)
    return (
        Check("others", went_on, f"EVSE {', '.join(map(str, OTHERS))} charged while the line was cut"),
        Check("cut off", safe, f"EVSE {CUT} offered nothing"),
    )


def _power_w(acts: Acts, evse: int) -> float:
    return float(acts.bench.evse(evse)["power_w"])


def _all(acts: Acts) -> str:
    return ", ".join(f"{_power_w(acts, evse) / 1000:.1f}" for evse in CARDS) + " kW"


_LOST = Expected(evse=CUT, stopped="Other", trigger="AbnormalCondition")

FOUR = Story(
    name="four-evses",
    about="four drivers at four EVSEs; the line to one meter is cut and mended, the others go on",
    play=_play,
    expected=tuple(_LOST if evse == CUT else Expected(evse=evse) for evse in CARDS),
    site=FOUR_EVSES,
)
