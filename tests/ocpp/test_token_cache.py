"""The cache says what the CSMS said, for as long as that may be believed."""

from datetime import timedelta

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType

from station.core.tokens import IdToken, TokenInfo
from station.ocpp import token_cache
from station.ocpp.token_cache import TokenCache
from station.ocpp.words import EARLIEST, LATEST
from station.storage.database import Database
from station.storage.tokens import Tokens
from tests.fakes_clock import START, FakeClock

Status = AuthorizationStatusEnumType
ANNA = IdToken("04A1B2C3", "ISO14443")
ACCEPTED = TokenInfo(Status.accepted)
LIFE_TIME_S = 3600.0


class Shelf:
    """A cache on a database that survives it."""

    def __init__(self, database, *, life_time_s=LIFE_TIME_S):
        self.clock = FakeClock()
        self.enabled = True
        self.life_time_s = life_time_s
        self.store = Tokens(database)
        self.cache = self.anew()

    def anew(self):
        return TokenCache(
            self.store, enabled=lambda: self.enabled, life_time_s=lambda: self.life_time_s, now=self.clock.now
        )


@pytest.fixture
def shelf(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Shelf(database)


@pytest.mark.ocpp("C10.FR.01", "C10.FR.02")
@pytest.mark.parametrize("status", list(Status))
def test_every_answer_is_kept_whatever_its_status_and_over_a_restart(shelf, status):
    info = TokenInfo(status, group=IdToken("fleet", "Central"), expires=START + timedelta(days=1), evse_ids=(1, 2))
    shelf.cache.learn(ANNA, info)
    assert shelf.anew().get(ANNA) == info


@pytest.mark.ocpp("C01.FR.25")
def test_a_token_is_known_in_any_case_of_its_letters_and_only_of_its_type(shelf):
    shelf.cache.learn(ANNA, ACCEPTED)
    assert shelf.cache.get(IdToken("04a1b2c3", "ISO14443")) == ACCEPTED
    assert shelf.cache.get(IdToken("04A1B2C3", "ISO15693")) is None


@pytest.mark.ocpp("C12.FR.06")
def test_the_latest_answer_counts(shelf):
    shelf.cache.learn(ANNA, ACCEPTED)
    shelf.cache.learn(ANNA, TokenInfo(Status.blocked))
    assert shelf.cache.get(ANNA) == TokenInfo(Status.blocked)


@pytest.mark.ocpp("C02.FR.03", "C03.FR.02", "C05.FR.02")
@pytest.mark.parametrize("kind", ["Central", "NoAuthorization"])
def test_tokens_that_nobody_carries_are_not_kept(shelf, kind):
    shelf.cache.learn(IdToken("app", kind), ACCEPTED)
    assert shelf.store.size() == 0


@pytest.mark.ocpp("C10.FR.10")
def test_without_an_expiry_the_life_time_counts_from_the_answer_however_often_the_token_is_used(shelf):
    shelf.cache.learn(ANNA, ACCEPTED)
    shelf.clock.shift(LIFE_TIME_S)
    assert shelf.cache.get(ANNA) == ACCEPTED
    shelf.clock.shift(1)
    assert shelf.cache.get(ANNA) is None
    shelf.cache.learn(ANNA, ACCEPTED)
    assert shelf.cache.get(ANNA) == ACCEPTED


@pytest.mark.ocpp("C10.FR.13")
def test_an_expiry_counts_instead_of_the_life_time(shelf):
    shelf.cache.learn(ANNA, TokenInfo(Status.accepted, expires=START + timedelta(days=7)))
    shelf.clock.shift(6 * 86400)
    assert shelf.cache.get(ANNA)
    shelf.clock.shift(86400)
    assert shelf.cache.get(ANNA) is None


@pytest.mark.ocpp("C10.FR.10")
def test_an_answer_that_has_expired_is_not_kept_and_removes_what_was_known(shelf):
    shelf.cache.learn(ANNA, ACCEPTED)
    shelf.cache.learn(ANNA, TokenInfo(Status.accepted, expires=EARLIEST))
    assert shelf.cache.get(ANNA) is None
    assert shelf.store.size() == 0


def test_for_ever_is_no_problem(shelf):
    shelf.cache.learn(ANNA, TokenInfo(Status.accepted, expires=LATEST))
    assert shelf.cache.get(ANNA)
    shelf.life_time_s = 2.0**31 - 1
    shelf.cache.learn(ANNA, ACCEPTED)
    shelf.clock.shift(50 * 365 * 86400)
    assert shelf.cache.get(ANNA)


@pytest.mark.ocpp("C10.FR.07")
def test_a_full_cache_takes_a_new_token_and_forgets_the_oldest(shelf, monkeypatch):
    monkeypatch.setattr(token_cache, "MOST_TOKENS", 3)
    tokens = [IdToken(f"0{number}", "ISO14443") for number in range(4)]
    for token in tokens:
        shelf.clock.shift(1)
        shelf.cache.learn(token, ACCEPTED)
    assert [bool(shelf.cache.get(token)) for token in tokens] == [False, True, True, True]


@pytest.mark.ocpp("C10.FR.11")
def test_a_cache_that_is_switched_off_knows_and_learns_nothing(shelf):
    shelf.cache.learn(ANNA, ACCEPTED)
    shelf.enabled = False
    assert shelf.cache.get(ANNA) is None
    shelf.cache.learn(ANNA, TokenInfo(Status.blocked))
    shelf.enabled = True
    assert shelf.cache.get(ANNA) == ACCEPTED


@pytest.mark.ocpp("C10.FR.12")
def test_no_token_is_stored_in_clear(shelf, tmp_path):
    shelf.cache.learn(ANNA, ACCEPTED)
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.name.startswith("station.db"))
    assert b"accepted" in stored.lower()
    assert ANNA.value.encode() not in stored
