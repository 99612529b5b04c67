"""What is stored about a customer is found by the token, and by nobody else's."""

from datetime import timedelta

import pytest

from station.core.tokens import IdToken
from station.storage.customers import Customers, Stay
from station.storage.database import Database, text_of
from tests.fakes_clock import START, FakeClock

ANNA = IdToken("04A1b2C3", "ISO14443")
ENDED = START + timedelta(hours=1)


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        for name, token, ended in (
            ("t1", ANNA, ENDED),
            ("t2", IdToken("04FFFFFF", "ISO14443"), ENDED),
            ("t3", IdToken("04A1B2C3", "KeyCode"), ENDED),
            ("t4", IdToken("04a1B2c3", "ISO14443"), None),
        ):
            database.execute(
                "INSERT INTO transactions (id, evse_id, id_token, id_token_type, started_at, ended_at)"
                " VALUES (?, 2, ?, ?, ?, ?)",
                (name, token.value, token.type, text_of(START), text_of(ended) if ended else None),
            )
        yield database


def test_the_transactions_of_a_token_are_found_whatever_the_case_of_its_letters(database):
    assert Customers(database).stays(ANNA) == (Stay("t4", 2, START, None), Stay("t1", 2, START, ENDED))


def test_a_token_that_was_never_used_has_none(database):
    assert Customers(database).stays(IdToken("04", "ISO14443")) == ()
