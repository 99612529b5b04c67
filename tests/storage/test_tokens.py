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
    assert tokens.count() == 1


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


@pytest.mark.ocpp("C11.FR.01")
def test_the_cache_can_be_cleared(tokens):
    tokens.put(CARD, "card", updated_at=START)
    tokens.clear()
    assert tokens.get(CARD) is None
    tokens.put(CARD, "again", updated_at=START)
    assert tokens.get(CARD).info == "again"


def test_what_has_expired_is_forgotten_by_its_own_time_or_else_by_its_age(tokens):
    tokens.put(IdToken("over", "Central"), "", updated_at=START, expires=START + timedelta(1))
    tokens.put(IdToken("lives", "Central"), "", updated_at=START, expires=START + timedelta(3))
    tokens.put(IdToken("old", "Central"), "", updated_at=START)
    tokens.put(IdToken("young", "Central"), "", updated_at=START + timedelta(1))
    tokens.put(IdToken("unborn", "Central"), "", updated_at=START + timedelta(4))
    tokens.expire(now=START + timedelta(1), believed=(START + timedelta(1), START + timedelta(2)))
    assert known(tokens, "over", "lives", "old", "young", "unborn") == ["lives", "young"]


@pytest.mark.ocpp("C10.FR.07")
def test_who_was_not_accepted_goes_first_then_who_was_updated_longest_ago(tokens):
    for number in range(5):
        tokens.put(IdToken(str(number), "Central"), "", updated_at=START + timedelta(number), accepted=number != 4)
    tokens.put(IdToken("0", "Central"), "", updated_at=START + timedelta(8))
    tokens.evict(IdToken("3", "Central"), most_tokens=4, most_bytes=10_000)
    assert known(tokens, *"01234") == ["0", "1", "2", "3"]
    tokens.evict(IdToken("3", "Central"), most_tokens=2, most_bytes=10_000)
    assert known(tokens, *"01234") == ["0", "3"]


@pytest.mark.ocpp("C10.FR.07")
@pytest.mark.parametrize("accepted", [True, False])
def test_the_new_one_stays_whatever_was_said_about_it(tokens, accepted):
    for number in range(3):
        tokens.put(IdToken(str(number), "Central"), "", updated_at=START)
    tokens.put(IdToken("new", "Central"), "", updated_at=START - timedelta(1), accepted=accepted)
    tokens.evict(IdToken("NEW", "Central"), most_tokens=1, most_bytes=10_000)
    assert known(tokens, "0", "1", "2", "new") == ["new"]


def test_an_answer_that_changes_its_mind_changes_its_place(tokens):
    for number in range(3):
        tokens.put(IdToken(str(number), "Central"), "", updated_at=START + timedelta(number))
    tokens.put(IdToken("2", "Central"), "", updated_at=START + timedelta(5), accepted=False)
    tokens.evict(IdToken("0", "Central"), most_tokens=2, most_bytes=10_000)
    assert known(tokens, *"012") == ["0", "1"]


def test_bytes_count_too(tokens):
    for number in range(3):
        tokens.put(IdToken(str(number), "Central"), "x" * 1000, updated_at=START + timedelta(number))
    one = tokens.size_bytes() // 3
    assert 1000 < one < 1100
    tokens.evict(IdToken("2", "Central"), most_tokens=9, most_bytes=2 * one)
    assert known(tokens, *"012") == ["1", "2"]
    assert tokens.size_bytes() == 2 * one
    tokens.clear()
    assert tokens.size_bytes() == 0


def known(tokens, *names):
    return [name for name in names if tokens.get(IdToken(name, "Central"))]
