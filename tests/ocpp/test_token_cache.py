"""The cache says what the CSMS said, for as long as that may be believed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType, MessageFormatEnumType

from station.core.tokens import IdToken, PersonalMessage, Source, TokenInfo
from station.ocpp.token_cache import TokenCache
from station.ocpp.words import EARLIEST, LATEST
from station.storage.database import Database
from station.storage.tokens import Tokens
from tests.fakes_clock import START, FakeClock

Status = AuthorizationStatusEnumType
ANNA = IdToken("04A1B2C3", "ISO14443")
ACCEPTED = TokenInfo(Status.accepted, source=Source.CACHE)
BLOCKED = TokenInfo(Status.blocked, source=Source.CACHE)
LIFE_TIME_S = 3600.0


class Shelf:
    """A cache on a database that survives it."""

    def __init__(self, database, *, life_time_s=LIFE_TIME_S):
        self.clock = FakeClock()
        self.enabled = True
        self.life_time_s = life_time_s
        self.store = Tokens(database)
        self.cache = self.anew()

    def anew(self, **bounds):
        return TokenCache(
            self.store,
            enabled=lambda: self.enabled,
            life_time_s=lambda: self.life_time_s,
            now=self.clock.now,
            **bounds,
        )


@pytest.fixture
def shelf(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Shelf(database)


@pytest.mark.ocpp("C10.FR.01", "C10.FR.02")
@pytest.mark.parametrize("status", list(Status))
def test_every_answer_is_kept_whatever_its_status_and_over_a_restart(shelf, status):
    info = TokenInfo(
        status,
        group=IdToken("fleet", "Central"),
        expires=START + timedelta(days=1),
        evse_ids=(1, 2),
        language1="de",
        language2="en",
        charging_priority=3,
    )
    shelf.cache.learn(ANNA, info)
    assert shelf.anew().get(ANNA) == replace(info, source=Source.CACHE)


@pytest.mark.ocpp("C10.FR.09")
def test_a_personal_message_is_not_kept_because_it_may_tell_a_tariff(shelf):
    message = PersonalMessage(MessageFormatEnumType.utf8, "0.30 EUR/kWh")
    shelf.cache.learn(ANNA, replace(ACCEPTED, personal_message=message))
    assert shelf.cache.get(ANNA) == ACCEPTED
    assert "0.30" not in shelf.store.get(ANNA).info


@pytest.mark.ocpp("C01.FR.25")
def test_a_token_is_known_in_any_case_of_its_letters_and_only_of_its_type(shelf):
    shelf.cache.learn(ANNA, ACCEPTED)
    assert shelf.cache.get(IdToken("04a1b2c3", "ISO14443")) == ACCEPTED
    assert shelf.cache.get(IdToken("04A1B2C3", "ISO15693")) is None


@pytest.mark.ocpp("C12.FR.06")
def test_the_latest_answer_counts(shelf):
    shelf.cache.learn(ANNA, ACCEPTED)
    shelf.cache.learn(ANNA, BLOCKED)
    assert shelf.cache.get(ANNA) == BLOCKED


@pytest.mark.ocpp("C02.FR.03", "C03.FR.02", "C05.FR.02")
@pytest.mark.parametrize("kind", ["Central", "NoAuthorization"])
def test_tokens_that_nobody_carries_are_not_kept(shelf, kind):
    shelf.cache.learn(IdToken("app", kind), ACCEPTED)
    assert shelf.store.count() == 0


@pytest.mark.ocpp("C10.FR.08", "C10.FR.10")
def test_without_an_expiry_the_life_time_counts_from_the_answer_however_often_the_token_is_used(shelf):
    shelf.cache.learn(ANNA, ACCEPTED)
    shelf.clock.shift(LIFE_TIME_S)
    assert shelf.cache.get(ANNA) == ACCEPTED
    shelf.clock.shift(1)
    assert shelf.cache.get(ANNA) is None
    shelf.cache.learn(ANNA, ACCEPTED)
    assert shelf.cache.get(ANNA) == ACCEPTED


@pytest.mark.ocpp("C10.FR.10")
def test_an_answer_that_a_clock_running_ahead_dated_is_not_believed_for_years(shelf):
    shelf.clock.shift(10 * 365 * 86400)
    shelf.cache.learn(ANNA, ACCEPTED)
    shelf.clock.shift(-10 * 365 * 86400)
    assert shelf.cache.get(ANNA) is None
    shelf.cache.learn(IdToken("02", "ISO14443"), ACCEPTED)
    assert shelf.store.count() == 1


def test_a_clock_that_starts_a_little_late_after_a_power_cut_does_not_make_the_station_forget_its_drivers(shelf):
    shelf.cache.learn(ANNA, ACCEPTED)
    shelf.clock.shift(-LIFE_TIME_S)
    assert shelf.cache.get(ANNA) == ACCEPTED
    shelf.cache.learn(IdToken("02", "ISO14443"), ACCEPTED)
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
    assert shelf.store.count() == 0


def test_for_ever_is_no_problem(shelf):
    shelf.cache.learn(ANNA, TokenInfo(Status.accepted, expires=LATEST))
    assert shelf.cache.get(ANNA)
    shelf.life_time_s = 2.0**31 - 1
    shelf.cache.learn(ANNA, ACCEPTED)
    shelf.clock.shift(50 * 365 * 86400)
    assert shelf.cache.get(ANNA)


@pytest.mark.ocpp("C10.FR.07")
@pytest.mark.parametrize("latest", [ACCEPTED, BLOCKED])
def test_a_full_cache_takes_a_new_token_and_forgets_who_was_not_accepted_then_the_oldest(shelf, latest):
    cache = shelf.anew(most_tokens=3)
    said = [ACCEPTED, BLOCKED, ACCEPTED, ACCEPTED, latest]
    tokens = [IdToken(f"0{number}", "ISO14443") for number in range(5)]
    left = []
    for token, info in zip(tokens, said, strict=True):
        shelf.clock.shift(1)
        cache.learn(token, info)
        left.append([bool(cache.get(token)) for token in tokens])
    assert left[2] == [True, True, True, False, False]
    assert left[3] == [True, False, True, True, False]
    assert left[4] == [False, False, True, True, True]


@pytest.mark.ocpp("C10.FR.07")
def test_a_cache_that_is_full_of_bytes_takes_a_new_token_too(shelf):
    cache = shelf.anew(most_bytes=300)
    for number in range(9):
        shelf.clock.shift(1)
        cache.learn(IdToken(f"0{number}", "ISO14443"), ACCEPTED)
        assert cache.size_bytes() <= 300
        assert cache.get(IdToken(f"0{number}", "ISO14443"))
    assert shelf.store.count() > 1


@pytest.mark.ocpp("C10.FR.10", "C10.FR.13")
def test_what_has_expired_is_removed_when_something_is_learned(shelf):
    shelf.cache.learn(ANNA, ACCEPTED)
    shelf.cache.learn(IdToken("02", "ISO14443"), replace(ACCEPTED, expires=START + timedelta(seconds=LIFE_TIME_S)))
    shelf.clock.shift(LIFE_TIME_S)
    shelf.cache.learn(IdToken("03", "ISO14443"), ACCEPTED)
    assert shelf.store.count() == 2
    shelf.clock.shift(1)
    shelf.cache.learn(IdToken("03", "ISO14443"), ACCEPTED)
    assert shelf.store.count() == 1


@pytest.mark.ocpp("C11.FR.01", "C11.FR.03", "C11.FR.04")
def test_a_cache_is_cleared_unless_it_is_switched_off(shelf):
    shelf.cache.learn(ANNA, ACCEPTED)
    shelf.enabled = False
    assert not shelf.cache.clear()
    shelf.enabled = True
    assert shelf.cache.get(ANNA)
    assert shelf.cache.clear()
    assert shelf.anew().get(ANNA) is None
    assert shelf.cache.size_bytes() == 0


@pytest.mark.ocpp("C10.FR.11")
def test_a_cache_that_is_switched_off_knows_and_learns_nothing(shelf):
    shelf.cache.learn(ANNA, ACCEPTED)
    shelf.enabled = False
    assert shelf.cache.get(ANNA) is None
    shelf.cache.learn(ANNA, BLOCKED)
    shelf.enabled = True
    assert shelf.cache.get(ANNA) == ACCEPTED


@pytest.mark.ocpp("C10.FR.12", "C04.FR.03")
@pytest.mark.parametrize("token", [ANNA, IdToken("84736251", "KeyCode")])
def test_no_token_is_stored_in_clear(shelf, tmp_path, token):
    shelf.cache.learn(token, ACCEPTED)
    assert shelf.cache.get(token) == ACCEPTED
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.name.startswith("station.db"))
    assert b"accepted" in stored.lower()
    assert token.value.encode() not in stored
