"""Where tokens that are presented begin, and what the driver is told."""

import asyncio

import pytest
from structlog.testing import capture_logs

from station.core.events import Authorized
from station.core.presented import NOBODY, Choose
from station.core.tokens import IdToken
from station.hardware.ports import DriverNotice, Notice
from tests.fakes import reports_in
from tests.ocpp.csms import SILENCE, talking
from tests.ocpp.desk import (
    ACCEPTED,
    CABLE_TIMEOUT_S,
    EFFECT_S,
    FLEET,
    FLEET_ANSWER,
    POLICE_ANSWER,
    answer,
    reply_late,
)
from tests.ocpp.yard import ANNA, BERT

CODE = IdToken("1379", "KeyCode")
WRONG = IdToken("0000", "KeyCode")


# Starting


@pytest.mark.ocpp("C01.FR.02", "C04.FR.03", "C06.FR.02")
@pytest.mark.parametrize("type_", ["ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress"])
async def test_an_accepted_token_of_any_type_begins(desk, type_):
    token = IdToken("0123456789AB", type_)
    async with talking(desk.session) as csms:
        await desk.tap(token)
        assert csms.of("Authorize") == [{"idToken": {"idToken": token.value, "type": type_}}]
    assert desk.authorized() == token


@pytest.mark.ocpp("C02.FR.01")
async def test_a_start_button_begins_unasked_and_stops_again(desk):
    await desk.yard.plug()
    async with talking(desk.session) as csms:
        await desk.tap(NOBODY)
        assert csms.asked == []
    await desk.yard.until(lambda: desk.yard.controllers[1].hardware.offered_amps)
    assert reports_in(desk.yard.database)[0].id_token == NOBODY
    await desk.tap(NOBODY)
    assert desk.authorized() is None


@pytest.mark.ocpp("C12.FR.09", "C16.FR.03")
async def test_a_master_pass_starts_nothing(desk):
    desk.rule(master_pass_group="POLICE")
    await desk.yard.plug()
    async with talking(desk.session) as csms:
        csms.answer("Authorize", POLICE_ANSWER)
        await desk.tap()
        assert len(csms.of("Authorize")) == 1
    assert desk.authorized() is None
    assert desk.display.shown[-1] == DriverNotice(Notice.REFUSED, text="a master pass starts nothing")


@pytest.mark.ocpp("B02.FR.03", "B03.FR.01")
async def test_while_the_station_is_closed_nobody_begins_but_who_charges_may_stop(desk):
    await desk.yard.charge(token=ANNA)
    desk.closed = "the CSMS answered Pending"
    await desk.tap()
    assert desk.authorized() is None
    await desk.yard.until(lambda: desk.transaction() is None)
    with capture_logs() as logs:
        await desk.tap()
    assert [entry["event"] for entry in logs] == ["token_refused"]
    assert desk.authorized() is None


@pytest.mark.ocpp("C01.FR.21")
async def test_a_token_begins_at_the_evse_that_it_is_good_for_though_another_was_plugged_in_last(two):
    await two.yard.plug(1)
    await two.yard.plug(2)
    async with talking(two.session) as csms:
        csms.answer("Authorize", answer(evseId=[1]))
        await two.tap()
    assert (two.authorized(1), two.authorized(2)) == (ANNA, None)


@pytest.mark.ocpp("C01.FR.21")
async def test_a_token_that_is_good_for_no_free_evse_is_refused(two):
    await two.yard.charge(1, token=BERT)
    async with talking(two.session) as csms:
        csms.answer("Authorize", answer(evseId=[1]))
        await two.tap()
    assert two.authorized(2) is None
    assert two.display.shown[-1].text == "only for EVSE 1"


async def test_no_token_and_no_code_is_written_to_the_log(desk):
    with capture_logs() as logs:
        async with talking(desk.session) as csms:
            csms.answer("Authorize", answer("Blocked"), answer())
            for token in (WRONG, CODE, CODE, ANNA):
                await desk.tap(token)
    assert len(logs) >= 4
    assert not any(token.value in str(logs) for token in (WRONG, CODE, ANNA))


# Which of several EVSEs


async def test_a_card_begins_where_somebody_plugged_in_last(two):
    await two.yard.plug(2)
    await two.yard.plug(1)
    two.online = False
    two.known[ANNA] = ACCEPTED
    await two.tap()
    assert (two.authorized(1), two.authorized(2)) == (ANNA, None)


async def test_nobody_pays_for_a_vehicle_that_charged_for_somebody_else_and_still_stands_there(two):
    await two.yard.charge(1, token=BERT)
    await two.tap(BERT)
    await two.yard.until(lambda: two.transaction(1) is None)
    async with talking(two.session):
        await two.tap(ANNA)
        assert (two.authorized(1), two.authorized(2)) == (None, ANNA)
        await two.tap(ANNA)
        await two.tap(ANNA, evse_ids=(1,))
        assert two.authorized(1) == ANNA, "a reader of its own leaves no doubt"


async def test_who_plugs_in_while_the_csms_is_asked_about_another_does_not_get_his_authorization(two):
    await two.yard.plug(1)
    async with talking(two.session) as csms:
        csms.answer("Authorize", SILENCE)
        tapping = two.tap_and_go_on()
        await csms.hear("Authorize")
        await two.yard.plug(2)
        reply_late(csms, "Authorize", answer())
        await tapping
    assert (two.authorized(1), two.authorized(2)) == (ANNA, None)


async def test_another_vehicle_that_took_the_place_while_the_csms_was_asked_does_not_charge_for_who_left(desk):
    await desk.yard.plug()
    async with talking(desk.session) as csms:
        csms.answer("Authorize", SILENCE)
        tapping = desk.tap_and_go_on()
        await csms.hear("Authorize")
        await desk.yard.unplug()
        desk.yard.clock.shift(5)
        await desk.yard.plug()
        reply_late(csms, "Authorize", answer())
        await tapping
    assert desk.authorized() is None
    assert desk.display.shown[-1].notice is Notice.REFUSED


@pytest.mark.parametrize(("choose", "notice"), [("newest-plug", Notice.PLUG_IN), ("ask", Notice.CHOOSE)])
async def test_a_card_that_comes_first_waits_for_the_next_plug(two, choose, notice):
    async with talking(two.session):
        tapping = two.tap_and_go_on(choose=Choose(choose))
        await asyncio.sleep(CABLE_TIMEOUT_S - 5)
        assert two.display.kinds == [Notice.CHECKING, notice]
        await two.yard.plug(2)
        await tapping
    assert (two.authorized(1), two.authorized(2)) == (None, ANNA)


async def test_a_cable_that_came_while_the_csms_was_asked_is_the_next_plug(two):
    async with talking(two.session) as csms:
        csms.answer("Authorize", SILENCE)
        tapping = two.tap_and_go_on()
        await csms.hear("Authorize")
        await two.yard.plug(2)
        reply_late(csms, "Authorize", answer())
        await tapping
    assert two.authorized(2) == ANNA


@pytest.mark.ocpp("C01.FR.26")
async def test_a_card_waits_no_longer_than_the_timeout_for_a_cable(two):
    async with talking(two.session):
        await two.tap()
        assert two.display.kinds == [Notice.CHECKING, Notice.PLUG_IN, Notice.REFUSED]
        await two.yard.plug(2)
        await asyncio.sleep(EFFECT_S)
    assert two.authorized(2) is None


async def test_a_second_tap_takes_back_a_card_that_waits_for_a_cable(two):
    async with talking(two.session):
        tapping = two.tap_and_go_on()
        await asyncio.sleep(5)
        await two.tap()
        await asyncio.sleep(EFFECT_S)
        assert tapping.done()
        await two.yard.plug(1)
        await asyncio.sleep(EFFECT_S)
    assert two.authorized(1) is None


async def test_of_two_cards_that_wait_the_first_one_gets_the_first_plug_and_the_other_the_next(two):
    async with talking(two.session):
        first, second = two.tap_and_go_on(ANNA), None
        await asyncio.sleep(EFFECT_S)
        second = two.tap_and_go_on(BERT)
        await asyncio.sleep(EFFECT_S)
        await two.yard.plug(2)
        await first
        await two.yard.plug(1)
        await second
    assert (two.authorized(1), two.authorized(2)) == (BERT, ANNA)


async def test_where_nothing_may_be_guessed_a_card_for_two_free_evses_is_refused_unasked(two):
    async with talking(two.session) as csms:
        await two.tap(choose=Choose.ONLY_FREE)
        assert csms.asked == []
        await two.yard.plug(2)
        await two.tap(choose=Choose.ONLY_FREE)
    assert two.authorized(2) == ANNA


async def test_a_driver_who_is_asked_chooses_at_the_keypad(two):
    for evse_id in (1, 2):
        await two.yard.plug(evse_id)
    async with talking(two.session):
        tapping = two.tap_and_go_on(choose=Choose.ASK)
        await asyncio.sleep(5)
        assert (two.authorized(1), two.authorized(2)) == (None, None)
        two.select(1)
        await tapping
    assert (two.authorized(1), two.authorized(2)) == (ANNA, None)


async def test_a_choice_may_come_before_the_card_but_not_long_before(two):
    for evse_id in (1, 2):
        await two.yard.plug(evse_id)
    async with talking(two.session):
        two.select(1)
        await two.tap(ANNA)
        assert two.authorized(1) == ANNA
        two.select(1)
        await asyncio.sleep(31)
        await two.tap(BERT)
    assert two.authorized(2) == BERT


async def test_a_choice_between_a_free_evse_and_one_where_the_group_charges_stops_there(three):
    await three.yard.charge(1, token=ANNA, group=FLEET)
    async with talking(three.session) as csms:
        csms.answer("Authorize", FLEET_ANSWER)
        tapping = three.tap_and_go_on(BERT, choose=Choose.ASK)
        await asyncio.sleep(5)
        three.select(1)
        await tapping
    assert three.authorized(1) is None


async def test_a_choice_of_an_evse_that_is_taken_or_not_there_is_refused(three):
    await three.yard.charge(1, token=ANNA)
    async with talking(three.session):
        tapping = three.tap_and_go_on(BERT, choose=Choose.ASK)
        await asyncio.sleep(5)
        three.select(7)
        assert three.display.shown[-1].text == "there is no EVSE 7 here"
        three.select(1)
        await tapping
    assert three.display.shown[-1] == DriverNotice(Notice.REFUSED, 1, "EVSE 1: a driver is authorized already")
    assert three.authorized(1) == ANNA


async def test_who_plugged_in_at_one_of_two_evses_presses_the_button_for_himself(two):
    await two.yard.charge(1, token=NOBODY)
    await two.yard.plug(2)
    await two.tap(NOBODY)
    assert (two.authorized(1), two.authorized(2)) == (NOBODY, NOBODY)


# Where nobody is asked who he is


async def test_who_plugs_in_charges_where_authorization_is_switched_off(desk):
    desk.rule(enabled=False)
    watching = asyncio.create_task(desk.presenting.admit_whoever_plugs_in(1))
    await desk.yard.plug()
    await desk.yard.until(lambda: desk.yard.controllers[1].hardware.offered_amps)
    assert desk.authorized() == NOBODY
    await desk.tap(ANNA)  # any card stops what began without one
    await desk.yard.until(lambda: desk.transaction() is None)
    await asyncio.sleep(60)
    assert desk.authorized() is None, "it began again though the driver had stopped it"
    await desk.yard.unplug()
    await desk.yard.plug()
    await desk.yard.until(lambda: desk.authorized() == NOBODY)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def test_who_plugs_in_does_not_charge_where_he_has_to_be_authorized(desk):
    watching = asyncio.create_task(desk.presenting.admit_whoever_plugs_in(1))
    await desk.yard.plug()
    await asyncio.sleep(60)
    assert desk.authorized() is None
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def test_who_plugs_in_waits_while_the_station_is_closed(desk):
    desk.rule(enabled=False)
    desk.closed = "the CSMS answered Pending"
    watching = asyncio.create_task(desk.presenting.admit_whoever_plugs_in(1))
    await desk.yard.plug()
    await asyncio.sleep(60)
    assert desk.authorized() is None
    desk.closed = None
    await desk.yard.until(lambda: desk.authorized() == NOBODY)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


# What the driver is told


@pytest.mark.ocpp("C01.FR.08")
async def test_the_driver_is_told_what_happens_in_his_language_with_what_the_csms_says_to_him(desk):
    message = {"format": "UTF8", "content": "Willkommen, Anna"}
    async with talking(desk.session) as csms:
        csms.answer("Authorize", answer(language1="de", language2="en", personalMessage=message))
        await desk.tap()
    assert desk.display.shown == [
        DriverNotice(Notice.CHECKING, 1),
        DriverNotice(Notice.PERSONAL, 1, "Willkommen, Anna", "UTF8", language="de"),
        DriverNotice(Notice.ACCEPTED, 1, language="de"),
    ]
    assert desk.presenting.language(1) == "de"
    await desk.tap()
    desk.yard.evses[1].post(Authorized(BERT, remote_start_id=1))
    await desk.yard.until(lambda: desk.authorized() == BERT)
    assert desk.presenting.language(1) == ""


@pytest.mark.ocpp("C01.FR.09")
async def test_the_second_language_counts_where_there_is_no_first(desk):
    async with talking(desk.session) as csms:
        csms.answer("Authorize", answer("Blocked", language2="fr"))
        await desk.tap()
    assert desk.display.shown[-1] == DriverNotice(Notice.REFUSED, 1, "the token is Blocked", language="fr")
