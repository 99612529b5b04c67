"""The CSMS starts and stops from afar, as an app does."""

from datetime import UTC, datetime

from station.commands.demo_story import Acts
from station.commands.stories.story import Check, Expected, Story

REMOTE_START_ID = 4711
DRIVER = {"idToken": "APP-1", "type": "Central"}


def _play(acts: Acts) -> tuple[Check, ...]:
    now = datetime.now(UTC)
    wish = {"evseId": 1, "remoteStartId": REMOTE_START_ID, "idToken": DRIVER}
    start = acts.csms.call("RequestStartTransaction", **wish)["status"]
    acts.say("remote start", f"{start}, remoteStartId {REMOTE_START_ID}; the driver has yet to plug in")
    acts.plug()
    transaction_id = acts.begun(now)
    acts.signed_start(transaction_id)
    acts.charge()
    stop = acts.csms.call("RequestStopTransaction", transactionId=transaction_id)["status"]
    acts.say("remote stop", f"{stop}; current off, the meter signs the end")
    acts.ended(transaction_id)
    acts.unplug()
    (transaction,) = acts.csms.transactions()
    told = [event["payload"]["transactionInfo"].get("remoteStartId") for event in transaction["events"]]
    return (
        Check("answers", start == stop == "Accepted", f"start {start}, stop {stop}"),
        Check("remoteStartId", told[0] == REMOTE_START_ID, f"{told[0]} in Started"),
    )


REMOTE = Story(
    name="remote",
    about="the CSMS starts a session by RequestStartTransaction before the cable is there, and stops it",
    play=_play,
    expected=(Expected(stopped="Remote", trigger="RemoteStop"),),
)
