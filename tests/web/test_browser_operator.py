"""The page for operators in a real browser."""

import csv
import io
from pathlib import Path

import pytest
from playwright.async_api import Page

from station.local.views import Activity, LiveView
from station.ocpp.redaction import Shown
from tests.web.browser import PHONE, Pages, saved, text_of, until, until_text
from tests.web.house import PASSWORD
from tests.web.scripted import ScriptedLook, charging, outlet

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(120)]

WRONG = ("401",)


async def test_only_the_right_password_opens_and_logging_out_closes(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.open("/operator", tolerated=WRONG)
        await page.fill("#password", "not this one at all")
        await page.keyboard.press("Enter")
        await until_text(page, "#login-problem", "This password is wrong.")
        assert not await page.is_visible("#nav")
        await page.fill("#password", PASSWORD)
        await page.click("button.main")
        await until_text(page, ".state-name", "Free")
        await page.reload()
        await until_text(page, ".state-name", "Free")
        await page.click("text=Log out")
        await page.wait_for_selector("#password")
        await page.reload()
        await page.wait_for_selector("#password")
        assert not await page.is_visible("#nav")


async def test_a_session_that_is_over_asks_for_the_password_again(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.operate(tolerated=(*WRONG, "ERR_"))
        await page.context.clear_cookies()
        await pages.station.stop()
        await pages.station.start()
        await until_text(page, "#login-problem", "You were logged out")


async def test_a_station_without_a_password_says_how_to_set_one(tmp_path: Path) -> None:
    async with Pages(tmp_path, password="") as pages:
        page = await pages.open("/operator", tolerated=("403",))
        await until_text(page, ".login", "station web password")


async def test_it_works_with_the_keyboard_alone(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.open("/operator")
        await page.wait_for_selector("#password:focus")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await until_text(page, ".state-name", "Free")
        await tab_to(page, "Receipts")
        await page.keyboard.press("Enter")
        await until_text(page, "main > h2", "Receipts")
        await tab_to(page, "Verify", at_most=40)
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".verdict .seal")


async def test_what_stops_charging_stands_first_with_its_remedy(tmp_path: Path) -> None:
    async with Pages(tmp_path, ScriptedLook(outlet(1, activity=Activity.FAULTED, status="Faulted"))) as pages:
        page = await pages.operate()
        await until_text(page, ".obstacle.bad", "The meter does not answer.")
        assert "/dev/ttyMETER, unit 42" in await text_of(page, ".obstacle")
        assert "`" not in await text_of(page, ".obstacle .remedy")
        await page.click(".why-part summary")
        assert await page.locator(".chain li").count() == 13
        pages.look.put(charging(1))
        await until_text(page, ".headline.go", "It is charging.")


async def test_actions_are_confirmed_carried_out_and_told(tmp_path: Path) -> None:
    async with Pages(tmp_path, ScriptedLook(charging(1))) as pages:
        page = await pages.operate(tolerated=("409",))
        await page.click("text=Unlock")
        await page.click("dialog >> text=Cancel")
        assert pages.station.acts.done == []
        for name in ("Unlock", "Stop", "Test session", "Restart"):
            await page.click(f"button:text-is('{name}')")
            await page.click("#ask-yes")
            await page.wait_for_selector("#ask", state="hidden")
        await until_text(page, "#told.shown", "restarts when nobody charges")
        await page.click("text=Restart the station")
        await page.click("#ask-yes")
        await until(lambda: len(pages.station.acts.done) == 5)
        assert pages.station.acts.done == [
            ("unlock", 1),
            ("stop", 1),
            ("test_session", 1),
            ("reset", 1),
            ("reset", None),
        ]


async def test_a_test_session_is_offered_only_if_the_settings_allow_it(tmp_path: Path) -> None:
    look = ScriptedLook()
    look.card_test_allowed = False
    async with Pages(tmp_path, look) as pages:
        page = await pages.operate()
        await until_text(page, ".buttons", "Unlock")
        assert await page.query_selector("text=Test session") is None


async def test_charts_show_the_past_and_go_on(tmp_path: Path) -> None:
    async with Pages(tmp_path, ScriptedLook(charging(1), outlet(2))) as pages:
        page = await pages.operate("charts")
        await page.wait_for_selector("figure canvas")
        assert await page.locator("figure").count() == 3
        await until_text(page, ".newest", "11.0 kW")
        pages.look.change(1, live=LiveView(3_700.0, (5.3, 5.4, 5.5), (230.0, 230.0, 230.0)))
        await until_text(page, ".newest", "3.7 kW")
        await until_text(page, ".newest", "5.3 A / 5.4 A / 5.5 A")
        assert "3.7" in (await page.get_attribute("figure", "aria-label") or "")
        drawn = await page.evaluate(
            "() => { const one = document.querySelector('canvas');"
            " return one.getContext('2d').getImageData(0, 0, one.width, one.height).data.some((byte) => byte > 0); }"
        )
        assert drawn
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        await page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")


async def test_the_log_is_filtered_and_followed(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        pages.station.log("session_started", evse=1)
        pages.station.log("meter_not_read", level="warning", evse=1, error="<b>no</b> answer")
        page = await pages.operate("events")
        await until_text(page, ".log", "session_started")
        assert "error=<b>no</b> answer" in await text_of(page, ".log")
        await page.select_option("select", "warning")
        assert await page.locator(".log li").count() == 1
        pages.station.log("reset_asked", level="error")
        await until_text(page, ".log li:first-child", "reset_asked")
        pages.station.log("quiet_thing")
        await page.uncheck("#follow")
        pages.station.log("later_thing", level="error")
        await page.fill("#text", "READ")
        assert "meter_not_read" in await text_of(page, ".log")
        assert await page.locator(".log li").count() == 1
        await page.fill("#text", "nothing of this")
        await until_text(page, ".panel", "Nothing fits.")


async def test_messages_are_filtered_by_action_direction_and_text(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        take = pages.station.frames.take
        take(True, Shown('[2,"1","BootNotification",{"reason":"PowerUp"}]'))
        take(False, Shown('[3,"1",{"status":"Accepted","interval":300}]'))
        take(False, Shown('[2,"9","GetVariables",{"getVariableData":[]}]'))
        take(True, Shown('[4,"9","FormationViolation","password: geheim",{}]'))
        page = await pages.operate("messages")
        await until_text(page, ".log li:first-child", "GetVariables error")
        assert await page.locator(".log li").count() == 4
        await page.fill("label:has-text('Action') input", "boot")
        assert await page.locator(".log li").count() == 2
        await page.click(".log li:first-child summary")
        assert '"interval": 300' in await text_of(page, ".log li:first-child pre")
        await page.select_option("select", "sent")
        assert "PowerUp" in await page.inner_html(".log")
        assert await page.locator(".log li").count() == 1
        assert "geheim" not in await page.content()


async def test_the_device_model_is_searched_and_set(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.operate("model", tolerated=("409",))
        await until_text(page, ".panel", "6 variables")
        await page.fill("#model-text", "heartbeat")
        await until_text(page, ".panel", "1 variables")
        await page.click("text=Edit")
        await page.fill(".editing input", "120")
        await page.click("button:text-is('Set')")
        await until(lambda: ("set", "OCPPCommCtrlr.HeartbeatInterval", "120") in pages.station.acts.done)
        await page.fill("#model-text", "remotestart")
        await until_text(page, ".variable", "AuthorizeRemoteStart")
        await page.click("text=Edit")
        await page.select_option(".editing select", "true")
        await page.click("button:text-is('Set')")
        await until_text(page, "#ask-text", "everybody could charge then")
        await page.click("#ask-yes")
        await until(lambda: ("set", "AuthCtrlr.AuthorizeRemoteStart", "true") in pages.station.acts.done)
        await page.fill("#model-text", "")
        await page.check("text=Only what can be set")
        await until_text(page, ".panel", "4 variables")


async def test_receipts_are_listed_verified_and_saved(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.operate("receipts")
        first = "li[data-number='1']"
        await until_text(page, first, "0.150 kWh")
        assert "Anna" in await text_of(page, first)
        await page.click(f"{first} >> text=Verify")
        await until_text(page, f"{first} .verdict", "Signature valid")
        assert await page.locator(f"{first} .checks li").count() > 15
        table = (await saved(page, "text=All as a table (CSV)")).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(table)))
        assert len(rows) == 4


async def test_meters_lines_certificates_and_queue_are_shown(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.operate("lines")
        await until_text(page, ".panel", "BSM-WS36A-H01-1311-0000")
        assert "184,223" in await text_of(page, ".counters")
        await page.goto(f"{pages.station.url}/operator#certificates")
        await until_text(page, ".panel", "Ends within 30 days")
        await page.goto(f"{pages.station.url}/operator#queue")
        await until_text(page, ".panel", "CALLERROR FormationViolation: value too long")


async def test_the_page_speaks_german(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.operate(language="de-DE")
        await until_text(page, ".state-name", "Frei")
        await page.click("text=Belege")
        await until_text(page, "main > h2", "Belege")
        await page.click("text=English")
        await until_text(page, "main > h2", "Receipts")


async def test_it_finds_back_by_itself_and_has_what_happened_meanwhile(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        pages.station.log("earlier_thing")
        page = await pages.operate("events", tolerated=("ERR_FAILED",))
        await until_text(page, ".log", "earlier_thing")
        await page.route("**/operator/live", lambda route: route.abort())
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as on a phone that slept
        await until_text(page, "#lost", "No connection")
        pages.station.log("meanwhile_thing")
        await page.unroute("**/operator/live")
        await until_text(page, ".log", "meanwhile_thing")
        assert not await page.is_visible("#lost")


async def tab_to(page: Page, text: str, *, at_most: int = 30) -> None:
    """Press the tabulator until that has the focus, visibly."""
    for _ in range(at_most):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.innerText") == text:
            assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    raise AssertionError(f"{text} is not reached")
