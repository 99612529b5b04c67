"""Which meter counts at an EVSE, and which ones did."""

from datetime import timedelta

import pytest

from station.errors import StorageError
from station.storage.database import Database
from station.storage.meters import KnownMeter, Meters, PastMeter
from tests.fakes_clock import START, FakeClock

SERIAL, KEY = "001BZR1521070003", b"\x30\x59\x01"
OTHER_SERIAL, OTHER_KEY = "001BZR1521079999", b"\x30\x59\x02"
LATER = START + timedelta(days=1)


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield database


@pytest.fixture
def meters(database):
    return Meters(database)


def test_before_the_first_meter_was_met_none_is_known(meters):
    assert meters.known(1) is None
    assert meters.history() == ()


def test_the_meter_of_each_evse_is_remembered(tmp_path, meters):
    meters.remember(1, SERIAL, KEY, START)
    meters.remember(2, OTHER_SERIAL, OTHER_KEY, LATER)
    with Database.look(tmp_path) as looked:
        assert Meters(looked).known(1) == KnownMeter(SERIAL, KEY, START, None, None)
        assert Meters(looked).known(2) == KnownMeter(OTHER_SERIAL, OTHER_KEY, LATER, None, None)


def test_when_the_clock_was_set_is_remembered_for_the_meter_of_that_evse_alone(meters):
    meters.remember(1, SERIAL, KEY, START)
    meters.remember(2, OTHER_SERIAL, OTHER_KEY, START)
    meters.clock_updated(1, LATER)
    assert meters.known(1).clock_updated_at == LATER
    assert meters.known(2).clock_updated_at is None


def test_a_clock_that_was_set_before_the_meter_is_known_is_no_error(meters):
    meters.clock_updated(1, START)
    assert meters.known(1) is None


def test_the_same_meter_met_again_changes_nothing(meters):
    meters.confirm(1, SERIAL, KEY, START)
    meters.clock_updated(1, START)
    before = meters.known(1)
    meters.remember(1, SERIAL, KEY, LATER)
    assert meters.known(1) == before
    assert len(meters.history()) == 1


@pytest.mark.parametrize(("serial", "key"), [(OTHER_SERIAL, KEY), (SERIAL, OTHER_KEY)])
def test_another_meter_has_neither_the_word_of_the_operator_nor_the_time_of_the_one_before(meters, serial, key):
    meters.confirm(1, SERIAL, KEY, START)
    meters.clock_updated(1, START)
    meters.remember(1, serial, key, LATER)
    assert meters.known(1) == KnownMeter(serial, key, LATER, None, None)


def test_the_word_of_an_operator_is_stamped(meters):
    meters.remember(1, SERIAL, KEY, START)
    meters.clock_updated(1, START)
    meters.confirm(1, SERIAL, KEY, LATER)
    assert meters.known(1) == KnownMeter(SERIAL, KEY, START, LATER, START)


@pytest.mark.parametrize(("serial", "key"), [(OTHER_SERIAL, KEY), (SERIAL, OTHER_KEY)])
def test_an_operator_may_confirm_another_meter_which_has_not_got_the_time_yet(meters, serial, key):
    meters.remember(1, SERIAL, KEY, START)
    meters.clock_updated(1, START)
    meters.confirm(1, serial, key, LATER)
    assert meters.known(1) == KnownMeter(serial, key, LATER, LATER, None)


def test_a_forgotten_meter_makes_way_for_the_next(meters):
    meters.confirm(1, SERIAL, KEY, START)
    meters.remember(2, SERIAL, KEY, START)
    meters.forget(1)
    assert meters.known(1) is None
    assert meters.known(2) is not None
    meters.remember(1, OTHER_SERIAL, OTHER_KEY, LATER)
    assert meters.known(1) == KnownMeter(OTHER_SERIAL, OTHER_KEY, LATER, None, None)


def test_every_meter_that_ever_counted_is_in_the_history(meters):
    meters.remember(1, SERIAL, KEY, START)
    meters.clock_updated(1, START)
    meters.confirm(1, OTHER_SERIAL, OTHER_KEY, LATER)
    meters.forget(1)
    meters.remember(1, SERIAL, KEY, LATER + timedelta(days=1))
    assert meters.history() == (
        PastMeter(1, SERIAL, KEY, START, confirmed=False),
        PastMeter(1, OTHER_SERIAL, OTHER_KEY, LATER, confirmed=True),
        PastMeter(1, SERIAL, KEY, LATER + timedelta(days=1), confirmed=False),
    )


@pytest.mark.parametrize("sql", ["DELETE FROM meter_history", "UPDATE meter_history SET serial = 'another'"])
def test_the_database_refuses_to_change_or_delete_the_history(database, meters, sql):
    meters.remember(1, SERIAL, KEY, START)
    with pytest.raises(StorageError, match="never"):
        database.execute(sql)
    assert len(meters.history()) == 1
