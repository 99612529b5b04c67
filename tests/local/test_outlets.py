"""What everybody sees of an outlet: what goes on, what flows, what it costs, and no driver."""

import asyncio
import json
from pathlib import Path

from station.core.documents import from_document, to_document
from station.core.events import Authorized
from station.errors import SnapshotFailedError
from station.hardware.ports import DriverNotice, Notice, PilotLetter
from station.local.outlets import NEWS_S, RECEIPT_SHOWN
from station.local.views import Activity, OutletView
from tests.fakes import KEY, SERIAL
from tests.local.place import Place
from tests.ocpp.yard import ANNA


async def test_a_free_outlet_says_who_and_what_it_is(place: Place) -> None:
    async with place.open():
        first, second = place.look.outlets()
    assert (first.evse_id, first.name, first.connector, first.max_current_a) == (1, "DE*ABC*E1", "sType2", 32)
    assert (second.evse_id, second.name) == (2, "DE*ABC*E2")
    assert (first.status, first.activity, first.energy_wh, first.last_receipt) == (
        "Available",
        Activity.FREE,
        None,
        "",
    )
    assert (first.meter_serial, first.public_key) == (SERIAL, KEY.hex())
    assert first.why_code


async def test_energy_runs_from_the_signed_begin(place: Place) -> None:
    async with place.open() as yard:
        transaction = await yard.charge()
        started = place.clock.now()
        yard.meters[1].hardware.flow(1234)
        await asyncio.sleep(6)
        view = place.look.outlet(1)
        assert (view.activity, view.energy_wh) == (Activity.CHARGING, 1234.0)
        assert view.offered_a > 0
        assert view.live.register_wh == 2234.0
        assert view.live.voltages_v == (230.0, 230.0, 230.0)
        assert view.started_at is not None
        assert 0 <= (started - view.started_at).total_seconds() < 15
        place.costs[transaction] = "0.46 EUR so far"
        assert place.look.outlet(1).cost_text == "0.46 EUR so far"
        assert place.look.outlet(2).cost_text == ""


async def test_the_energy_of_a_silent_meter_is_not_guessed(place: Place) -> None:
    async with place.open() as yard:
        await yard.charge()
        yard.meters[1].be_silent()
        await asyncio.sleep(20)
        assert place.look.outlet(1).live.power_w is None
        assert place.look.outlet(1).energy_wh is None


async def test_the_receipt_is_offered_until_the_next_session_begins(place: Place) -> None:
    async with place.open() as yard:
        transaction = await yard.charge()
        place.costs[transaction] = "1.23 EUR"
        assert place.look.outlet(1).last_receipt == ""
        await place.acts.stop(1, who="web")
        await yard.until(lambda: yard.evses[1].session.transaction is None)
        await asyncio.sleep(2)
        view = place.look.outlet(1)
        assert (view.activity, view.last_receipt, view.cost_text) == (Activity.FINISHED, transaction, "1.23 EUR")
        assert place.look.outlet(2).last_receipt == ""
        await yard.unplug()
        assert place.look.outlet(1).last_receipt == transaction
        await yard.charge()
        assert place.look.outlet(1).last_receipt == ""


async def test_the_receipt_is_offered_for_a_quarter_of_an_hour_also_after_a_restart(
    place: Place, tmp_path: Path
) -> None:
    async with place.open() as yard:
        transaction = await yard.charge()
        await yard.unplug()
        await yard.until(lambda: yard.evses[1].session.transaction is None)
    again = Place(tmp_path)
    again.clock.shift(60)
    async with again.open():
        assert again.look.outlet(1).last_receipt == transaction
        again.clock.shift(RECEIPT_SHOWN.total_seconds())
        await asyncio.sleep(1)
        assert again.look.outlet(1).last_receipt == ""


async def test_the_receipt_of_before_is_gone_the_moment_a_session_begins(place: Place) -> None:
    async with place.open() as yard:
        transaction = await yard.charge()
        await yard.unplug()
        await yard.until(lambda: yard.evses[1].session.transaction is None)
        await asyncio.sleep(2)
        yard.evses[1].post(Authorized(ANNA))
        await yard.until(lambda: yard.evses[1].session.authorization)
        assert place.look.outlet(1).last_receipt == transaction
        yard.controllers[1].hardware.letter = PilotLetter.C
        await yard.until(lambda: yard.evses[1].session.transaction, within_s=0.9)
        assert place.look.outlet(1).last_receipt == ""


async def test_a_session_of_which_nothing_was_signed_has_no_receipt(place: Place) -> None:
    async with place.open() as yard:
        yard.meters[1].troubles.always("start_transaction", SnapshotFailedError("no", status=3))
        await yard.plug()
        yard.evses[1].post(Authorized(ANNA))
        await yard.until(lambda: yard.evses[1].session.faults)
        await asyncio.sleep(2)
        assert yard.evses[1].session.transaction is None
        assert place.look.outlet(1).last_receipt == ""


async def test_a_notice_is_news_for_a_minute(place: Place) -> None:
    async with place.open():
        place.display.show(DriverNotice(Notice.REFUSED, 1, "the token is Blocked", language="de"))
        await asyncio.sleep(NEWS_S - 1)
        notice = place.look.outlet(1).notice
        assert notice is not None
        assert (notice.notice, notice.text, notice.language) == ("refused", "the token is Blocked", "de")
        assert place.look.outlet(2).notice is None
        await asyncio.sleep(2)
        assert place.look.outlet(1).notice is None


async def test_what_is_said_at_no_outlet_is_read_at_those_where_nobody_charges(place: Place) -> None:
    async with place.open() as yard:
        await yard.charge(2)
        place.display.show(DriverNotice(Notice.CHECKING))
        assert [view.notice and view.notice.notice for view in place.look.outlets()] == ["checking", None]
        await asyncio.sleep(1)
        place.display.show(DriverNotice(Notice.ACCEPTED, 1))
        assert [view.notice and view.notice.notice for view in place.look.outlets()] == ["accepted", None]


async def test_an_answer_that_was_given_to_another_outlet_is_news_there_only(place: Place) -> None:
    async with place.open():
        place.display.show(DriverNotice(Notice.CHECKING))
        await asyncio.sleep(1)
        place.display.show(DriverNotice(Notice.ACCEPTED, 2))
        assert [view.notice and view.notice.notice for view in place.look.outlets()] == [None, "accepted"]


async def test_the_meter_of_a_silent_line_is_known_from_before(place: Place, tmp_path: Path) -> None:
    async with place.open():
        pass
    again = Place(tmp_path)
    for meter in again.yard.meters.values():
        meter.be_silent()
    async with again.open(awake=False):
        await asyncio.sleep(5)
        view = again.look.outlet(1)
        assert (view.meter_serial, view.public_key) == (SERIAL, KEY.hex())
        assert not again.look.station().meters[0].known


async def test_nothing_in_it_names_a_driver(place: Place) -> None:
    async with place.open() as yard:
        await yard.charge(token=ANNA)
        text = json.dumps(to_document(place.look.outlets()))
    assert ANNA.value not in text
    assert "ISO14443" not in text


async def test_it_comes_back_from_json_as_it_was(place: Place) -> None:
    async with place.open() as yard:
        await yard.charge()
        view = place.look.outlet(1)
        assert from_document(OutletView, json.loads(json.dumps(to_document(view)))) == view


async def test_looking_each_second_asks_the_database_no_more_than_that(place: Place) -> None:
    async with place.open():
        place.look.station()
        statements: list[str] = []
        place.database._connection.set_trace_callback(statements.append)
        for _ in range(50):
            place.look.station()
        assert statements == []
        await asyncio.sleep(1)
        for _ in range(50):
            place.look.outlets()
        place.database._connection.set_trace_callback(None)
    assert sum("transactions" in statement for statement in statements) == 1
