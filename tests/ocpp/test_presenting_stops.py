"""What tokens that are presented stop: their own, that of their group, and what a master pass is for."""

import asyncio
from dataclasses import replace

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType as Status
from ocpp.v201.enums import ReasonEnumType

from station.core.events import Judged
from station.core.policy import TxPoint
from station.core.tokens import IdToken, Source
from station.hardware.ports import Notice
from tests.fakes import reports_in
from tests.ocpp.csms import SILENCE, talking
from tests.ocpp.desk import (
    ACCEPTED,
    CARLA,
    EFFECT_S,
    FLEET,
    FLEET_ANSWER,
    OF_FLEET,
    POLICE_ANSWER,
    open_desk,
    reply_late,
)
from tests.ocpp.yard import ANNA, BERT

POLICE = replace(ACCEPTED, group=IdToken("police", "Central"))


def stopped_reasons(desk):
    return [report.stopped_reason for report in reports_in(desk.yard.database) if report.stopped_reason]


# Stopping


@pytest.mark.ocpp("C01.FR.03", "E07.FR.01", "E08.FR.01")
@pytest.mark.parametrize("online", [True, False])
async def test_the_card_that_began_stops_unasked(desk, online):
    desk.online = online
    await desk.yard.charge(token=ANNA)
    async with talking(desk.session) as csms:
        await desk.tap(replace(ANNA, value=ANNA.value.lower()))
        assert csms.asked == []
    assert desk.authorized() is None


@pytest.mark.ocpp("C09.FR.03", "C09.FR.05")
async def test_a_card_of_the_same_group_stops_once_the_csms_has_said_so(desk):
    await desk.yard.charge(token=ANNA, group=FLEET)
    async with talking(desk.session) as csms:
        csms.answer("Authorize", FLEET_ANSWER)
        await desk.tap(BERT)
        assert len(csms.of("Authorize")) == 1
    assert desk.authorized() is None


@pytest.mark.ocpp("C01.FR.03", "C09.FR.07", "E08.FR.02")
@pytest.mark.parametrize("online", [True, False])
@pytest.mark.parametrize("source", [Source.CACHE, Source.LOCAL_LIST])
async def test_a_card_of_the_same_group_that_is_known_stops_unasked(desk, online, source):
    desk.online = online
    await desk.yard.charge(token=ANNA, group=FLEET)
    desk.known[BERT] = replace(OF_FLEET, source=source)
    async with talking(desk.session) as csms:
        await desk.tap(BERT)
        assert csms.asked == []
    assert desk.authorized() is None


@pytest.mark.ocpp("C01.FR.03", "C09.FR.07")
async def test_the_group_of_who_charges_may_be_known_from_the_list_only(desk):
    await desk.yard.charge(token=ANNA)
    desk.known = {ANNA: OF_FLEET, BERT: OF_FLEET}
    await desk.tap(BERT)
    assert desk.authorized() is None


@pytest.mark.ocpp("C09.FR.11")
@pytest.mark.parametrize("reply", [FLEET_ANSWER["idTokenInfo"] | {"status": "Expired"}, {"status": "Accepted"}])
async def test_a_card_that_is_not_accepted_or_not_of_the_group_does_not_stop(desk, reply):
    await desk.yard.charge(token=ANNA, group=FLEET)
    desk.known[BERT] = replace(OF_FLEET, status=Status.blocked)
    async with talking(desk.session) as csms:
        csms.answer("Authorize", {"idTokenInfo": reply})
        await desk.tap(BERT)
    assert desk.authorized() == ANNA


@pytest.mark.ocpp("C09.FR.11", "E08.FR.02")
@pytest.mark.parametrize("info", [None, replace(OF_FLEET, status=Status.blocked), ACCEPTED])
async def test_offline_a_card_stops_by_its_group_only_if_that_is_known(desk, info):
    desk.online = False
    await desk.yard.charge(token=ANNA, group=FLEET)
    if info:
        desk.known[BERT] = info
    await desk.tap(BERT)
    assert desk.authorized() == ANNA


async def test_a_card_stops_where_its_group_charges(two):
    await two.yard.charge(1, token=ANNA, group=IdToken("others", "Central"))
    await two.yard.charge(2, token=BERT, group=FLEET)
    async with talking(two.session) as csms:
        csms.answer("Authorize", FLEET_ANSWER)
        await two.tap(CARLA)
    assert (two.authorized(1), two.authorized(2)) == (ANNA, None)


@pytest.mark.parametrize("selectable", [True, False])
async def test_if_the_group_charges_twice_nothing_is_stopped_that_was_not_chosen(two, selectable):
    await two.yard.charge(1, token=ANNA, group=FLEET)
    await two.yard.charge(2, token=BERT, group=FLEET)
    two.known[CARLA] = OF_FLEET
    tapping = two.tap_and_go_on(CARLA, selectable=selectable)
    await asyncio.sleep(EFFECT_S)
    assert (two.authorized(1), two.authorized(2)) == (ANNA, BERT)
    assert two.display.kinds == [Notice.CHOOSE if selectable else Notice.REFUSED]
    two.select(2)
    await tapping
    assert (two.authorized(1), two.authorized(2)) == (ANNA, None if selectable else BERT)


async def test_a_card_of_a_group_does_not_stop_whoever_came_while_the_csms_was_asked(desk):
    await desk.yard.charge(token=ANNA, group=FLEET)
    async with talking(desk.session) as csms:
        csms.answer("Authorize", SILENCE)
        tapping = desk.tap_and_go_on(BERT)
        await csms.hear("Authorize")
        await desk.yard.unplug()
        await desk.yard.until(lambda: desk.transaction() is None)
        await desk.yard.charge(token=CARLA, group=FLEET)
        reply_late(csms, "Authorize", FLEET_ANSWER)
        await tapping
    assert desk.authorized() == CARLA


async def test_a_card_that_could_have_no_effect_is_not_asked_about(desk):
    await desk.yard.charge(token=ANNA)
    async with talking(desk.session) as csms:
        await desk.tap(BERT)
        assert csms.asked == []
    assert desk.authorized() == ANNA
    assert desk.display.kinds == [Notice.REFUSED]


@pytest.mark.ocpp("C01.FR.23")
async def test_in_a_transaction_whose_driver_is_authorized_no_more_another_card_does_not_begin(tmp_path):
    async with open_desk(
        tmp_path, start_points=frozenset({TxPoint.EV_CONNECTED}), stop_points=frozenset({TxPoint.EV_CONNECTED})
    ) as desk:
        before = await desk.yard.charge(token=ANNA)
        await desk.tap(ANNA)
        await desk.yard.until(lambda: not desk.yard.meters[1].hardware.output_on)
        await asyncio.sleep(EFFECT_S)
        async with talking(desk.session) as csms:
            await desk.tap(BERT)
            assert csms.asked == []
            assert desk.authorized() is None
            assert desk.transaction().id == before
            await desk.tap(ANNA)
        assert desk.authorized() == ANNA


@pytest.mark.ocpp("E05.FR.11", "C15.FR.05")
async def test_a_plug_that_is_held_is_released_to_its_owner_unasked(desk):
    transaction_id = await desk.yard.charge(token=ANNA)
    desk.yard.evses[1].post(Judged(transaction_id, accepted=False))
    await desk.yard.until(lambda: desk.yard.evses[1].session.held_for)
    assert desk.yard.controllers[1].hardware.locked
    async with talking(desk.session) as csms:
        await desk.tap(ANNA)
        assert csms.asked == []
    await desk.yard.until(lambda: not desk.yard.controllers[1].hardware.locked)
    assert desk.authorized() is None


# Master pass


@pytest.mark.ocpp("C16.FR.02", "C16.FR.07", "C16.FR.08")
async def test_without_an_input_a_master_pass_stops_everything_that_runs(three):
    three.rule(master_pass_group="POLICE")
    await three.yard.charge(1, token=ANNA)
    await three.yard.charge(2, token=BERT, group=FLEET)
    async with talking(three.session) as csms:
        csms.answer("Authorize", POLICE_ANSWER)
        await three.tap(CARLA, evse_ids=(1,))
        assert len(csms.of("Authorize")) == 1
    await three.yard.until(lambda: len(stopped_reasons(three)) == 2)
    assert set(stopped_reasons(three)) == {ReasonEnumType.master_pass}
    assert three.authorized(3) is None


@pytest.mark.ocpp("C16.FR.01", "C16.FR.07", "C16.FR.08")
async def test_with_an_input_a_master_pass_stops_what_is_chosen_until_nothing_more_is(three):
    three.rule(master_pass_group="POLICE")
    for evse_id, token in ((1, ANNA), (2, BERT), (3, CARLA)):
        await three.yard.charge(evse_id, token=token)
    police = IdToken("04FFFF", "ISO14443")
    async with talking(three.session) as csms:
        csms.answer("Authorize", POLICE_ANSWER)
        tapping = three.tap_and_go_on(police, selectable=True)
        await asyncio.sleep(5)
        assert three.display.kinds[-1] is Notice.CHOOSE
        three.select(3)
        await asyncio.sleep(25)
        three.select(1)
        await asyncio.sleep(EFFECT_S)
        assert [three.authorized(evse_id) for evse_id in (1, 2, 3)] == [None, BERT, None]
        await asyncio.sleep(31)
        assert tapping.done()
        three.select(2)
        await asyncio.sleep(EFFECT_S)
    assert three.authorized(2) == BERT
    await three.yard.until(lambda: len(stopped_reasons(three)) == 2)
    assert set(stopped_reasons(three)) == {ReasonEnumType.master_pass}


@pytest.mark.ocpp("C16.FR.04", "C16.FR.05")
@pytest.mark.parametrize("source", [Source.CACHE, Source.LOCAL_LIST])
async def test_offline_a_master_pass_counts_if_it_is_known(desk, source):
    desk.rule(master_pass_group="POLICE")
    desk.online = False
    desk.known[BERT] = replace(POLICE, source=source)
    await desk.yard.charge(token=ANNA)
    await desk.tap(BERT)
    assert desk.authorized() is None


async def test_a_master_pass_stops_though_an_evse_is_free(two):
    two.rule(master_pass_group="POLICE")
    await two.yard.charge(1, token=ANNA)
    async with talking(two.session) as csms:
        csms.answer("Authorize", POLICE_ANSWER)
        await two.tap(BERT)
    assert (two.authorized(1), two.authorized(2)) == (None, None)


async def test_a_card_that_is_no_master_pass_stops_nothing(desk):
    desk.rule(master_pass_group="POLICE")
    await desk.yard.charge(token=ANNA)
    async with talking(desk.session) as csms:
        blocked = {"idTokenInfo": POLICE_ANSWER["idTokenInfo"] | {"status": "Blocked"}}
        csms.answer("Authorize", FLEET_ANSWER, blocked)
        await desk.tap(BERT)
        await desk.tap(BERT)
    assert desk.authorized() == ANNA
