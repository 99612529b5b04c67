"""Id tokens: when two are the same, and that none is shown."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType as Status
from ocpp.v201.enums import MessageFormatEnumType

from station.core.tokens import IdToken, PersonalMessage, Source, TokenInfo, info_of_text, text_of_info

ALL = TokenInfo(
    Status.concurrent_tx,
    group=IdToken("fleet", "Central"),
    expires=datetime(2027, 1, 1, tzinfo=UTC),
    evse_ids=(1, 2),
    language1="de",
    language2="en-GB",
    personal_message=PersonalMessage(MessageFormatEnumType.utf8, "Grüß Gott", "de"),
    charging_priority=-9,
)


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


@pytest.mark.ocpp("C13.FR.05", "C13.FR.06")
def test_whose_time_in_the_list_has_passed_is_not_accepted() -> None:
    assert not TokenInfo(Status.accepted, lapsed=True).accepted


@pytest.mark.parametrize("info", [ALL, TokenInfo(Status.accepted)])
def test_what_is_said_about_a_token_is_the_same_there_and_back_and_says_where_it_was(info: TokenInfo) -> None:
    text = text_of_info(replace(info, source=Source.CACHE, lapsed=True))
    assert info_of_text(text, Source.LOCAL_LIST) == replace(info, source=Source.LOCAL_LIST)


def test_what_says_little_is_stored_as_little_and_what_an_earlier_version_stored_is_read() -> None:
    assert text_of_info(TokenInfo(Status.accepted)) == '{"status":"Accepted"}'
    old = '{"status": "Blocked", "evse_ids": [], "source": "csms"}'
    assert info_of_text(old, Source.CACHE) == TokenInfo(Status.blocked, source=Source.CACHE)


def test_what_is_stored_is_ascii_so_that_its_length_is_its_size() -> None:
    assert text_of_info(ALL).isascii()
