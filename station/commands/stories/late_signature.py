"""The meter takes its time to sign: at the start nobody has to wait to be told, at the end nothing is lost."""

import time
from datetime import UTC, datetime

from station.commands.demo_story import CARD, Acts
from station.commands.stories.story import Check, Expected, Story

START_S = 6.0
END_S = 17.0
"""More than a meter may take (15 s): the station gives up on it once and asks again."""
BUSY = "meter_busy_forever"
SIGNED = "SignedDataReceived"


def _play(acts: Acts) -> tuple[Check, ...]:
    acts.bench.fault(BUSY, on=True)
    acts.plug()
    now = datetime.now(UTC)
    acts.ask(CARD)
    transaction_id = acts.begun(now)
    time.sleep(START_S)
    waited = acts.bench.evse()["power_w"] == 0 and acts.csms.told(transaction_id, triggerReason=SIGNED) is None
    acts.say("still signing", f"{START_S:.0f} s later: no signed start, so no current")
    acts.bench.fault(BUSY, on=False)
    acts.signed_start(transaction_id)
    acts.charge(lines=1)
    acts.bench.fault(BUSY, on=True)
    acts.stop()
    acts.wait_for("no current", lambda: acts.bench.evse()["power_w"] == 0)
    time.sleep(END_S)
    open_end = acts.csms.told(transaction_id, eventType="Ended") is None
    acts.say("still signing", f"{END_S:.0f} s later: no signed end, so no Ended")
    acts.bench.fault(BUSY, on=False)
    acts.ended(transaction_id)
    acts.unplug()
    started, signed = (
        acts.csms.told(transaction_id, **wanted) or {"seqNo": None, "timestamp": "?"}
        for wanted in ({"eventType": "Started"}, {"triggerReason": SIGNED})
    )
    return (
        Check("at once", started["seqNo"] == 0 and waited, f"Started at {_clock(started)}, nothing drawn"),
        Check("then signed", signed["seqNo"] is not None, f"SignedDataReceived at {_clock(signed)}"),
        Check("waited for", open_end, "Ended came with the signed end, not before"),
    )


def _clock(event: dict[str, str]) -> str:
    return event["timestamp"][11:19]


LATE_SIGNATURE = Story(
    name="late-signature",
    about="the meter takes long to sign; Started is told at once, current and Ended wait for the signatures",
    play=_play,
    expected=(Expected(),),
)
