"""Who may charge, as far as somebody has to be asked or a card has to be taken somewhere."""

import asyncio
import json
from dataclasses import replace

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType
from structlog.testing import capture_logs

from station.core.authorization import Rules
from station.core.tokens import IdToken, TokenInfo
from station.errors import PortError
from station.hardware.ports import CardRead
from station.ocpp.blocks.authorization import Authorization
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from tests.ocpp.csms import SILENCE, Refusal, talking
from tests.ocpp.yard import ANNA, BERT, Yard

Status = AuthorizationStatusEnumType
ACCEPTED = TokenInfo(Status.accepted)
BLOCKED = TokenInfo(Status.blocked)
FLEET = IdToken("fleet", "Central")
OF_FLEET = TokenInfo(Status.accepted, group=FLEET)


def answer(status="Accepted", **info):
    return {"idTokenInfo": {"status": status, **info}}


FLEET_ANSWER = answer(groupIdToken={"idToken": "fleet", "type": "Central"})


class Reader:
    """A card reader whose cards the test holds to it."""

    def __init__(self):
        self._cards = asyncio.Queue()

    def tap(self, token):
        self._cards.put_nowait(CardRead(token.value, token.type))

    def break_down(self):
        self._cards.put_nowait(None)

    async def cards(self):
        while card := await self._cards.get():
            yield card
        raise PortError("the reader is gone")


class Door:
    """A yard with its authorization, a cache that is a dict, and one card reader for all EVSEs."""

    def __init__(self, yard):
        self.yard = yard
        self.cache = {}
        self.rules = Rules()
        self.online = True
        self.closed = None
        self.reader = Reader()
        self.session = RpcSession(Router(), timeout_s=lambda: 30.0)
        self.authorization = Authorization(
            yard.evses,
            self.session,
            cache=self,
            rules=lambda: self.rules,
            online=lambda: self.online,
            closed=lambda: self.closed,
        )

    # The cache

    def get(self, token):
        return self.cache.get(token)

    def learn(self, token, info):
        self.cache[token] = info

    def rule(self, **rules):
        self.rules = replace(self.rules, **rules)

    async def tap(self, token=ANNA):
        await self.authorization.card_presented(token, list(self.yard.evses))
        await asyncio.sleep(0.2)

    def authorized(self, evse_id=1):
        authorization = self.yard.evses[evse_id].session.authorization
        return authorization and authorization.token


@pytest.fixture
async def door(tmp_path):
    yard = Yard(tmp_path)
    async with yard.open():
        yield Door(yard)


@pytest.fixture
async def two(tmp_path):
    yard = Yard(tmp_path, evses=2)
    async with yard.open():
        yield Door(yard)


# Whether


@pytest.mark.ocpp("C01.FR.02", "C10.FR.01", "C10.FR.04")
@pytest.mark.parametrize("status", ["Accepted", "Blocked"])
async def test_a_card_that_nobody_knows_is_asked_about_and_the_answer_is_learned(door, status):
    async with talking(door.session) as csms:
        csms.answer("Authorize", answer(status))
        await door.tap()
        assert csms.of("Authorize") == [{"idToken": {"idToken": ANNA.value, "type": "ISO14443"}}]
    assert door.cache == {ANNA: TokenInfo(Status(status))}
    assert door.authorized() == (ANNA if status == "Accepted" else None)


@pytest.mark.ocpp("C12.FR.02")
async def test_a_known_card_begins_unasked_only_if_the_operator_wants_so(door):
    door.cache[ANNA] = ACCEPTED
    async with talking(door.session) as csms:
        door.rule(local_pre_authorize=True)
        await door.tap()
        assert csms.asked == []
        assert door.authorized() == ANNA


@pytest.mark.ocpp("C10.FR.03", "C12.FR.05")
async def test_a_card_that_was_not_accepted_before_is_asked_about_again(door):
    door.cache[ANNA] = BLOCKED
    async with talking(door.session) as csms:
        await door.tap()
        assert len(csms.of("Authorize")) == 1
    assert door.authorized() == ANNA
    assert door.cache[ANNA] == ACCEPTED


@pytest.mark.parametrize("reply", [SILENCE, Refusal("NotImplemented"), {"idTokenInfo": {}}])
async def test_a_csms_that_gives_no_usable_answer_counts_as_away(door, reply):
    async with talking(door.session) as csms:
        csms.answer("Authorize", reply)
        await door.tap(BERT)
        assert door.authorized() is None
        door.cache[ANNA] = ACCEPTED
        await door.tap(ANNA)
        assert door.authorized() == ANNA
    assert BERT not in door.cache


@pytest.mark.ocpp("C15.FR.01", "C15.FR.08")
@pytest.mark.parametrize("allowed", [True, False])
async def test_offline_an_unknown_card_begins_only_if_the_operator_wants_so_and_is_not_remembered(door, allowed):
    door.online = False
    door.rule(offline_unknown=allowed)
    await door.tap()
    assert door.authorized() == (ANNA if allowed else None)
    assert door.cache == {}


async def test_offline_a_known_card_begins_and_a_blocked_one_does_not(door):
    door.online = False
    door.rule(offline_unknown=True)
    door.cache = {ANNA: ACCEPTED, BERT: BLOCKED}
    await door.tap(BERT)
    assert door.authorized() is None
    await door.tap(ANNA)
    assert door.authorized() == ANNA


async def test_without_authorization_every_card_begins_whatever_was_said_about_it(door):
    door.rule(enabled=False)
    door.cache[ANNA] = BLOCKED
    async with talking(door.session) as csms:
        await door.tap()
        assert csms.asked == []
    assert door.authorized() == ANNA


@pytest.mark.ocpp("C01.FR.21")
@pytest.mark.parametrize(("evses", "begins"), [([1], True), ([2, 3], False), (None, True)])
async def test_a_card_that_is_good_for_some_outlets_begins_only_there(door, evses, begins):
    async with talking(door.session) as csms:
        csms.answer("Authorize", answer(**({"evseId": evses} if evses else {})))
        await door.tap()
    assert door.authorized() == (ANNA if begins else None)


@pytest.mark.ocpp("B02.FR.03", "B03.FR.01")
async def test_while_the_station_is_closed_nobody_begins_but_who_charges_may_stop(door):
    await door.yard.charge(token=ANNA)
    door.closed = "the CSMS answered Pending"
    await door.tap()
    assert not door.yard.charging()
    await door.yard.until(lambda: door.yard.evses[1].session.transaction is None)
    with capture_logs() as logs:
        await door.tap()
    assert {"token_refused"} == {entry["event"] for entry in logs}
    assert door.authorized() is None


async def test_no_card_is_written_to_the_log(door):
    with capture_logs() as logs:
        async with talking(door.session) as csms:
            csms.answer("Authorize", answer("Blocked"), answer())
            await door.tap()
            await door.tap()
            await door.tap()
    assert len(logs) >= 3
    assert ANNA.value not in str(logs)


# Which


@pytest.mark.ocpp("C01.FR.03", "E07.FR.01")
async def test_the_card_that_began_stops_unasked(door):
    await door.yard.charge(token=ANNA)
    async with talking(door.session) as csms:
        await door.tap(replace(ANNA, value=ANNA.value.lower()))
        assert csms.asked == []
    assert not door.yard.charging()


@pytest.mark.ocpp("C09.FR.03", "C09.FR.05")
async def test_a_card_of_the_same_group_stops_once_the_csms_has_said_so(door):
    await door.yard.charge(token=ANNA, group=FLEET)
    async with talking(door.session) as csms:
        csms.answer("Authorize", FLEET_ANSWER)
        await door.tap(BERT)
        assert len(csms.of("Authorize")) == 1
    assert not door.yard.charging()


@pytest.mark.ocpp("C01.FR.03", "C09.FR.07")
async def test_a_card_of_the_same_group_that_is_known_stops_unasked(door):
    await door.yard.charge(token=ANNA, group=FLEET)
    door.cache[BERT] = OF_FLEET
    async with talking(door.session) as csms:
        await door.tap(BERT)
        assert csms.asked == []
    assert not door.yard.charging()


@pytest.mark.ocpp("C09.FR.11")
@pytest.mark.parametrize("reply", [FLEET_ANSWER["idTokenInfo"] | {"status": "Expired"}, {"status": "Accepted"}])
async def test_a_card_that_is_not_accepted_or_not_of_the_group_does_not_stop(door, reply):
    await door.yard.charge(token=ANNA, group=FLEET)
    async with talking(door.session) as csms:
        csms.answer("Authorize", {"idTokenInfo": reply})
        await door.tap(BERT)
    assert door.yard.charging()


async def test_a_card_stops_where_its_group_charges(two):
    await two.yard.charge(1, token=ANNA, group=IdToken("others", "Central"))
    await two.yard.charge(2, token=BERT, group=FLEET)
    async with talking(two.session) as csms:
        csms.answer("Authorize", FLEET_ANSWER)
        await two.tap(IdToken("04CC", "ISO14443"))
    assert two.yard.charging(1)
    assert not two.yard.charging(2)


async def test_a_card_of_a_group_does_not_stop_whoever_came_while_the_csms_was_asked(door):
    await door.yard.charge(token=ANNA, group=FLEET)
    async with talking(door.session) as csms:
        csms.answer("Authorize", SILENCE)
        asking = asyncio.create_task(door.tap(BERT))
        await csms.hear("Authorize")
        await door.yard.unplug()
        await door.yard.until(lambda: door.yard.evses[1].session.transaction is None)
        await door.yard.charge(token=IdToken("04CC", "ISO14443"))
        [(_, message_id, _, _)] = [frame for frame in map(json.loads, csms.wire.sent) if frame[2] == "Authorize"]
        csms.wire.say([3, message_id, FLEET_ANSWER])
        await asking
    assert door.yard.charging()


@pytest.mark.ocpp("C01.FR.23")
async def test_a_card_without_a_place_has_no_effect(door):
    await door.yard.charge(token=ANNA)
    async with talking(door.session) as csms:
        await door.tap(BERT)
        assert csms.asked == []
    assert door.yard.charging()


# When


async def test_an_impatient_second_tap_does_not_take_back_what_the_first_one_gives(door):
    serving = asyncio.create_task(door.authorization.serve(door.reader, [1]))
    async with talking(door.session) as csms:
        csms.answer("Authorize", SILENCE)
        door.reader.tap(ANNA)
        await csms.hear("Authorize")
        door.reader.tap(ANNA)
        await asyncio.sleep(1)
        [message_id] = [json.loads(frame)[1] for frame in csms.wire.sent]
        csms.wire.say([3, message_id, answer()])
        await asyncio.sleep(0.2)
        assert door.authorized() == ANNA
        assert len(csms.of("Authorize")) == 1
        door.reader.tap(ANNA)  # and now it does
        await asyncio.sleep(0.2)
        assert door.authorized() is None
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_one_driver_does_not_wait_for_the_answer_about_another(two):
    await two.yard.charge(1, token=BERT)
    await two.yard.plug(2)
    serving = asyncio.create_task(two.authorization.serve(two.reader, [1, 2]))
    async with talking(two.session) as csms:
        csms.answer("Authorize", SILENCE)
        two.reader.tap(ANNA)
        await csms.hear("Authorize")
        two.reader.tap(BERT)
        await asyncio.sleep(0.5)
        assert not two.yard.charging(1)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_a_reader_that_is_gone_says_so_to_whoever_looks_after_it(door):
    door.reader.break_down()
    with pytest.raises(PortError, match="the reader is gone"):
        await door.authorization.serve(door.reader, [1])
