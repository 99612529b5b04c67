"""Security events are logged, and queued so that none that matters gets lost."""

import json
from datetime import timedelta

import pytest
from ocpp.v201.enums import BootReasonEnumType
from structlog.testing import capture_logs

from station.core.security_events import SecurityEvent
from station.errors import StorageError
from station.ocpp import codec, validation
from station.ocpp.blocks.security import KIND, TECH_INFO_LENGTH, Security
from station.ocpp.schemas import Kind
from station.ocpp.words import timestamp
from station.storage.database import Database
from station.storage.outbox import Outbox
from station.storage.security_log import SecurityLog
from tests.fakes_clock import START, FakeClock

STARTUP = SecurityEvent.STARTUP_OF_THE_DEVICE
INVALID = SecurityEvent.INVALID_MESSAGES
TLS = SecurityEvent.INVALID_TLS_VERSION
REFUSED = SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS
RECONFIGURED = SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS


class Desk:
    """The block with its queue and its log, online or not as the test says."""

    def __init__(self, database):
        self.store, self.book = Outbox(database), SecurityLog(database)
        self.rings, self.online, self.time = 0, True, START
        self.security = Security(
            self.store, self.book, now=lambda: self.time, ring=self._ring, online=lambda: self.online
        )

    def _ring(self):
        self.rings += 1

    def queued(self):
        """Return the payloads of what is queued, checked against the schema."""
        rows = self.store.head(100)
        payloads = [codec.encode(self.security.encode(row, json.loads(row.body))) for row in rows]
        assert all(validation.check(KIND, Kind.REQUEST, payload) is None for payload in payloads)
        return payloads

    def told(self):
        return [payload["type"] for payload in self.queued()]

    def logged(self):
        return [entry.type for entry in self.book.entries()]


@pytest.fixture
def desk(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Desk(database)


@pytest.mark.ocpp("A04.FR.01", "A04.FR.02")
def test_an_event_is_queued_and_the_sender_called(desk):
    desk.security.notify(STARTUP, "PowerUp")
    desk.security.notify(SecurityEvent.RESET_OR_REBOOT)
    assert desk.queued() == [
        {"type": "StartupOfTheDevice", "timestamp": "2026-12-01T12:00:00.000Z", "techInfo": "PowerUp"},
        {"type": "ResetOrReboot", "timestamp": "2026-12-01T12:00:00.000Z"},
    ]
    assert desk.rings == 2


@pytest.mark.ocpp("A04.FR.02")
def test_every_critical_event_is_queued_while_there_is_no_connection(desk):
    desk.online = False
    critical = [event for event in SecurityEvent if event.critical]
    for event in critical * 2:
        desk.security.notify(event)
    assert desk.told() == [event.value for event in critical * 2]
    assert all(row.offline for row in desk.store.head(100))


@pytest.mark.ocpp("A04.FR.04")
@pytest.mark.parametrize("online", [True, False])
def test_every_event_is_logged_critical_or_not_told_or_not(desk, online):
    desk.online = online
    for event in SecurityEvent:
        desk.security.notify(event, "first")
        desk.security.notify(event, "second")
    assert desk.logged() == [event.value for event in SecurityEvent for _ in range(2)]
    assert {entry.tech_info for entry in desk.book.entries()} == {"first", "second"}
    assert all(entry.critical == SecurityEvent(entry.type).critical for entry in desk.book.entries())


def test_of_events_that_are_not_critical_one_of_a_kind_waits_for_the_end_of_an_outage(desk):
    desk.online = False
    for _ in range(3):
        desk.security.notify(REFUSED)
        desk.security.notify(RECONFIGURED)
    assert desk.told() == [REFUSED, RECONFIGURED]
    desk.security.connected()
    desk.security.notify(REFUSED)
    assert desk.told() == [REFUSED, RECONFIGURED, REFUSED]


def test_events_that_are_not_critical_are_all_told_while_online(desk):
    desk.security.notify(RECONFIGURED, "password")
    desk.security.notify(RECONFIGURED, "certificate")
    assert [payload["techInfo"] for payload in desk.queued()] == ["password", "certificate"]
    assert not any(row.offline for row in desk.store.head(100))


@pytest.mark.ocpp("A00.FR.316", "A00.FR.323", "A00.FR.419", "A00.FR.426")
def test_what_repeats_with_each_attempt_to_connect_is_told_once_until_a_connection_comes(desk):
    desk.online = False
    for _ in range(3):
        desk.security.once(TLS, "TLS 1.1")
        desk.security.once(SecurityEvent.INVALID_TLS_CIPHER_SUITE)
    assert desk.told() == [TLS, SecurityEvent.INVALID_TLS_CIPHER_SUITE]
    desk.security.connected()
    desk.security.once(TLS)
    assert desk.told()[2:] == [TLS]


def test_an_event_keeps_the_time_at_which_it_happened(desk):
    desk.security.notify(STARTUP)
    desk.time += timedelta(hours=1)
    assert desk.queued()[0]["timestamp"] == "2026-12-01T12:00:00.000Z"
    assert desk.book.entries()[0].at == START


def test_a_long_text_is_cut_to_what_the_message_takes(desk):
    desk.security.notify(STARTUP, "é" * 1000)
    assert desk.queued()[0]["techInfo"] == "é" * TECH_INFO_LENGTH


def test_a_text_that_no_database_or_terminal_would_take_is_made_harmless(desk):
    desk.security.notify(STARTUP, "half a \ud83d pair,\na line, \x1b[31mred\0")
    (payload,) = desk.queued()
    assert payload["techInfo"] == "half a   pair, a line,  [31mred "


def test_a_csms_that_talks_nonsense_is_told_so_once_a_connection(desk):
    for _ in range(3):
        desk.security.invalid_message("no array")
    assert desk.told() == [INVALID]
    desk.security.connected()
    desk.security.invalid_message("no array")
    assert desk.told() == [INVALID, INVALID]


def test_requests_that_come_again_are_told_once_a_connection(desk):
    for _ in range(3):
        desk.security.replayed_message("Reset came again")
    assert desk.told() == ["AttemptedReplayAttacks"]
    desk.security.connected()
    desk.security.replayed_message("Reset came again")
    assert len(desk.told()) == 2


def test_an_event_that_an_earlier_version_queued_is_sent_as_it_was(desk):
    body = '{"type": "StartupOfTheDevice", "at": "2026-11-30T08:00:00.000Z", "info": ""}'
    desk.store.put(KIND, body, created_at=START, offline=False)
    assert desk.queued() == [{"type": "StartupOfTheDevice", "timestamp": "2026-11-30T08:00:00.000Z"}]


def test_an_answer_needs_nothing_to_be_done(desk):
    desk.security.answered({}, None)


@pytest.mark.parametrize(
    ("reason", "event"),
    [
        ("PowerUp", "StartupOfTheDevice"),
        ("Unknown", "StartupOfTheDevice"),
        ("RemoteReset", "ResetOrReboot"),
        ("ScheduledReset", "ResetOrReboot"),
        ("LocalReset", "ResetOrReboot"),
        ("FirmwareUpdate", "ResetOrReboot"),
        ("ApplicationReset", "ResetOrReboot"),
        ("Watchdog", "ResetOrReboot"),
        ("Triggered", "ResetOrReboot"),
    ],
)
@pytest.mark.ocpp("A04.FR.01")
def test_each_start_is_told_by_what_caused_it(desk, reason, event):
    desk.security.started(BootReasonEnumType(reason))
    desk.security.started(BootReasonEnumType(reason), "the database was corrupt")
    texts = [(payload["type"], payload["techInfo"]) for payload in desk.queued()]
    assert texts == [(event, reason), (event, f"{reason}; the database was corrupt")]


@pytest.mark.ocpp("A04.FR.01")
@pytest.mark.parametrize("seconds", [21, -21])
def test_a_clock_that_was_set_by_more_than_the_threshold_is_told_with_both_times(desk, seconds):
    after = START + timedelta(seconds=seconds)
    desk.security.clock_adjusted(START, after, threshold_s=20)
    (payload,) = desk.queued()
    assert payload["type"] == "SettingSystemTime"
    assert payload["techInfo"] == f"from 2026-12-01T12:00:00.000Z to {timestamp(after)}"


@pytest.mark.parametrize("seconds", [20, -20, 0])
def test_a_clock_that_was_set_by_no_more_than_the_threshold_is_not_told(desk, seconds):
    desk.security.clock_adjusted(START, START + timedelta(seconds=seconds), threshold_s=20)
    assert desk.told() == desk.logged() == []


def test_a_full_disk_does_not_stop_who_has_something_to_tell(desk, monkeypatch):
    def full(*_values, **_options):
        raise StorageError("disk full")

    with monkeypatch.context() as disk, capture_logs() as logs:
        disk.setattr(desk.book, "add", full)
        desk.security.notify(TLS, "too old")
    assert ("security_event_not_kept", TLS.value) in [(entry["event"], entry.get("type")) for entry in logs]
    desk.security.notify(STARTUP)
    assert desk.told() == [STARTUP.value]


@pytest.mark.ocpp("A04.FR.02", "A04.FR.04")
def test_an_event_is_logged_and_queued_or_neither(desk, monkeypatch):
    def fail(*_arguments, **_options):
        raise StorageError("the disk is full")

    monkeypatch.setattr(desk.store, "put", fail)
    desk.security.notify(STARTUP)
    assert desk.logged() == []
