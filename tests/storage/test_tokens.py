"""Answers about tokens are remembered, the tokens themselves are not."""

from datetime import timedelta

import pytest

from station.core.tokens import IdToken
from station.storage.database import NAME, Database
from station.storage.tokens import CachedToken, Tokens
from tests.fakes_clock import START, FakeClock

CARD = IdToken("04A2b3C4", "ISO14443")


@pytest.fixture
def tokens(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Tokens(database)


def test_an_unknown_token_has_no_answer(tokens):
    assert tokens.get(CARD) is None


def test_the_last_answer_counts(tokens):
    tokens.put(CARD, "old", updated_at=START)
    tokens.put(CARD, "new", updated_at=START + timedelta(1), expires=START + timedelta(2))
    assert tokens.get(CARD) == CachedToken("new", START + timedelta(1), START + timedelta(2))
    assert tokens.size() == 1


@pytest.mark.ocpp("C01.FR.25")
def test_letters_are_compared_in_any_case_but_types_are_kept_apart(tokens):
    tokens.put(CARD, "card", updated_at=START)
    assert tokens.get(IdToken("04a2B3c4", "ISO14443")).info == "card"
    assert tokens.get(IdToken("04A2b3C4", "KeyCode")) is None


def test_answers_survive_a_restart(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        Tokens(database).put(CARD, "card", updated_at=START)
    with Database.open(tmp_path, FakeClock()) as database:
        assert Tokens(database).get(CARD).info == "card"


def test_no_token_is_on_the_disk_and_two_stations_hash_differently(tmp_path):
    hashes = []
    for name in ("one", "two"):
        with Database.open(tmp_path / name, FakeClock()) as database:
            Tokens(database).put(CARD, "info", updated_at=START)
            hashes.append(database.execute("SELECT hash FROM tokens").fetchone()[0])
            log = (tmp_path / name / f"{NAME}-wal").read_bytes()
            assert b"info" in log
            assert CARD.value.lower().encode() not in log.lower()
    assert hashes[0] != hashes[1]


@pytest.mark.ocpp("N10.FR.03", "N10.FR.06")
def test_a_token_is_forgotten_and_no_other(tokens):
    other = IdToken("04FFFFFF", "ISO14443")
    for token in (CARD, other):
        tokens.put(token, "card", updated_at=START)
    tokens.forget(IdToken("04a2B3c4", "ISO14443"))
    tokens.forget(IdToken("never seen", "ISO14443"))
    assert tokens.get(CARD) is None
    assert tokens.get(other) is not None


def test_the_cache_can_be_cleared(tokens):
    tokens.put(CARD, "card", updated_at=START)
    tokens.clear()
    assert tokens.get(CARD) is None
    tokens.put(CARD, "again", updated_at=START)
    assert tokens.get(CARD).info == "again"


def test_what_has_expired_and_what_was_updated_least_recently_goes_first(tokens):
    for number in range(5):
        tokens.put(IdToken(str(number), "Central"), str(number), updated_at=START + timedelta(number))
    tokens.put(IdToken("new", "Central"), "expired", updated_at=START + timedelta(9), expires=START + timedelta(1))
    tokens.put(IdToken("0", "Central"), "0", updated_at=START + timedelta(8))
    tokens.evict(keep=2, now=START + timedelta(9))
    assert tokens.size() == 2
    assert tokens.get(IdToken("0", "Central")) is not None
    assert tokens.get(IdToken("4", "Central")) is not None
