"""ClearCache clears the cache, and says if it could not."""

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType

from station.core.tokens import IdToken, TokenInfo
from station.ocpp.blocks.authorization_cache import AuthorizationCache
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.ocpp.token_cache import TokenCache
from station.storage.database import Database
from station.storage.local_list import LocalList
from station.storage.tokens import Tokens
from tests.fakes_clock import START, FakeClock
from tests.ocpp.csms import talking

ANNA = IdToken("04A1B2C3", "ISO14443")
ACCEPTED = TokenInfo(AuthorizationStatusEnumType.accepted)


class Counter:
    """The block with a cache on a real database."""

    def __init__(self, database):
        self.database, self.enabled = database, True
        self.cache = TokenCache(
            Tokens(database), enabled=lambda: self.enabled, life_time_s=lambda: 3600.0, now=lambda: START
        )
        self.cache.learn(ANNA, ACCEPTED)
        self.session = RpcSession(Router(AuthorizationCache(self.cache)), timeout_s=lambda: 30.0)

    async def clear(self):
        async with talking(self.session) as csms:
            kind, _, answer = await csms.call("ClearCache")
        assert kind == 3
        return answer


@pytest.fixture
def counter(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Counter(database)


@pytest.mark.ocpp("C11.FR.01", "C11.FR.02", "C11.FR.03")
async def test_a_cache_that_is_cleared_knows_nobody_any_more(counter):
    assert await counter.clear() == {"status": "Accepted"}
    assert counter.cache.get(ANNA) is None


@pytest.mark.ocpp("C11.FR.02", "C11.FR.04")
async def test_a_cache_that_is_switched_off_is_not_cleared(counter):
    counter.enabled = False
    answer = await counter.clear()
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "NotEnabled")
    counter.enabled = True
    assert counter.cache.get(ANNA)


@pytest.mark.ocpp("C11.FR.02", "C11.FR.05")
async def test_a_cache_that_cannot_be_cleared_says_so(counter):
    counter.database.execute("PRAGMA query_only = on")
    answer = await counter.clear()
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "InternalError")
    assert counter.cache.get(ANNA)


@pytest.mark.ocpp("D01.FR.09")
async def test_the_local_list_stays(counter):
    local_list = LocalList(counter.database, most_entries=9, most_bytes=999)
    local_list.replace([(ANNA, "{}")], version=1)
    await counter.clear()
    assert (local_list.count(), local_list.version) == (1, 1)
