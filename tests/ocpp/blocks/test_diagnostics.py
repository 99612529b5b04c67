"""A problem of a device reaches the CSMS as an event, and its end as well."""

from datetime import timedelta

import pytest

from station.core.documents import to_document
from station.core.faults import COMPONENTS, Fault
from station.core.reports import Alert
from station.ocpp import codec, validation
from station.ocpp.blocks.diagnostics import TECH_INFO_LENGTH, Diagnostics
from station.ocpp.schemas import Kind
from station.storage.outbox import Queued
from tests.fakes_clock import START

LATER = START + timedelta(minutes=5)
ALERT = Alert(
    component="PowerContactor",
    evse_id=2,
    active=True,
    happened_at=START,
    tech_code="ContactorFeedback",
    tech_info="meter of EVSE 2: the contactor does not open",
    transaction_id="t1",
)


def sent(alert, *, row=17, block=None):
    """Return the payload of an alert, checked against the schema."""
    queued = Queued(row, "NotifyEvent", "", None, None, START, 0, offline=False)
    block = block or Diagnostics(now=lambda: LATER)
    payload = codec.encode(block.encode(queued, to_document(alert)))
    assert validation.check("NotifyEvent", Kind.REQUEST, payload) is None
    return payload


def an_alert(fault, *, evse_id=1, active=True):
    return Alert(COMPONENTS[fault], evse_id, active=active, happened_at=START, tech_code=fault.value)


class Told:
    """A block that tells one alert after the other."""

    def __init__(self):
        self.block = Diagnostics(now=lambda: LATER)

    def event(self, row, fault, **options):
        [event] = sent(an_alert(fault, **options), row=row, block=self.block)["eventData"]
        return event

    def cause(self, row, fault, **options):
        return self.event(row, fault, **options).get("cause")


@pytest.mark.ocpp("N07.FR.02")
def test_a_component_has_a_problem_until_all_of_its_problems_are_over():
    told = Told()
    told.event(1, Fault.METER, evse_id=2)
    told.event(2, Fault.METER)
    told.event(3, Fault.END)
    told.event(4, Fault.LOCK)
    first, last = told.event(5, Fault.METER, active=False), told.event(6, Fault.END, active=False)
    assert (first["actualValue"], first["techCode"], first["cleared"]) == ("true", "MeterSilent", True)
    assert (last["actualValue"], last["techCode"], last["cleared"]) == ("false", "SignedEndMissing", True)


@pytest.mark.ocpp("N07.FR.05")
def test_what_follows_from_another_problem_names_its_event():
    told = Told()
    assert told.cause(1, Fault.METER) is None
    assert told.cause(2, Fault.END) == 1
    assert told.cause(2, Fault.END) == 1  # the same message once more


@pytest.mark.ocpp("N07.FR.05")
def test_a_problem_that_is_over_or_of_another_evse_is_no_cause():
    told = Told()
    told.cause(1, Fault.METER)
    assert told.cause(2, Fault.END, evse_id=2) is None
    told.cause(3, Fault.CONTACTOR)
    assert told.cause(4, Fault.METER, active=False) is None
    assert told.cause(5, Fault.END) == 3
    told.cause(6, Fault.CONTACTOR, active=False)
    assert told.cause(7, Fault.END, active=False) is None
    assert told.cause(8, Fault.END) is None


@pytest.mark.ocpp("N07.FR.05")
def test_a_problem_that_came_back_is_named_by_its_newest_event():
    told = Told()
    for row, active in ((1, True), (2, False), (3, True)):
        told.cause(row, Fault.CLOCK, active=active)
    assert told.cause(4, Fault.BEGIN) == 3


@pytest.mark.ocpp("N07.FR.06", "N07.FR.07", "N07.FR.19")
def test_a_problem_names_component_evse_and_what_the_device_said():
    payload = sent(ALERT)
    assert (payload["seqNo"], payload["generatedAt"]) == (0, "2026-12-01T12:05:00.000Z")
    assert payload["eventData"] == [
        {
            "eventId": 17,
            "timestamp": "2026-12-01T12:00:00.000Z",
            "trigger": "Delta",
            "actualValue": "true",
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": "PowerContactor", "evse": {"id": 2}},
            "variable": {"name": "Problem"},
            "techCode": "ContactorFeedback",
            "techInfo": "meter of EVSE 2: the contactor does not open",
            "transactionId": "t1",
        }
    ]


@pytest.mark.ocpp("N07.FR.02")
def test_the_end_of_a_problem_is_told_as_cleared():
    [event] = sent(Alert("FiscalMetering", 1, active=False, happened_at=START, tech_code="MeterSilent"))["eventData"]
    assert (event["actualValue"], event["cleared"]) == ("false", True)
    assert not {"techInfo", "transactionId"} & set(event)


def test_no_two_events_have_the_same_id():
    ids = [sent(ALERT, row=row)["eventData"][0]["eventId"] for row in (17, 18)]
    assert ids == [17, 18]


def test_a_long_text_is_cut_to_what_the_message_takes():
    [event] = sent(Alert("FiscalMetering", 1, active=True, happened_at=START, tech_code="x", tech_info="y" * 999))[
        "eventData"
    ]
    assert len(event["techInfo"]) == TECH_INFO_LENGTH


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_can_be_told(fault):
    [event] = sent(an_alert(fault))["eventData"]
    assert (event["component"]["name"], event["variable"]["name"]) in {
        ("ConnectorPlugRetentionLock", "Problem"),
        ("CPPWMController", "Problem"),
        ("FiscalMetering", "Problem"),
        ("PowerContactor", "Problem"),
        ("RCD", "Problem"),
        ("EmergencyStopSensor", "Active"),
        ("CaseAccessSensor", "Active"),
    }


def test_an_answer_needs_nothing_to_be_done():
    Diagnostics(now=lambda: LATER).answered({}, None)
