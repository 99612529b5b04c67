"""The driver's page in a real browser: what somebody sees who wants to charge."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from station.local.views import Activity, LiveView, NoticeView
from tests.web.browser import PHONE, TARIFF, Pages, text_of, until, until_text
from tests.web.scripted import KEY, SERIAL, ScriptedLook, charging, now, outlet

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(120)]


async def test_a_session_is_seen_live(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.open("/", size=PHONE)
        await until_text(page, ".state-name", "Free")
        assert await text_of(page, ".next") == "Plug in your vehicle, then hold your card to the reader."
        assert await text_of(page, "#tariff") == TARIFF["en"]
        pages.look.change(1, activity=Activity.PLUGGED, status="Occupied", why_code="card_awaited")
        await until_text(page, ".state-name", "Plugged in")
        assert "Hold your card" in await text_of(page, ".next")
        pages.look.change(1, activity=Activity.PREPARING, why_code="preparing")
        await until_text(page, ".next", "Card accepted, preparing the meter (up to 10 s).")
        pages.look.put(charging(1, minutes=65.5, power_w=11_040, cost_text="EUR 5.40"))
        await until_text(page, ".state-name", "Charging")
        values = [await one.inner_text() for one in await page.query_selector_all(".values dd")]
        assert [value.replace("\u00a0", " ") for value in values] == [
            "11.0 kW",
            "12.05 kWh",
            "1 hr 5 mins",
            "EUR 5.40",
        ]
        pages.look.change(1, live=LiveView(7_300.0))
        await until_text(page, ".values dd", "7.3 kW")
        pages.look.put(outlet(1, activity=Activity.FINISHED, status="Occupied", last_receipt="tx-1"))
        await until_text(page, ".state-name", "Finished")
        await until_text(page, ".receipt-energy", "0.150 kWh")
        assert not await page.is_visible(".values")
        await page.click("text=Open the receipt")
        await until_text(page, ".total", "0.150 kWh")


async def test_a_screen_reader_is_told_of_steps_and_not_of_watts(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.open("/")
        await until_text(page, "#said", "Charging point 1. Free.")
        pages.look.put(charging(1))
        await until_text(page, "#said", "Charging point 1. Charging.")
        await page.evaluate(
            "() => { window.told = 0; new MutationObserver(() => window.told++)"
            ".observe(document.querySelector('#said'), {childList: true, characterData: true, subtree: true}); }"
        )
        pages.look.change(1, live=LiveView(4_100.0))
        await until_text(page, ".values dd", "4.1 kW")
        assert await page.evaluate("window.told") == 0
        assert await page.get_attribute("#said", "aria-live") == "polite"


async def test_a_notice_is_shown_with_its_text_and_only_while_it_is_news(tmp_path: Path) -> None:
    refused = NoticeView("refused", now(), "unknown card", "en")
    async with Pages(tmp_path, ScriptedLook(outlet(1, notice=refused))) as pages:
        page = await pages.open("/")
        await until_text(page, ".notice.bad", "Card not accepted. unknown card")
        old = replace(refused, at=now() - timedelta(seconds=70))
        pages.look.change(1, notice=old)
        await page.wait_for_selector(".notice", state="hidden")


async def test_german_drivers_do_not_get_the_stations_english(tmp_path: Path) -> None:
    refused = NoticeView("refused", now(), "unknown card", "")
    personal = NoticeView("personal", now(), "Bonjour", "fr")
    async with Pages(tmp_path, ScriptedLook(outlet(1, notice=refused), outlet(2, notice=personal))) as pages:
        page = await pages.open("/", language="de-DE")
        await until_text(page, ".notice", "Karte nicht angenommen.")
        assert "unknown card" not in await text_of(page, ".notice >> nth=0")
        assert await text_of(page, "[lang=fr]") == "Bonjour"


async def test_what_is_in_the_way_replaces_what_to_do(tmp_path: Path) -> None:
    faulted = outlet(1, activity=Activity.FAULTED, status="Faulted", why_code="emergency_stop")
    async with Pages(tmp_path, ScriptedLook(faulted)) as pages:
        page = await pages.open("/", language="de-DE")
        await until_text(page, ".state-name", "Gestört")
        assert "Not-Halt" in await text_of(page, ".why")
        assert not await page.is_visible(".next")


async def test_data_is_never_read_as_html(tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)><b>bold</b>"
    notice = NoticeView("personal", now(), evil, "en")
    look = ScriptedLook(charging(1, name=evil, cost_text=evil, notice=notice))
    async with Pages(tmp_path, look, tariff={"en": evil}) as pages:
        page = await pages.open("/")
        await until_text(page, ".cost", evil)
        await until_text(page, ".notice", evil)
        assert await text_of(page, "#tariff") == evil
        assert await page.query_selector("b, img[src=x]") is None


async def test_the_public_key_is_shown_to_whoever_asks(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.open("/")
        await until_text(page, ".key summary", "Public key of the meter")
        assert await page.query_selector(".key img[src]") is None
        await page.click(".key summary")
        assert await text_of(page, ".key .code") == KEY
        assert SERIAL in await text_of(page, ".key")
        await page.wait_for_function("() => document.querySelector('.key img').naturalWidth > 0")


async def test_old_values_are_not_shown_as_new_and_the_page_finds_back_by_itself(tmp_path: Path) -> None:
    lost = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
    async with Pages(tmp_path, ScriptedLook(charging(1))) as pages:
        page = await pages.open("/", tolerated=lost)
        await until_text(page, ".values dd", "11.0 kW")
        await pages.station.stop()
        await until_text(page, "#lost", "No connection to the station since")
        await until_text(page, ".state-name", "No current data")
        assert not await page.is_visible(".values")
        assert "Charging" in await text_of(page, ".next")
        pages.look.put(outlet(1))
        await pages.station.start()
        await until_text(page, ".state-name", "Free")
        assert not await page.is_visible("#lost")


async def test_a_station_that_fell_silent_is_noticed(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.window.empty()
        await page.clock.install()
        await page.goto(pages.station.url)
        await until_text(page, ".state-name", "Free")
        await page.clock.fast_forward(25_000)
        await until_text(page, "#lost", "No connection")
        await page.clock.fast_forward(2_000)
        await page.wait_for_selector("#lost", state="hidden")


async def test_the_language_is_asked_for_chosen_and_kept(tmp_path: Path) -> None:
    async with Pages(tmp_path, language="de") as pages:
        page = await pages.open("/", language="fr-FR")
        await until_text(page, ".state-name", "Frei")
        assert await page.get_attribute("html", "lang") == "de"
        await page.click("text=English")
        await until_text(page, ".state-name", "Free")
        await page.reload()
        await until_text(page, ".state-name", "Free")
        await page.goto(f"{pages.station.url}/?lang=de")
        await until_text(page, ".state-name", "Frei")
        assert await text_of(page, "#tariff") == TARIFF["de"]


async def test_the_page_is_dark_where_the_system_is(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.open("/", dark=True)
        await until_text(page, ".state-name", "Free")
        assert await page.evaluate(GROUND) == "rgb(14, 20, 18)"
        await page.emulate_media(color_scheme="light")
        assert await page.evaluate(GROUND) == "rgb(243, 245, 242)"


async def test_one_outlet_alone_has_a_page(tmp_path: Path) -> None:
    async with Pages(tmp_path, ScriptedLook(outlet(1), charging(2))) as pages:
        page = await pages.open("/?evse=2")
        await until_text(page, ".state-name", "Charging")
        assert await page.locator(".outlet").count() == 1


GROUND = "getComputedStyle(document.body).backgroundColor"
CUT_OFF = """() => [document.documentElement, ...document.querySelectorAll('.outlet, .body, .values dd, .side')]
    .filter((one) => one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.className)"""
STATE_PX = "parseFloat(getComputedStyle(document.querySelector('.state-name')).fontSize)"


@pytest.mark.parametrize("count", [1, 2, 3, 4])
async def test_a_kiosk_shows_everything_on_one_screen(tmp_path: Path, count: int) -> None:
    outlets = [
        charging(1, cost_text="12,34 EUR"),
        outlet(2, activity=Activity.FINISHED, status="Occupied", last_receipt="tx-1"),
        outlet(3, activity=Activity.FAULTED, status="Faulted", why_code="residual_current"),
        outlet(4, activity=Activity.PAUSED_BY_VEHICLE, why_code="vehicle_declines", started_at=now(), energy_wh=1.0),
    ]
    async with Pages(tmp_path, ScriptedLook(*outlets[:count]), language="de") as pages:
        page = await pages.open("/?kiosk=1")
        await until_text(page, ".state-name", "Lädt")
        if count > 1:
            await until_text(page, ".receipt-energy", "0,150 kWh")
        for width, height in ((800, 480), (1280, 800), (600, 1024), (1080, 1920)):
            await page.set_viewport_size({"width": width, "height": height})
            await page.wait_for_function("() => [...document.images].every((one) => one.complete)")
            await page.wait_for_function(f"() => ({CUT_OFF})().length === 0")
            assert await page.evaluate("document.querySelector('#tariff').getBoundingClientRect().bottom") <= height
            assert await page.evaluate(STATE_PX) >= min(width, height) / 24


async def test_a_kiosk_speaks_both_languages_in_turn_until_somebody_chooses(tmp_path: Path) -> None:
    async with Pages(tmp_path, language="de") as pages:
        page = await pages.window.empty()
        await page.clock.install()
        await page.goto(f"{pages.station.url}/?kiosk=1")
        await until_text(page, ".state-name", "Frei")
        await page.clock.run_for(12_500)
        await until_text(page, ".state-name", "Free")
        await page.clock.run_for(12_500)
        await until_text(page, ".state-name", "Frei")
        await page.click("text=English")
        await until_text(page, ".state-name", "Free")
        for _ in range(4):
            await page.clock.run_for(13_000)
            assert await text_of(page, "#price-title") == "Price"


async def test_a_kiosk_leads_nowhere_else(tmp_path: Path) -> None:
    look = ScriptedLook(outlet(1, activity=Activity.FINISHED, last_receipt="tx-1"))
    async with Pages(tmp_path, look) as pages:
        page = await pages.open("/?kiosk=1")
        await until_text(page, ".receipt-energy", "0.150 kWh")
        links = await page.query_selector_all("a")
        assert [await link.is_visible() for link in links] == [False] * len(links)


async def test_a_new_version_of_the_station_brings_its_pages(tmp_path: Path) -> None:
    lost = ("ERR_",)
    async with Pages(tmp_path) as pages:
        page = await pages.open("/", tolerated=lost)
        await until_text(page, ".state-name", "Free")
        await page.evaluate("window.old = true")
        await pages.station.stop()
        pages.look.version = "99.0"
        await pages.station.start()
        await page.wait_for_function("() => window.old === undefined")
        await until_text(page, ".state-name", "Free")


async def test_the_drivers_page_is_there_before_the_station_answers(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.window.empty(tolerated=("503",))
        asked: list[str] = []

        async def refuse(route) -> None:  # type: ignore[no-untyped-def]
            asked.append(route.request.url)
            await (route.fulfill(status=503) if len(asked) == 1 else route.continue_())

        await page.route("**/api/v1/station", refuse)
        await page.goto(pages.station.url)
        await until(lambda: len(asked) == 1)
        assert "Verbindung wird aufgebaut" in await text_of(page, "#name")
        await until_text(page, ".state-name", "Free")
