"""What is gathered about an EVSE is that of this EVSE, as it is now."""

import asyncio

import pytest

from station.core import variables as var
from station.core.events import FaultRaised
from station.core.faults import Fault
from station.core.why import CsmsState, Explanation, explain
from station.hardware.ports import DriverNotice, Notice
from station.local.parts import Parts
from station.local.why_facts import facts_of
from station.ocpp.reader_manners import FREE_TRIES
from tests.local.place import Place
from tests.ocpp.yard import ANNA, BERT


def why(parts: Parts, evse_id: int = 1) -> Explanation:
    return explain(facts_of(parts, evse_id))


def first(place: Place, evse_id: int = 1) -> str:
    link = why(place.parts, evse_id).first
    return link.code if link else ""


async def test_the_facts_are_those_of_the_station(place: Place) -> None:
    place.csms.connected, place.csms.registration, place.csms.last_failure = False, "Pending", "no route to host"
    place.csms.why_closed = "the CSMS answered Pending"
    place.crashes["uplink"] = "boom"
    place.model.update(var.EV_CONNECTION_TIME_OUT, 45)
    async with place.open():
        await asyncio.sleep(6)
        before, facts, after = place.clock.now(), facts_of(place.parts, 1), place.clock.now()
        assert facts.session is place.evses[1].session
    assert facts.csms == CsmsState(False, "Pending", "no route to host", "the CSMS answered Pending")
    assert before <= facts.now <= after
    assert (facts.policy.max_current_amps, facts.policy.fixed_cable) == (32, False)
    assert facts.policy.ev_connection_timeout_s == 45
    assert (facts.crashes, facts.vital) == ({"uplink": "boom"}, {"evse-1"})
    assert facts.clock_trusted
    assert facts.power_w == 0.0
    assert facts.meter_warnings == ()


async def test_a_reader_belongs_to_the_evses_that_it_serves(place: Place) -> None:
    assert facts_of(place.parts, 1).readers == {"reader-front"}
    assert facts_of(place.parts, 2).readers == frozenset()


async def test_an_evse_that_is_not_there_is_a_key_error(place: Place) -> None:
    with pytest.raises(KeyError):
        facts_of(place.parts, 3)


async def test_the_words_of_a_fault_are_at_hand_until_it_goes(place: Place) -> None:
    async with place.open() as yard:
        yard.controllers[2].be_silent()
        await yard.until(lambda: place.evses[2].session.faults)
        link = why(place.parts, 2).first
        assert link is not None
        assert (link.code, link.detail) == ("controller_silent", "controller on /dev/ttyFAKE: no answer")
        assert first(place, 1) == "plug_in"
        yard.controllers[2].troubles.over()
        await yard.until(lambda: not place.evses[2].session.faults)
        await asyncio.sleep(20)
        assert first(place, 2) == "plug_in"
        assert place.evses[2].problems == {}


async def test_a_meter_that_is_unfit_says_why(place: Place) -> None:
    place.yard.meters[1].hardware.unfit = "it reports: development mode"
    async with place.open() as yard:
        await yard.until(lambda: place.evses[1].session.faults)
        assert place.evses[1].problems == {Fault.UNFIT: "it reports: development mode"}
        assert first(place) == "unfit_development"


async def test_who_may_charge_offline_is_as_the_variables_have_it_now(place: Place) -> None:
    place.csms.connected = False
    async with place.open() as yard:
        await yard.plug()
        assert first(place) == "card_awaited"
        place.model.update(var.LOCAL_AUTHORIZE_OFFLINE, False)
        assert first(place) == "csms_needed"
        place.model.update(var.OFFLINE_TX_FOR_UNKNOWN_ID_ENABLED, True)
        assert first(place) == "card_awaited"


async def test_what_admits_whoever_plugs_in_is_vital_only_where_nobody_is_asked(place: Place) -> None:
    place.crashes["plugs-1"] = "boom"
    async with place.open():
        assert first(place) == "plug_in"
        place.model.update(var.AUTH_ENABLED, False)
        assert first(place) == "process_crashes"
        assert first(place, 2) == "plug_in"


async def test_a_card_that_was_refused_here_is_why_nobody_charges_here(place: Place) -> None:
    async with place.open() as yard:
        await yard.plug()
        await place.present(BERT, 1)
        assert first(place) == "card_refused"
        assert first(place, 2) == "plug_in"
        await place.present(ANNA, 1)
        await yard.until(lambda: place.evses[1].session.authorization)
        assert first(place) in ("preparing", "")


async def test_what_was_said_at_a_reader_of_several_counts_where_somebody_is_plugged_in(place: Place) -> None:
    async with place.open() as yard:
        await yard.plug(2)
        place.display.show(DriverNotice(Notice.REFUSED, None, "the token is Expired"))
        assert first(place, 2) == "card_expired"
        assert first(place, 1) == "plug_in"


async def test_the_newer_one_of_two_notices_counts(place: Place) -> None:
    async with place.open() as yard:
        await yard.plug(2)
        place.display.show(DriverNotice(Notice.REFUSED, None, "the token is Expired"))
        place.clock.shift(1)
        place.display.show(DriverNotice(Notice.RELEASED, 2))
        assert first(place, 2) == "card_awaited"
        place.clock.shift(1)
        place.display.show(DriverNotice(Notice.CHOOSE))  # to whoever asked, and no refusal
        assert first(place, 2) == "card_awaited"


async def test_guessed_codes_are_named(place: Place) -> None:
    code = type(BERT)("0000", "KeyCode")
    async with place.open() as yard:
        await yard.plug()
        for _ in range(FREE_TRIES + 1):
            await place.present(code, 1)
        assert first(place) == "card_break"


async def test_a_refusal_is_old_news_for_the_next_vehicle(place: Place) -> None:
    async with place.open() as yard:
        await yard.plug()
        await place.present(BERT, 1)
        await yard.unplug()
        place.clock.shift(3600)
        await yard.plug()
        assert first(place) == "card_awaited"


async def test_a_limit_and_a_fault_at_once_name_the_fault_first(place: Place) -> None:
    async with place.open() as yard:
        await yard.plug()
        place.evses[1].post(FaultRaised(Fault.DOOR, "the panel door"))
        await yard.until(lambda: place.evses[1].session.faults)
        link = why(place.parts).first
        assert link is not None
        assert (link.code, link.detail, link.params) == (
            "door_open",
            "the panel door",
            {"tech_code": "EnclosureOpen"},
        )
