"""Tokens are found on disk without being there."""

import pytest

from station.core.tokens import IdToken
from station.errors import StorageError
from station.storage.database import Database
from station.storage.token_hash import TokenHash
from tests.fakes_clock import FakeClock

CARD = IdToken("04A2b3C4", "ISO14443")


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield database


@pytest.mark.ocpp("C01.FR.25")
def test_tokens_that_are_equal_have_one_hash_and_others_another(database):
    hashed = TokenHash(database)
    assert hashed(CARD) == hashed(IdToken("04a2B3c4", "ISO14443"))
    others = [CARD, IdToken("04A2b3C4", "ISO15693"), IdToken("04A2b3C5", "ISO14443"), IdToken("", "ISO14443")]
    assert len({hashed(token) for token in others}) == len(others)


@pytest.mark.ocpp("C10.FR.12")
def test_a_hash_is_the_same_after_a_restart_and_another_one_in_another_station(database, tmp_path):
    assert TokenHash(database)(CARD) == TokenHash(database)(CARD)
    with Database.open(tmp_path / "other", FakeClock()) as other:
        assert TokenHash(other)(CARD) != TokenHash(database)(CARD)


def test_a_database_without_a_salt_says_so(database):
    database.execute("DELETE FROM token_salt")
    with pytest.raises(StorageError, match="lost the salt"):
        TokenHash(database)
