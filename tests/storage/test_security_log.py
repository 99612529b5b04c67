"""The security log keeps every event, as long as there is room."""

from datetime import timedelta

import pytest

from station.core.security_events import SecurityEvent
from station.storage.database import Database
from station.storage.security_log import DROPPED_AT_ONCE, LogEntry, SecurityLog
from tests.fakes_clock import START, FakeClock

STARTUP = SecurityEvent.STARTUP_OF_THE_DEVICE


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield database


@pytest.mark.ocpp("A04.FR.04")
def test_an_event_outlives_the_process(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        SecurityLog(database).add(STARTUP, "PowerUp", at=START)
        SecurityLog(database).add(SecurityEvent.INVALID_MESSAGES, "", at=START + timedelta(seconds=1))
    with Database.open(tmp_path, FakeClock()) as database:
        assert SecurityLog(database).entries() == [
            LogEntry(1, START, "StartupOfTheDevice", "PowerUp", critical=True),
            LogEntry(2, START + timedelta(seconds=1), "InvalidMessages", "", critical=False),
        ]


def test_the_oldest_go_when_there_are_too_many_and_the_newest_stay(database):
    log = SecurityLog(database, most=250)
    for number in range(1, 1001):
        log.add(STARTUP, str(number), at=START)
        assert len(log.entries()) < 250 + DROPPED_AT_ONCE
    kept = [entry.number for entry in log.entries()]
    assert kept == list(range(1000 - 250 + 1, 1001))


def test_the_log_is_read_from_an_instant_on_in_the_order_in_which_it_was_written(database):
    log = SecurityLog(database)
    for hours in (0, 2, 1):  # the clock was set back meanwhile
        log.add(STARTUP, str(hours), at=START + timedelta(hours=hours))
    assert [entry.tech_info for entry in log.entries(since=START + timedelta(hours=1))] == ["2", "1"]


def test_a_cleared_log_is_empty_and_its_numbers_are_not_used_again(database):
    log = SecurityLog(database)
    log.add(STARTUP, "", at=START)
    log.add(STARTUP, "", at=START)
    assert log.clear() == 2
    assert log.entries() == []
    assert log.add(STARTUP, "", at=START) == 3


def test_a_full_log_that_was_cleared_forgets_nothing_that_came_later(database):
    log = SecurityLog(database, most=100)
    for _ in range(150):
        log.add(STARTUP, "", at=START)
    log.clear()
    for _ in range(100):
        log.add(STARTUP, "", at=START)
    assert len(log.entries()) == 100
