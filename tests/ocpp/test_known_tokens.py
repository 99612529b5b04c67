"""What the station knows by itself: the list before the cache, and only the cache learns."""

from dataclasses import replace
from datetime import timedelta

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType, MessageFormatEnumType

from station.core.tokens import IdToken, PersonalMessage, Source, TokenInfo, text_of_info
from station.ocpp.known_tokens import KnownTokens
from station.ocpp.token_cache import TokenCache
from station.storage.database import Database
from station.storage.local_list import LocalList
from station.storage.tokens import Tokens
from tests.fakes_clock import START, FakeClock

Status = AuthorizationStatusEnumType
ANNA = IdToken("04A1B2C3", "ISO14443")
ACCEPTED = TokenInfo(Status.accepted)
BLOCKED = TokenInfo(Status.blocked)


class Memory:
    """A list and a cache on one database."""

    def __init__(self, database):
        self.clock = FakeClock()
        self.list_enabled = self.list_expires = self.cache_enabled = True
        self.list = LocalList(database, most_entries=100, most_bytes=10_000)
        self.cache = TokenCache(
            Tokens(database), enabled=lambda: self.cache_enabled, life_time_s=lambda: 3600.0, now=self.clock.now
        )
        self.known = KnownTokens(
            self.list,
            self.cache,
            list_enabled=lambda: self.list_enabled,
            list_expires=lambda: self.list_expires,
            now=self.clock.now,
        )

    def lists(self, info, token=ANNA):
        self.list.replace([(token, text_of_info(info))], version=1)


@pytest.fixture
def memory(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Memory(database)


def test_who_is_neither_listed_nor_cached_is_unknown(memory):
    assert memory.known.get(ANNA) is None


@pytest.mark.ocpp("C13.FR.01", "C14.FR.01")
@pytest.mark.parametrize(("listed", "cached"), [(ACCEPTED, BLOCKED), (BLOCKED, ACCEPTED)])
def test_the_list_counts_before_the_cache(memory, listed, cached):
    memory.known.learn(ANNA, cached)
    memory.lists(listed)
    assert memory.known.get(ANNA) == replace(listed, source=Source.LOCAL_LIST)
    memory.list_enabled = False
    assert memory.known.get(ANNA) == replace(cached, source=Source.CACHE)


def test_who_is_not_listed_is_known_from_the_cache(memory):
    memory.lists(BLOCKED, IdToken("other", "Central"))
    memory.known.learn(ANNA, ACCEPTED)
    assert memory.known.get(ANNA) == replace(ACCEPTED, source=Source.CACHE)


@pytest.mark.ocpp("D01.FR.09", "C10.FR.04", "C12.FR.06")
def test_an_answer_of_the_csms_goes_into_the_cache_and_never_into_the_list(memory):
    memory.lists(ACCEPTED)
    memory.known.learn(ANNA, BLOCKED)
    assert memory.known.get(ANNA).accepted
    assert not memory.cache.get(ANNA).accepted
    memory.known.learn(IdToken("02", "ISO14443"), ACCEPTED)
    assert (memory.list.count(), memory.list.version) == (1, 1)


@pytest.mark.ocpp("C13.FR.05", "C14.FR.04", "C14.FR.05")
def test_who_is_listed_until_then_is_known_until_then_and_not_forgotten_after_it(memory):
    memory.lists(replace(ACCEPTED, expires=START + timedelta(days=1)))
    memory.known.learn(ANNA, ACCEPTED)
    memory.clock.shift(86_399)
    assert memory.known.get(ANNA).accepted
    memory.clock.shift(1)
    known = memory.known.get(ANNA)
    assert (known.lapsed, known.accepted, known.source) == (True, False, Source.LOCAL_LIST)
    assert memory.list.count() == 1


@pytest.mark.ocpp("C13.FR.02", "C13.FR.04", "C14.FR.02")
def test_a_station_without_expiry_in_its_list_believes_it_for_ever(memory):
    memory.list_expires = False
    memory.lists(replace(ACCEPTED, expires=START - timedelta(days=1)))
    assert memory.known.get(ANNA).accepted


def test_who_is_listed_without_an_expiry_stays_known(memory):
    memory.lists(ACCEPTED)
    memory.clock.shift(50 * 365 * 86400)
    assert memory.known.get(ANNA).accepted


def test_what_the_list_says_about_a_driver_is_known_in_full(memory):
    info = TokenInfo(
        Status.accepted,
        group=IdToken("fleet", "Central"),
        evse_ids=(2,),
        language1="de",
        personal_message=PersonalMessage(MessageFormatEnumType.utf8, "Guten Tag"),
        charging_priority=1,
    )
    memory.lists(info)
    assert memory.known.get(ANNA) == replace(info, source=Source.LOCAL_LIST)
