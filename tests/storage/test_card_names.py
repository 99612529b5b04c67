"""Names of cards: kept by hash, one name a card, one card a name."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from station.core.tokens import IdToken
from station.storage.card_names import LONGEST, CardName, CardNames, NameRefusedError
from station.storage.database import NAME, Database
from tests.fakes_clock import START, FakeClock

CARD = IdToken("04A2B3C4D5E6F7", "ISO14443")
OTHER = IdToken("0411223344", "ISO14443")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path, FakeClock()) as database:
        yield database


@pytest.fixture
def names(database: Database) -> CardNames:
    return CardNames(database)


def test_a_card_that_nobody_named_and_nobody_at_all_have_no_name(names: CardNames) -> None:
    assert (names.of(CARD), names.of(None)) == ("", "")


def test_a_card_is_known_by_its_name_whatever_the_case_of_its_number(names: CardNames) -> None:
    names.give(CARD, "  Anna's fob ", at=START)
    assert names.of(IdToken(CARD.value.lower(), CARD.type)) == "Anna's fob"
    assert names.of(IdToken(CARD.value, "ISO15693")) == ""
    assert names.of(OTHER) == ""


def test_a_card_that_is_named_again_has_its_new_name_only(names: CardNames) -> None:
    names.give(CARD, "Anna", at=START)
    names.give(CARD, "Berta", at=START + timedelta(days=1))
    assert names.all() == (CardName("Berta", START + timedelta(days=1)),)


def test_a_name_is_of_one_card_and_may_be_written_anew_for_that_one(names: CardNames) -> None:
    names.give(CARD, "Anna", at=START)
    with pytest.raises(NameRefusedError, match="another card is called anna"):
        names.give(OTHER, "anna", at=START)
    names.give(CARD, "ANNA", at=START)
    assert (names.of(CARD), names.of(OTHER)) == ("ANNA", "")


def test_a_name_that_is_forgotten_is_free_again(names: CardNames) -> None:
    names.give(CARD, "Anna", at=START)
    assert not names.forget("Berta")
    assert names.forget(" anna ")
    assert names.all() == ()
    names.give(OTHER, "Anna", at=START)
    assert names.of(OTHER) == "Anna"


def test_names_are_listed_in_their_order_whatever_the_case(names: CardNames) -> None:
    for number, name in enumerate(("carla", "Berta", "anna")):
        names.give(IdToken(f"0{number}", "ISO14443"), name, at=START)
    assert [one.name for one in names.all()] == ["anna", "Berta", "carla"]


@pytest.mark.parametrize("name", ["", "  ", "x" * (LONGEST + 1), "two\nlines", "\x1b[31mred"])
def test_what_is_no_name_is_refused_and_nothing_is_kept(names: CardNames, name: str) -> None:
    with pytest.raises(NameRefusedError, match="a card's name may"):
        names.give(CARD, name, at=START)
    assert names.all() == ()


def test_no_number_of_a_card_stands_in_the_database(tmp_path: Path, database: Database, names: CardNames) -> None:
    names.give(CARD, "Anna", at=START)
    database.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob(f"{NAME}*"))
    assert b"Anna" in stored
    assert CARD.value.encode() not in stored.upper()
    assert bytes.fromhex(CARD.value) not in stored
