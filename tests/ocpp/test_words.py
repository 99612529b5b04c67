"""Values of the core say in messages what they mean."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from ocpp.v201.datatypes import IdTokenInfoType, IdTokenType, MessageContentType
from ocpp.v201.enums import AuthorizationStatusEnumType, IdTokenEnumType, MessageFormatEnumType
from structlog.testing import capture_logs

from station.core.tokens import IdToken, PersonalMessage, TokenInfo
from station.ocpp import validation, words
from station.ocpp.schemas import Kind

ACCEPTED = AuthorizationStatusEnumType.accepted


def test_an_instant_is_written_in_utc_with_milliseconds():
    berlin = timezone(timedelta(hours=1))
    assert words.timestamp(datetime(2026, 12, 1, 13, 0, 0, 250_999, berlin)) == "2026-12-01T12:00:00.250Z"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-12-01T12:00:00Z", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("2026-12-01T13:00:00+01:00", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("2026-12-01T12:00:00.1234567Z", datetime(2026, 12, 1, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-12-01t12:00:00z", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("2026-12-31T23:59:60Z", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", words.EARLIEST),
        ("9999-12-31T23:59:59.9999999-05:00", words.LATEST),
    ],
)
def test_whatever_the_schema_calls_a_time_is_read_as_utc(text, instant):
    assert validation.check("Heartbeat", Kind.RESPONSE, {"currentTime": text}) is None
    read = words.instant(text)
    assert read == instant
    assert read.tzinfo is UTC


def test_a_day_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="day"):
        words.instant("2027-02-30T12:00:00Z")


def test_the_time_of_the_csms_is_taken():
    assert words.current_time("2026-12-01T12:00:00Z") == datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2027-02-30T12:00:00Z"])
def test_a_time_that_cannot_be_is_no_time(text):
    with capture_logs() as logs:
        assert words.current_time(text) is None
    assert [entry["event"] for entry in logs] == ["csms_time_not_believed"]


def test_a_token_is_the_same_there_and_back():
    token = IdToken("04A2B3", "ISO14443")
    message = words.id_token(token)
    assert (message.id_token, message.type) == ("04A2B3", IdTokenEnumType.iso14443)
    assert words.token_of(message) == token


def test_all_that_an_answer_says_about_a_token_is_kept():
    message = IdTokenInfoType(
        status=ACCEPTED,
        cache_expiry_date_time="2027-01-01T00:00:00Z",
        evse_id=[1, 2],
        group_id_token=IdTokenType(id_token="fleet", type=IdTokenEnumType.central),
        language_1="de",
        language_2="en",
        personal_message=MessageContentType(format=MessageFormatEnumType.utf8, content="Guten Tag", language="de"),
        charging_priority=3,
    )
    assert words.token_info(message) == TokenInfo(
        ACCEPTED,
        group=IdToken("fleet", "Central"),
        expires=datetime(2027, 1, 1, tzinfo=UTC),
        evse_ids=(1, 2),
        language1="de",
        language2="en",
        personal_message=PersonalMessage(MessageFormatEnumType.utf8, "Guten Tag", "de"),
        charging_priority=3,
    )
    assert words.token_info(IdTokenInfoType(status=ACCEPTED)) == TokenInfo(ACCEPTED)


def test_an_answer_whose_expiry_cannot_be_read_counts_but_is_not_to_be_kept():
    info = words.token_info(IdTokenInfoType(status=ACCEPTED, cache_expiry_date_time="2027-02-30T00:00:00Z"))
    assert info.accepted
    assert info.expires == words.EARLIEST


def test_an_evse_is_named_with_or_without_its_connector():
    assert (words.evse(1).id, words.evse(1).connector_id) == (1, None)
    assert words.evse(2, 1).connector_id == 1
