"""Who may charge, as far as somebody has to be asked."""

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType
from structlog.testing import capture_logs

from station.core.tokens import UNCHECKED, IdToken, PersonalMessage, Source, TokenInfo
from tests.ocpp.csms import SILENCE, Refusal, talking
from tests.ocpp.desk import Desk, answer
from tests.ocpp.yard import ANNA, BERT, Yard

Status = AuthorizationStatusEnumType
ACCEPTED = TokenInfo(Status.accepted, source=Source.CACHE)
BLOCKED = TokenInfo(Status.blocked, source=Source.CACHE)
LISTED = TokenInfo(Status.accepted, source=Source.LOCAL_LIST)
FLEET = IdToken("fleet", "Central")
BUTTON = IdToken("", "NoAuthorization")


@pytest.fixture
async def desk(tmp_path):
    yard = Yard(tmp_path)
    async with yard.open(awake=False):
        yield Desk(yard)


@pytest.mark.ocpp("C01.FR.02", "C01.FR.04", "C10.FR.01", "C10.FR.04")
@pytest.mark.parametrize("status", ["Accepted", "Blocked", "Expired", "Invalid", "Unknown", "ConcurrentTx"])
async def test_a_token_that_nobody_knows_is_asked_about_and_the_answer_is_learned(desk, status):
    async with talking(desk.session) as csms:
        csms.answer("Authorize", answer(status))
        info = await desk.authorization.admit(ANNA, 1)
        assert csms.of("Authorize") == [{"idToken": {"idToken": ANNA.value, "type": "ISO14443"}}]
    assert desk.known == {ANNA: TokenInfo(Status(status), source=Source.CACHE)}
    assert info == (TokenInfo(Status.accepted) if status == "Accepted" else None)


@pytest.mark.ocpp("C04.FR.03", "C06.FR.02")
@pytest.mark.parametrize("type_", ["ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "eMAID"])
async def test_every_type_is_asked_about_as_what_it_is(desk, type_):
    async with talking(desk.session) as csms:
        assert await desk.authorization.admit(IdToken("1234", type_), 1)
        assert csms.of("Authorize") == [{"idToken": {"idToken": "1234", "type": type_}}]


@pytest.mark.ocpp("C02.FR.01", "C03.FR.01", "C05.FR.01")
@pytest.mark.parametrize("token", [BUTTON, IdToken("c-1", "Central")])
@pytest.mark.parametrize("online", [True, False])
async def test_nobody_is_asked_about_a_button_or_a_token_of_the_csms_itself(desk, token, online):
    desk.online = online
    async with talking(desk.session) as csms:
        assert await desk.authorization.admit(token, 1) == UNCHECKED
        assert csms.asked == []


@pytest.mark.ocpp("C12.FR.02", "C14.FR.02")
@pytest.mark.parametrize("known", [ACCEPTED, LISTED])
async def test_a_known_token_is_admitted_unasked_only_if_the_operator_wants_so(desk, known):
    desk.known[ANNA] = known
    async with talking(desk.session) as csms:
        desk.rule(local_pre_authorize=True)
        assert await desk.authorization.admit(ANNA, 1) == known
        assert csms.asked == []
        desk.rule(local_pre_authorize=False)
        await desk.authorization.admit(ANNA, 1)
        assert len(csms.of("Authorize")) == 1


@pytest.mark.ocpp("C06.FR.02")
async def test_a_local_token_is_asked_about_whatever_is_known_about_it(desk):
    ticket = IdToken("ticket 7", "Local")
    desk.known[ticket] = ACCEPTED
    desk.rule(local_pre_authorize=True)
    async with talking(desk.session) as csms:
        csms.answer("Authorize", answer("Blocked"))
        assert await desk.authorization.admit(ticket, 1) is None
        assert len(csms.of("Authorize")) == 1


@pytest.mark.ocpp("C10.FR.03", "C12.FR.05")
async def test_a_token_that_was_not_accepted_before_is_asked_about_again(desk):
    desk.known[ANNA] = BLOCKED
    async with talking(desk.session) as csms:
        assert await desk.authorization.admit(ANNA, 1)
        assert len(csms.of("Authorize")) == 1
    assert desk.known[ANNA] == ACCEPTED


@pytest.mark.parametrize("reply", [SILENCE, Refusal("NotImplemented"), {"idTokenInfo": {}}])
async def test_a_csms_that_gives_no_usable_answer_counts_as_away(desk, reply):
    async with talking(desk.session) as csms:
        csms.answer("Authorize", reply)
        assert await desk.authorization.admit(BERT, 1) is None
        desk.known[ANNA] = ACCEPTED
        assert await desk.authorization.admit(ANNA, 1) == ACCEPTED
    assert BERT not in desk.known


@pytest.mark.ocpp("C15.FR.01", "C15.FR.08")
@pytest.mark.parametrize("allowed", [True, False])
async def test_offline_an_unknown_token_begins_only_if_the_operator_wants_so_and_is_not_remembered(desk, allowed):
    desk.online = False
    desk.rule(offline_unknown=allowed)
    assert await desk.authorization.admit(ANNA, 1) == (UNCHECKED if allowed else None)
    assert desk.known == {}


@pytest.mark.ocpp("C13.FR.02")
async def test_offline_a_known_token_begins_and_a_blocked_one_does_not(desk):
    desk.online = False
    desk.rule(offline_unknown=True)
    desk.known = {ANNA: ACCEPTED, BERT: BLOCKED}
    assert await desk.authorization.admit(BERT, 1) is None
    assert await desk.authorization.admit(ANNA, 1) == ACCEPTED
    desk.rule(local_authorize_offline=False)
    assert await desk.authorization.admit(ANNA, 1) is None


async def test_without_authorization_every_token_begins_whatever_was_said_about_it(desk):
    desk.rule(enabled=False)
    desk.known[ANNA] = BLOCKED
    async with talking(desk.session) as csms:
        assert await desk.authorization.admit(ANNA, 1) == UNCHECKED
        assert csms.asked == []


async def test_where_only_the_station_is_asked_what_it_knows_counts(desk):
    desk.rule(remote_authorization=False)
    desk.known = {ANNA: ACCEPTED, BERT: BLOCKED}
    async with talking(desk.session) as csms:
        assert await desk.authorization.admit(ANNA, 1) == ACCEPTED
        assert await desk.authorization.admit(BERT, 1) is None
        assert await desk.authorization.admit(IdToken("new", "ISO14443"), 1) is None
        assert csms.asked == []


@pytest.mark.ocpp("C01.FR.21")
@pytest.mark.parametrize(("evses", "begins"), [([1], True), ([2, 3], False), (None, True)])
async def test_a_token_that_is_good_for_some_outlets_begins_only_there(desk, evses, begins):
    async with talking(desk.session) as csms:
        csms.answer("Authorize", answer(**({"evseId": evses} if evses else {})))
        assert bool(await desk.authorization.admit(ANNA, 1)) is begins


@pytest.mark.ocpp("C12.FR.09", "C16.FR.03")
async def test_a_master_pass_starts_nothing_not_even_remotely(desk):
    desk.rule(master_pass_group="POLICE")
    async with talking(desk.session) as csms:
        csms.answer("Authorize", answer(groupIdToken={"idToken": "police", "type": "Central"}))
        assert await desk.authorization.admit(ANNA, 1) is None


async def test_what_the_driver_shall_read_is_handed_on(desk):
    message = {"format": "UTF8", "language": "de", "content": "Willkommen"}
    async with talking(desk.session) as csms:
        csms.answer("Authorize", answer(language1="de", language2="en", personalMessage=message))
        info = await desk.authorization.admit(ANNA, 1)
    assert (info.language1, info.language2) == ("de", "en")
    assert info.personal_message == PersonalMessage("UTF8", "Willkommen", "de")


@pytest.mark.ocpp("C04.FR.04")
@pytest.mark.parametrize("token", [ANNA, IdToken("1379", "KeyCode")])
async def test_no_token_is_written_to_the_log(desk, token):
    with capture_logs() as logs:
        async with talking(desk.session) as csms:
            csms.answer("Authorize", answer("Blocked"), SILENCE, answer())
            for _ in range(3):
                await desk.authorization.admit(token, 1)
    assert len(logs) >= 3
    assert token.value not in str(logs)
