"""How readers are used and misused."""

import asyncio

import pytest

from station.core.presented import Choose
from station.core.tokens import IdToken
from station.errors import PortError
from station.ocpp.reader_manners import DOUBLE_READ_S
from tests.ocpp.csms import SILENCE, talking
from tests.ocpp.desk import ACCEPTED, EFFECT_S, Reader, answer, reply_late
from tests.ocpp.yard import ANNA, BERT

CODE = IdToken("1379", "KeyCode")
WRONG = IdToken("0000", "KeyCode")


# Manners


async def test_an_impatient_second_tap_does_not_take_back_what_the_first_one_gives(desk):
    async with desk.serving(), talking(desk.session) as csms:
        csms.answer("Authorize", SILENCE)
        desk.reader.tap(ANNA)
        await csms.hear("Authorize")
        await asyncio.sleep(3)
        desk.reader.tap(ANNA)
        await asyncio.sleep(3)
        reply_late(csms, "Authorize", answer())
        await asyncio.sleep(EFFECT_S)
        assert desk.authorized() == ANNA
        assert len(csms.of("Authorize")) == 1
        desk.reader.tap(ANNA)  # and now it does
        await asyncio.sleep(EFFECT_S)
        assert desk.authorized() is None


async def test_cards_that_are_left_on_the_reader_are_presented_once(desk):
    desk.online = False
    desk.known = {ANNA: ACCEPTED, BERT: ACCEPTED}
    async with desk.serving():
        for _ in range(20):
            desk.reader.tap(ANNA)
            desk.reader.tap(BERT)
            await asyncio.sleep(0.9)
    assert desk.authorized() == ANNA


async def test_a_card_that_was_taken_away_for_a_while_counts_again(desk):
    desk.online = False
    desk.known = {ANNA: ACCEPTED}
    async with desk.serving():
        for _ in range(2):
            desk.reader.tap(ANNA)
            desk.reader.tap(ANNA)
            await asyncio.sleep(DOUBLE_READ_S + 0.1)
    assert desk.authorized() is None


async def test_one_driver_does_not_wait_for_the_answer_about_another(two):
    await two.yard.charge(1, token=BERT)
    await two.yard.plug(2)
    async with two.serving(), talking(two.session) as csms:
        csms.answer("Authorize", SILENCE)
        two.reader.tap(ANNA)
        await csms.hear("Authorize")
        two.reader.tap(BERT)
        await asyncio.sleep(EFFECT_S)
        assert two.authorized(1) is None


async def test_a_choice_at_one_reader_is_for_the_card_at_another_that_serves_the_same_evse(three):
    keypad = Reader()
    async with three.serving(choose=Choose.ASK), three.serving(reader=keypad), talking(three.session):
        three.reader.tap(ANNA)
        await asyncio.sleep(5)
        keypad.select(2)
        await asyncio.sleep(EFFECT_S)
    assert three.authorized(2) == ANNA


async def test_a_reader_that_is_gone_says_so_to_whoever_looks_after_it(desk):
    desk.reader.break_down()
    with pytest.raises(PortError, match="the reader is gone"):
        await desk.presenting.serve(desk.reader, desk.reach())


@pytest.mark.ocpp("C04.FR.06")
async def test_who_guesses_codes_has_to_wait_longer_and_longer(desk):
    async with talking(desk.session) as csms:
        csms.answer("Authorize", answer("Invalid"))
        for _ in range(120):
            await desk.presenting.presented(WRONG, desk.reach())
            await asyncio.sleep(1)
        # At once three times, then after 10, 20, 40 s; the next one would come after 80 s.
        assert len(csms.of("Authorize")) == 6
        csms.answer("Authorize", answer())
        assert desk.display.shown[-1].text.startswith("too many wrong codes; try again in")
        await desk.tap(ANNA)
        assert desk.authorized() == ANNA, "a card has to wait because of somebody's codes"


async def test_guessed_codes_stop_nobody_sooner_than_they_start_somebody(desk):
    await desk.yard.charge(token=CODE)
    for _ in range(3):
        await desk.tap(WRONG)
    await desk.tap(CODE)
    assert desk.authorized() == CODE
    await asyncio.sleep(10)
    await desk.tap(CODE)
    assert desk.authorized() is None
