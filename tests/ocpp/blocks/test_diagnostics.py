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


def sent(alert, *, row=17):
    """Return the payload of an alert, checked against the schema."""
    queued = Queued(row, "NotifyEvent", "", None, None, START, 0, offline=False)
    payload = codec.encode(Diagnostics(now=lambda: LATER).encode(queued, to_document(alert)))
    assert validation.check("NotifyEvent", Kind.REQUEST, payload) is None
    return payload


@pytest.mark.ocpp("N07.FR.06", "N07.FR.07")
def test_a_problem_names_component_evse_and_what_the_device_said():
    payload = sent(ALERT)
    assert (payload["seqNo"], payload["generatedAt"]) == (0, "2026-12-01T12:05:00.000Z")
    assert payload["eventData"] == [
        {
            "eventId": 17,
            "timestamp": "2026-12-01T12:00:00.000Z",
            "trigger": "Alerting",
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
    [event] = sent(Alert(COMPONENTS[fault], 1, active=True, happened_at=START, tech_code=fault.value))["eventData"]
    assert event["component"]["name"] in {
        "ConnectorPlugRetentionLock",
        "CPPWMController",
        "FiscalMetering",
        "PowerContactor",
    }


def test_an_answer_needs_nothing_to_be_done():
    Diagnostics(now=lambda: LATER).answered({}, None)
