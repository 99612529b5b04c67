"""What goes on at an outlet is said as its driver would say it."""

from dataclasses import replace

import pytest
from ocpp.v201.enums import ReasonEnumType, TriggerReasonEnumType

from station.core.events import Authorized
from station.core.faults import Fault
from station.core.session import Metering, Session, Stop, Transaction
from station.core.tokens import IdToken
from station.local.activity import activity_of
from station.local.views import Activity
from tests.fakes import NOON, RecordKind, a_record

ANNA = IdToken("04A1B2C3", "ISO14443")
FREE = Session(evse_id=1, awake=True, letter="A")
PLUGGED = replace(FREE, plugged=True, cable_in=True, letter="B")
DRIVER = {"authorization": Authorized(ANNA), "authorized_at": NOON}
BEGUN = Transaction("tx", TriggerReasonEnumType.cable_plugged_in, begin=a_record(RecordKind.TURN_ON, 8), started=True)
OVER = Stop(TriggerReasonEnumType.stop_authorized, ReasonEnumType.local)
CHARGING = replace(PLUGGED, **DRIVER, transaction=BEGUN, metering=Metering.ON, offered_amps=16.0, letter="C")
FLOWED = replace(BEGUN, energy_flowed=True)


@pytest.mark.parametrize(
    ("session", "activity"),
    [
        (Session(evse_id=1), Activity.STARTING),
        (Session(evse_id=1, faults=frozenset({Fault.METER})), Activity.FAULTED),
        (FREE, Activity.FREE),
        (replace(FREE, cable_in=True), Activity.PLUGGED),
        (PLUGGED, Activity.PLUGGED),
        (replace(PLUGGED, transaction=Transaction("tx", TriggerReasonEnumType.cable_plugged_in)), Activity.PLUGGED),
        (replace(FREE, bay_occupied=True, transaction=Transaction("tx", OVER.trigger)), Activity.FREE),
        (replace(FREE, **DRIVER), Activity.ACCEPTED),
        (replace(PLUGGED, **DRIVER), Activity.PREPARING),
        (replace(PLUGGED, **DRIVER, transaction=BEGUN, metering=Metering.STARTING), Activity.PREPARING),
        (CHARGING, Activity.CHARGING),
        (replace(CHARGING, letter="B"), Activity.PAUSED_BY_VEHICLE),
        (replace(CHARGING, letter="B", transaction=FLOWED), Activity.PAUSED_BY_VEHICLE),
        (replace(CHARGING, offered_amps=0.0), Activity.PAUSED_BY_STATION),
        (replace(CHARGING, offered_amps=0.0, transaction=FLOWED), Activity.PAUSED_BY_STATION),
        (replace(CHARGING, transaction=replace(BEGUN, suspended=True)), Activity.PAUSED_BY_STATION),
        (replace(CHARGING, plugged=False, letter="A", cable_in=False), Activity.ACCEPTED),
        (replace(CHARGING, faults=frozenset({Fault.GROUND})), Activity.FAULTED),
        (replace(PLUGGED, transaction=replace(BEGUN, over=OVER), metering=Metering.STOPPING), Activity.FINISHING),
        (replace(PLUGGED, transaction=replace(BEGUN, over=OVER)), Activity.FINISHED),
        (replace(PLUGGED, served=ANNA), Activity.FINISHED),
        (replace(PLUGGED, served=ANNA, inoperative=True), Activity.FINISHED),
        (replace(PLUGGED, served=ANNA, **DRIVER), Activity.PREPARING),
        (replace(PLUGGED, held_for=ANNA, served=ANNA), Activity.HELD),
        (replace(FREE, inoperative=True), Activity.UNAVAILABLE),
        (replace(FREE, blocked=True), Activity.UNAVAILABLE),
        (replace(PLUGGED, inoperative=True), Activity.UNAVAILABLE),
        (replace(CHARGING, inoperative=True), Activity.CHARGING),
    ],
)
def test_each_state_has_its_word(session: Session, activity: Activity) -> None:
    assert activity_of(session) is activity
