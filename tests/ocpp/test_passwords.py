"""The password that is tried, while a new one has not proved itself."""

import pytest

from station.ocpp.passwords import Passwords
from station.secret import Secret
from station.storage.database import Database
from station.storage.facts import Facts
from tests.fakes_clock import FakeClock

OLD, NEW, NEWER = Secret("the-old-password"), Secret("the-new-password"), Secret("a-password-later")


class Model:
    password = OLD

    def __call__(self):
        return self.password


@pytest.fixture
def facts(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Facts(database)


@pytest.fixture
def model():
    return Model()


@pytest.fixture
def passwords(facts, model):
    """Passwords of which the old one has worked, and a new one was set."""
    passwords = Passwords(facts, model)
    passwords.worked(passwords.next())
    model.password = NEW
    passwords.renewed()
    return passwords


@pytest.mark.ocpp("A01.FR.01")
def test_a_new_password_is_used_from_the_next_connection_on(passwords):
    assert passwords.next() == NEW


def test_a_password_that_is_refused_takes_turns_with_the_one_that_worked(passwords):
    tried = []
    for _ in range(4):
        tried.append(passwords.next())
        passwords.refused()
    assert tried == [NEW, OLD, NEW, OLD]


def test_the_old_password_stays_first_while_it_works(passwords):
    passwords.refused()
    passwords.worked(passwords.next())
    assert passwords.next() == OLD


def test_a_csms_that_comes_round_later_gets_the_new_password(passwords):
    passwords.refused()
    passwords.worked(passwords.next())
    passwords.refused()
    assert passwords.next() == NEW


@pytest.mark.ocpp("A01.FR.01")
def test_the_old_password_is_forgotten_when_the_new_one_works(passwords, facts, model):
    passwords.worked(passwords.next())
    passwords.refused()
    assert passwords.next() == NEW
    assert Passwords(facts, model).next() == NEW


def test_both_outlive_the_process_while_neither_is_proved(passwords, facts, model):
    passwords.refused()
    passwords.worked(passwords.next())
    anew = Passwords(facts, model)
    assert anew.next() == NEW
    anew.refused()
    assert anew.next() == OLD


def test_a_third_password_takes_the_place_of_one_that_never_worked(passwords, model):
    passwords.refused()
    passwords.worked(passwords.next())
    model.password = NEWER
    passwords.renewed()
    assert passwords.next() == NEWER
    passwords.refused()
    assert passwords.next() == OLD


def test_a_single_password_that_is_refused_is_tried_again(facts, model):
    passwords = Passwords(facts, model)
    passwords.refused()
    assert passwords.next() == OLD


def test_an_empty_password_is_none(facts, model):
    model.password = Secret("")
    passwords = Passwords(facts, model)
    assert passwords.next() is None
    passwords.worked(passwords.next())
    assert passwords.next() is None


@pytest.mark.ocpp("A01.FR.10")
def test_what_holds_passwords_is_for_the_station_only(facts, passwords, tmp_path):
    passwords.worked(passwords.next())
    holding = [path for path in tmp_path.iterdir() if NEW.reveal().encode() in path.read_bytes()]
    assert holding
    assert {path.stat().st_mode & 0o077 for path in (tmp_path, *holding)} == {0}
