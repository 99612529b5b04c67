"""What an earlier version stored is taken over, whole, and means the same."""

import json
import sqlite3
from pathlib import Path

import pytest

from station.core.records import RecordKind
from station.core.session import Metering
from station.core.tokens import IdToken
from station.core.variables import HEARTBEAT_INTERVAL
from station.errors import StorageError
from station.ocpp.blocks.security import KIND, Security
from station.storage.card_names import CardNames
from station.storage.collected import Collected
from station.storage.database import NAME, Database, _migrations, text_of
from station.storage.facts import Facts
from station.storage.journal import Journal
from station.storage.meters import Meters
from station.storage.outbox import Outbox
from station.storage.receipts import Receipts
from station.storage.security_log import SecurityLog
from station.storage.sessions import Sessions
from station.storage.tokens import Tokens
from station.storage.variables import Variables
from tests.fakes_clock import START, FakeClock

DATA = Path(__file__).parents[1] / "data"
STORED = {int(path.stem[-4:]): path for path in sorted(DATA.glob("schema_????.db"))}
"""A database of every schema that was ever released, with rows in it."""
SCHEMA = "SELECT type, name, sql FROM sqlite_master ORDER BY name"

CHARGING = (
    '{"evse_id":1,"awake":true,"plugged":true,"letter":"C","authorization":{"token":{"value":"04A1B2C3",'
    '"type":"ISO14443"}},"transaction":{"id":"transaction-3","cause":"Authorized","token":{"value":"04A1B2C3",'
    '"type":"ISO14443"},"seq_no":2,"started":true,"begin":{"kind":"turn_on","ocmf":"T0NNRnx0dXJuX29ufDEwMHwxMDAwfDB8",'
    '"public_key":"dGhlIG1ldGVyJ3Mga2V5","meter_serial":"001BZR1521070003","pagination":100,'
    '"taken_at":"2027-03-01T12:01:40+00:00","energy_wh":1000,"session_energy_wh":0,"verified":true,"doubts":[]},'
    '"end_attempts":0,"suspended":false,"energy_flowed":true,"told_state":"Charging","told_token":true,'
    '"told_evse":true,"told_remote":false,"told_begin":true,"told_key":false},"metering":"on","offered_amps":16.0,'
    '"faults":[],"blocked":false,"last_pagination":100}'
)
OWING = (
    '{"evse_id":2,"awake":true,"plugged":true,"letter":"C","metering":"off","offered_amps":0.0,'
    '"faults":["SignedEndMissing"],"blocked":false,"owed":"transaction-x101","last_pagination":200}'
)
"""Sessions as version 0.1.0 stored them."""


def opened(folder):
    return Database.open(folder, FakeClock())


def stored(folder, *, schema, **sessions):
    """Put a database of an earlier schema into the folder, with the sessions of EVSEs."""
    (folder / NAME).write_bytes(STORED[schema].read_bytes())
    connection = sqlite3.connect(folder / NAME)
    for name, document in sessions.items():
        connection.execute(
            "INSERT INTO sessions VALUES (?, ?) ON CONFLICT (evse_id) DO UPDATE SET document = excluded.document",
            (int(name.removeprefix("evse")), document),
        )
    connection.commit()
    connection.close()


def migrated_up_to(number):
    connection = sqlite3.connect(":memory:")
    for _, sql in _migrations()[:number]:
        connection.executescript(sql)
    return connection


def test_there_is_a_stored_database_of_every_schema():
    assert list(STORED) == [number for number, _ in _migrations()]


@pytest.mark.parametrize("number", STORED)
def test_a_stored_database_has_the_schema_that_a_new_one_of_its_version_gets(number):
    """A released schema is never edited; a change is a new file in migrations."""
    new, old = migrated_up_to(number), sqlite3.connect(STORED[number])
    assert old.execute(SCHEMA).fetchall() == new.execute(SCHEMA).fetchall()
    assert old.execute("PRAGMA user_version").fetchone() == (number,)
    new.close()
    old.close()


@pytest.mark.parametrize("number", STORED)
def test_a_stored_database_opens_with_all_that_is_in_it(tmp_path, number):
    stored(tmp_path, schema=number)
    with opened(tmp_path) as database:
        assert database.set_aside is None
        assert Sessions(database).load(1) == '{"evse_id":1}'
        assert [message.kind for message in Outbox(database).head(10)] == ["TransactionEvent"]
        assert [letter.reason for letter in Outbox(database).dead_letters()] == ["InternalError"]
        (receipt,) = Receipts(database).list()
        assert [record.pagination for record in receipt.records] == [7, 8]
        assert all(record.verified for record in receipt.records)
        assert len(Receipts(database).rejected()) == 1
        assert Tokens(database).get(IdToken("04A2B3C4", "ISO14443")).info == '{"status":"Accepted"}'
        assert Variables(database).all() == {HEARTBEAT_INTERVAL.address.key: "60"}


def test_receipts_of_the_first_schema_have_no_request_no_snapshots_and_nothing_that_is_known_to_be_sent(tmp_path):
    stored(tmp_path, schema=1)
    with opened(tmp_path) as database:
        (receipt,) = Receipts(database).list()
        assert receipt.request is None
        assert [(kept.record.snapshot, kept.sent_at) for kept in receipt.kept] == [(b"", None), (b"", None)]
        (rejected,) = Receipts(database).rejected()
        assert (rejected.meter_serial, rejected.pagination, rejected.public_key) == (None, None, None)
        assert Meters(database).known(1) is None
        assert Receipts(database).prune(START.replace(year=2099)) == 0


def test_a_database_of_the_second_schema_knows_its_meters_and_what_was_sent(tmp_path):
    stored(tmp_path, schema=2)
    with opened(tmp_path) as database:
        (receipt,) = Receipts(database).list()
        assert [kept.sent_at for kept in receipt.kept] == [START, None]
        assert Meters(database).known(1).clock_updated_at == START
        assert [past.serial for past in Meters(database).history()] == [receipt.records[0].meter_serial]


def test_a_database_of_the_second_schema_has_no_profiles_facts_or_events_yet(tmp_path):
    stored(tmp_path, schema=2)
    with opened(tmp_path) as database:
        for table in ("network_profiles", "facts", "security_log", "ocsp_responses", "inoperative"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_database_of_the_third_schema_knows_the_line_to_the_csms(tmp_path):
    stored(tmp_path, schema=3)
    with opened(tmp_path) as database:
        assert Facts(database).get("example") == "kept"
        assert [entry.type for entry in SecurityLog(database).entries()] == ["StartupOfTheDevice", "InvalidMessages"]
        assert database.execute("SELECT slot FROM network_profiles").fetchall() == [(1,)]
        assert database.execute("SELECT response FROM ocsp_responses").fetchall() == [("MAA=",)]
        assert database.execute("SELECT evse_id, connector_id FROM inoperative").fetchall() == [(1, 0)]


def test_a_database_of_the_third_schema_has_nothing_of_the_fourth_and_what_was_sent_was_signed(tmp_path):
    stored(tmp_path, schema=3)
    with opened(tmp_path) as database:
        for table in ("collected", "waived_records", "local_list"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        assert Outbox(database).delayed() == []
        (receipt,) = Receipts(database).list()
        assert [(kept.sent_at, kept.told_at) for kept in receipt.kept] == [(START, None), (None, None)]
        assert database.execute("SELECT accepted FROM tokens").fetchall() == [(1,)]


def test_a_database_of_the_fourth_schema_knows_what_sessions_keep(tmp_path):
    stored(tmp_path, schema=4)
    with opened(tmp_path) as database:
        assert [(message.attempts, until) for message, until in Outbox(database).delayed()] == [(1, START)]
        assert Collected(database).of("t1") == ["{}"]
        (receipt,) = Receipts(database).list()
        assert [(kept.sent_at, kept.told_at) for kept in receipt.kept] == [(START, None), (None, START)]
        assert database.execute("SELECT waived_at FROM waived_records").fetchall() == [(text_of(START),)]
        assert database.execute("SELECT info FROM local_list").fetchall() == [('{"status":"Accepted"}',)]


def test_a_database_of_the_fifth_schema_knows_what_cards_are_called(tmp_path):
    stored(tmp_path, schema=5)
    with opened(tmp_path) as database:
        assert CardNames(database).of(IdToken("04A2B3C4", "ISO14443")) == "Anna"


@pytest.mark.parametrize("number", STORED)
def test_what_the_csms_has_not_signed_stays_whatever_version_kept_it(tmp_path, number):
    stored(tmp_path, schema=number)
    with opened(tmp_path) as database:
        Outbox(database).forget(1)
        Outbox(database).remove(2)
        assert Receipts(database).prune(START.replace(year=2099)) == 0
        with pytest.raises(StorageError, match="never"):
            database.execute("DELETE FROM records WHERE pagination = 8")


def test_an_event_that_waited_for_the_csms_before_the_log_was_kept_still_waits(tmp_path):
    stored(tmp_path, schema=2)
    body = '{"type": "ResetOrReboot", "at": "2026-11-30T08:00:00.000Z", "info": "RemoteReset"}'
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute(
        "INSERT INTO outbox (kind, body, created_at, offline) VALUES (?, ?, ?, 0)", (KIND, body, text_of(START))
    )
    connection.commit()
    connection.close()
    with opened(tmp_path) as database:
        waiting = Outbox(database).head(10)[-1]
        security = Security(Outbox(database), SecurityLog(database), now=lambda: START, ring=lambda: None)
        message = security.encode(waiting, json.loads(waiting.body))
    assert (message.type, message.timestamp, message.tech_info) == (
        "ResetOrReboot",
        "2026-11-30T08:00:00.000Z",
        "RemoteReset",
    )


def test_a_session_that_the_first_version_stored_while_charging_goes_on(tmp_path):
    stored(tmp_path, schema=1, evse1=CHARGING)
    with opened(tmp_path) as database:
        session = Journal(database).load(1)
    assert session.metering is Metering.ON
    assert session.transaction.request is None
    assert session.transaction.begin.kind is RecordKind.TURN_ON
    assert session.transaction.begin.snapshot == b""
    assert (session.last_pagination, session.last_serial) == (100, "")


def test_a_session_of_the_first_version_that_owes_its_end_still_owes_it(tmp_path):
    stored(tmp_path, schema=1, evse2=OWING)
    with opened(tmp_path) as database:
        session = Journal(database).load(2)
        assert (session.owed, session.owed_by) == ("transaction-x101", "")
        Journal(database).commit(session, [], now=START, offline=False)
        assert Journal(database).load(2) == session


def test_evidence_of_the_first_schema_is_as_safe_as_new_evidence(tmp_path):
    stored(tmp_path, schema=1)
    with opened(tmp_path) as database:
        for sql in ("DELETE FROM records", "UPDATE records SET verified = 0", "DELETE FROM transactions"):
            with pytest.raises(StorageError, match="never"):
                database.execute(sql)


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path):
    stored(tmp_path, schema=1)
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute("CREATE TABLE meter_history (somebody TEXT)")  # the last table that the migration makes
    connection.commit()
    before = connection.execute(SCHEMA).fetchall()
    connection.close()
    with pytest.raises(StorageError, match="meter_history already exists"):
        opened(tmp_path)
    after = sqlite3.connect(tmp_path / NAME)
    assert after.execute(SCHEMA).fetchall() == before
    assert after.execute("PRAGMA user_version").fetchone() == (1,)
    after.close()


def test_a_tool_that_only_looks_says_what_to_do_about_a_database_of_an_earlier_version(tmp_path):
    stored(tmp_path, schema=1)
    with pytest.raises(StorageError, match=r"older version .* \(schema 1, .* \d+\); start the station once"):
        Database.look(tmp_path)
    with opened(tmp_path) as database:  # it was not migrated by looking, and is now
        assert Meters(database).history() == ()
