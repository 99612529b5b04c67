"""What drivers are told, about a session and by the CSMS."""

import asyncio
import contextlib
from dataclasses import replace

import pytest
from ocpp.v201.enums import MessageFormatEnumType

from station.core.events import Authorized, Judged
from station.core.session import Metering, Session
from station.core.tokens import PersonalMessage
from station.driver_notices import guide, notice_of, personal
from station.hardware.ports import DriverNotice, Notice
from tests.ocpp.desk import ACCEPTED, Notices
from tests.ocpp.yard import ANNA, Yard

FREE = Session(1, awake=True)
WAITING = replace(FREE, authorization=Authorized(ANNA))


@pytest.mark.parametrize(
    ("session", "notice"),
    [
        (FREE, None),
        (replace(FREE, plugged=True), None),
        (WAITING, Notice.PLUG_IN),
        (replace(WAITING, plugged=True), None),
        (replace(WAITING, plugged=True, metering=Metering.STARTING), Notice.PREPARING),
        (replace(WAITING, plugged=True, metering=Metering.ON), None),
        (replace(FREE, plugged=True, metering=Metering.STOPPING), Notice.STOPPING),
    ],
)
def test_what_a_driver_has_to_know(session, notice):
    assert notice_of(session) is notice


@pytest.mark.ocpp("C01.FR.08")
@pytest.mark.parametrize(
    ("said", "language"),
    [
        ({"language": "de", "language1": "fr", "language2": "nl"}, "de"),
        ({"language": None, "language1": "fr", "language2": "nl"}, "fr"),
        ({"language": None, "language1": None, "language2": "nl"}, "nl"),
        ({"language": None, "language1": None, "language2": None}, ""),
    ],
)
def test_a_personal_message_is_in_its_own_language_or_else_in_that_of_the_driver(said, language):
    message = PersonalMessage(MessageFormatEnumType.utf8, "Willkommen", said.pop("language"))
    notice = personal(replace(ACCEPTED, personal_message=message, **said), 1)
    assert notice == DriverNotice(Notice.PERSONAL, 1, "Willkommen", "UTF8", language=language)


def test_without_a_personal_message_there_is_nothing_to_show():
    assert personal(ACCEPTED, 1) is None


@contextlib.asynccontextmanager
async def guided(folder):
    yard, display = Yard(folder), Notices()
    async with yard.open():
        guiding = asyncio.create_task(guide(yard.evses[1], display, language=lambda evse_id: "de"))
        try:
            yield yard, display
        finally:
            guiding.cancel()
            await asyncio.gather(guiding, return_exceptions=True)


async def test_a_driver_is_led_through_his_session_whoever_began_it(tmp_path):
    async with guided(tmp_path) as (yard, display):
        yard.evses[1].post(Authorized(ANNA, remote_start_id=1))
        await yard.until(lambda: display.kinds == [Notice.PLUG_IN])
        await yard.charge()
        assert display.kinds == [Notice.PLUG_IN, Notice.PREPARING]
        await yard.unplug()
        await yard.until(lambda: yard.evses[1].session.transaction is None)
        assert display.kinds[2:] == [Notice.STOPPING, Notice.RELEASED]
    assert {notice.language for notice in display.shown} == {"de"}
    assert {notice.evse_id for notice in display.shown} == {1}


async def test_a_plug_that_is_held_is_not_said_to_be_released(tmp_path):
    async with guided(tmp_path) as (yard, display):
        yard.evses[1].post(Judged(await yard.charge(), accepted=False))
        await yard.until(lambda: yard.evses[1].session.held_for)
        await asyncio.sleep(1)
    assert display.kinds == [Notice.PREPARING, Notice.STOPPING]
