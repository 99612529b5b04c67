"""What the CSMS says that a session costs is kept word for word."""

import pytest
from ocpp.v201.enums import MessageFormatEnumType

from station.core.tokens import PersonalMessage
from station.local.costs import MOST_KEPT, Costs

WORDS = PersonalMessage(MessageFormatEnumType.utf8, "1,50 EUR bisher", "de")


def test_an_amount_is_shown_with_its_currency_and_only_of_its_transaction():
    costs = Costs(currency="EUR", show=lambda *_: None)
    costs.told("a", 1.5, None)
    assert (costs.of("a"), costs.of("b")) == ("1.50 EUR", "")


def test_the_words_of_the_csms_go_before_its_number_and_to_the_driver():
    shown = []
    costs = Costs(currency="EUR", show=lambda *what: shown.append(what))
    costs.told("a", 1.5, WORDS)
    assert costs.of("a") == "1,50 EUR bisher"
    assert shown == [("a", WORDS)]


@pytest.mark.parametrize("amount", [10**400, float("inf"), float("-inf"), float("nan"), None])
def test_an_amount_that_is_none_is_not_shown(amount):
    costs = Costs(currency="EUR", show=lambda *_: None)
    costs.told("a", amount, None)
    assert costs.of("a") == ""


def test_the_oldest_are_forgotten():
    costs = Costs(currency="EUR", show=lambda *_: None)
    for number in range(MOST_KEPT + 1):
        costs.told(str(number), 1.0, None)
    costs.told("1", 2.0, None)
    assert (costs.of("0"), costs.of("1")) == ("", "2.00 EUR")
