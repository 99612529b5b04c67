"""Security events are queued, so that none of them gets lost."""

import json
from datetime import timedelta

import pytest

from station.ocpp import codec, validation
from station.ocpp.blocks.security import INVALID_MESSAGES, KIND, RESET, STARTUP, TECH_INFO_LENGTH, Security
from station.ocpp.schemas import Kind
from station.storage.database import Database
from station.storage.outbox import Outbox
from tests.fakes_clock import START, FakeClock


@pytest.fixture
def store(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Outbox(database)


@pytest.fixture
def rings():
    return []


@pytest.fixture
def security(store, rings):
    return Security(store, now=lambda: START, ring=lambda: rings.append(1))


def sent(store, security):
    """Return the payloads of what is queued, checked against the schema."""
    payloads = [codec.encode(security.encode(row, json.loads(row.body))) for row in store.head(100)]
    assert all(validation.check(KIND, Kind.REQUEST, payload) is None for payload in payloads)
    return payloads


@pytest.mark.ocpp("A04.FR.01", "A04.FR.02")
def test_an_event_is_queued_and_the_sender_called(security, store, rings):
    security.notify(STARTUP, "PowerUp")
    security.notify(RESET)
    assert sent(store, security) == [
        {"type": "StartupOfTheDevice", "timestamp": "2026-12-01T12:00:00.000Z", "techInfo": "PowerUp"},
        {"type": "ResetOrReboot", "timestamp": "2026-12-01T12:00:00.000Z"},
    ]
    assert rings == [1, 1]


def test_an_event_keeps_the_time_at_which_it_happened(store):
    times = iter([START, START, START + timedelta(hours=1)])
    security = Security(store, now=lambda: next(times), ring=lambda: None)
    security.notify(STARTUP)
    assert sent(store, security)[0]["timestamp"] == "2026-12-01T12:00:00.000Z"


def test_a_long_text_is_cut_to_what_the_message_takes(security, store):
    security.notify(INVALID_MESSAGES, "x" * 1000)
    assert len(sent(store, security)[0]["techInfo"]) == TECH_INFO_LENGTH


def test_a_csms_that_talks_nonsense_is_told_so_once_a_connection(security, store):
    for _ in range(3):
        security.invalid_message("no array")
    assert [event["type"] for event in sent(store, security)] == [INVALID_MESSAGES]
    security.connected()
    security.invalid_message("no array")
    assert len(sent(store, security)) == 2


def test_an_answer_needs_nothing_to_be_done(security):
    security.answered({}, None)
