"""Id tokens: when two are the same, and that none is shown."""

from datetime import UTC, datetime

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType as Status

from station.core.tokens import IdToken, TokenInfo


@pytest.mark.ocpp("C01.FR.25")
def test_tokens_match_whatever_the_case_of_their_letters() -> None:
    assert IdToken("04a1B2", "ISO14443").matches(IdToken("04A1b2", "ISO14443"))


@pytest.mark.parametrize("other", [IdToken("04A1B3", "ISO14443"), IdToken("04A1B2", "Central"), None])
def test_tokens_of_another_value_or_type_do_not_match(other: IdToken | None) -> None:
    assert not IdToken("04A1B2", "ISO14443").matches(other)


def test_a_token_never_shows_its_value() -> None:
    token = IdToken("04A1B2", "ISO14443")
    assert "04A1B2" not in f"{token} {token!r} {[token]} {TokenInfo(Status.accepted, group=token)}"


@pytest.mark.parametrize("status", list(Status))
def test_only_accepted_is_accepted(status: Status) -> None:
    info = TokenInfo(status, expires=datetime(2027, 1, 1, tzinfo=UTC))
    assert info.accepted is (status is Status.accepted)
