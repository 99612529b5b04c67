"""The contactor stays closed when it should open."""

from collections.abc import Iterable

from station.commands.demo_story import Acts, Json
from station.commands.stories.story import Check, Expected, Story


def _play(acts: Acts) -> tuple[Check, ...]:
    transaction_id = acts.begin()
    acts.charge(lines=1)
    acts.bench.fault("contactor_welded", on=True)
    acts.stop()
    acts.wait_for("Faulted", lambda: acts.csms.connector("Faulted"))
    acts.say("Faulted", "the contactor stays closed: no end is signed, no current is offered, nobody may charge")
    acts.wait_for("the alert", lambda: _told(acts.csms.alerts("PowerContactor"), "ContactorFeedback"))
    acts.say("NotifyEvent", "PowerContactor, ContactorFeedback")
    acts.ended(transaction_id, signed=False)
    acts.wait_for("the lack", lambda: _told(acts.csms.alerts("FiscalMetering"), "SignedEndMissing"))
    acts.say("NotifyEvent", "FiscalMetering, SignedEndMissing: the station keeps asking the meter for it")
    faulted = acts.csms.connector("Faulted")
    acts.bench.fault("contactor_welded", on=False)
    acts.bench.unplug()
    acts.say("repaired", "a new contactor; the CSMS has the EVSE start anew")
    status = acts.csms.call("Reset", type="Immediate", evseId=1)["status"]
    acts.say("reset", f"{status}; the meter signs the end that it owes")
    acts.wait_for("Available", lambda: acts.csms.connector("Available"))
    acts.say("Available", "the faults are cleared, the late record is kept at the station")
    alerts = acts.csms.alerts("PowerContactor"), acts.csms.alerts("FiscalMetering")
    return (
        Check("Faulted", faulted, "until it was repaired"),
        *(Check(told[0]["component"]["name"], _told_and_cleared(told), _words(told)) for told in alerts),
    )


def _told(alerts: Iterable[Json], code: str) -> bool:
    return any(alert.get("techCode") == code for alert in alerts)


def _told_and_cleared(alerts: list[Json]) -> bool:
    return [alert["actualValue"] for alert in alerts] == ["true", "false"]


def _words(alerts: list[Json]) -> str:
    return ", ".join(
        f"{alert['techCode']} {'told' if alert['actualValue'] == 'true' else 'cleared'}" for alert in alerts
    )


WELDED = Story(
    name="welded",
    about="the contactor stays closed at the end; Faulted, told, and cleared after the repair",
    play=_play,
    expected=(Expected(signed_end=False, remarks=("only Transaction.Begin is signed",)),),
)
