"""What holds of every page: it is legible, can be touched and read aloud, and fits into small windows."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from station.local.views import Activity, NoticeView
from station.ocpp.redaction import Shown
from tests.web.browser import LAPTOP, PHONE, Pages, until_text
from tests.web.scripted import ScriptedLook, charging, now, outlet

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(120)]

NARROW = (320, 640)
"""A laptop's window at 400 %, or the smallest phone."""
PANELS = ("overview", "charts", "receipts", "events", "messages", "model", "lines", "certificates", "queue")

# Both follow the Web Content Accessibility Guidelines 2.1, 1.4.3 and 2.5.5.
PALE_TEXTS = """() => {
    const channel = (value) => (value /= 255, value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const ground = (one) => {
        for (; one; one = one.parentElement) {
            const colour = numbers(getComputedStyle(one).backgroundColor);
            if (colour.length < 4 || colour[3] > 0.99) return colour;
        }
        return [255, 255, 255];
    };
    const pale = [];
    for (const one of document.querySelectorAll('body *')) {
        const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own || one.disabled || one.closest('.uplot, noscript')) continue;
        if (!one.checkVisibility({ checkVisibilityCSS: true })) continue;
        const style = getComputedStyle(one);
        const [dark, bright] = [light(numbers(style.color)), light(ground(one))].sort((a, b) => a - b);
        const ratio = (bright + 0.05) / (dark + 0.05);
        if (ratio < 4.5) pale.push(`${ratio.toFixed(2)}: ${one.className} ${one.innerText.slice(0, 40)}`);
    }
    return pale;
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll('button, a, summary, select, input:not([type=checkbox])')]
    .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }) && !one.matches('.unseen, .skip'))
    .filter((one) => one.getBoundingClientRect().height < 43.5 || one.getBoundingClientRect().width < 43.5)
    .map((one) => one.outerHTML.slice(0, 80))"""
UNNAMED = """() => [...document.querySelectorAll('button, a, summary, select, input, img, [role=img]')]
    .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }) && one.getAttribute('aria-hidden') !== 'true')
    .filter((one) => ![one.innerText, one.alt, one.getAttribute('aria-label'), one.labels?.[0]?.innerText]
        .some((name) => name?.trim()))
    .map((one) => one.outerHTML.slice(0, 80))"""
WIDER = """() => document.documentElement.scrollWidth > window.innerWidth
    ? [...document.querySelectorAll('body *')]
        .filter((one) => one.getBoundingClientRect().right > window.innerWidth + 1)
        .map((one) => one.outerHTML.slice(0, 80))
    : []"""
CUT_OFF = """() => [...document.querySelectorAll('.values dd, .facts dd, .counters dd, .state-name, .total, td')]
    .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.innerText)"""
UNTRANSLATED = """() => [...document.querySelectorAll('body *')]
    .flatMap((one) => [...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()))
    .filter((text) => /^[a-z_]+(\\.[a-z_\\d-]+)+$/.test(text))"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
async def test_the_drivers_page_in_every_state(tmp_path: Path, language: str, dark: bool) -> None:
    refused = NoticeView("refused", now(), "unknown card", "en")
    outlets = [outlet(number, activity=activity, notice=refused) for number, activity in enumerate(Activity, 1)]
    outlets[0] = charging(1, last_receipt="tx-1", energy_wh=123_450.0, minutes=1439)
    outlets[1] = outlet(2, activity=Activity.FAULTED, why_code="contactor_welded")
    async with Pages(tmp_path, ScriptedLook(*outlets)) as pages:
        page = await pages.open("/", size=NARROW, dark=dark, language=language)
        await page.wait_for_selector(".receipt-energy:visible")
        await page.click(".key summary >> nth=0")
        for width, height in (NARROW, PHONE, LAPTOP):
            await page.set_viewport_size({"width": width, "height": height})
            await judge(page, where=f"{width} px")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_a_receipt(tmp_path: Path, dark: bool) -> None:
    async with Pages(tmp_path) as pages:
        for path in ("/receipt/tx-1", "/receipt/tx-2"):
            page = await pages.open(path, size=NARROW, dark=dark, language="de-DE")
            await page.wait_for_selector(".paper-head")
            for summary in await page.query_selector_all("summary"):
                await summary.click()
            await judge(page)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, PHONE, LAPTOP], ids=["narrow", "phone", "laptop"])
async def test_every_panel_for_operators(tmp_path: Path, size: tuple[int, int], dark: bool) -> None:
    faulted = outlet(2, activity=Activity.FAULTED, status="Faulted")
    async with Pages(tmp_path, ScriptedLook(charging(1), faulted)) as pages:
        pages.station.log("meter_not_read", level="error", error="/dev/ttyMETER: no answer within 1 s " + "x" * 80)
        pages.station.frames.take(True, Shown('[2,"1","BootNotification",{"reason":"PowerUp"}]'))
        page = await pages.operate(size=size, dark=dark, language="de-DE" if dark else "en-GB")
        for panel in PANELS:
            await page.goto(f"{pages.station.url}/operator#{panel}")
            await page.wait_for_selector(f"nav a[href='#{panel}'][aria-current]", state="attached")
            await settled(page, panel)
            await judge(page, where=panel)


async def test_a_phone_has_its_menu_behind_a_button(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.operate(size=PHONE)
        assert not await page.is_visible("nav")
        await page.click("text=Menu")
        assert await page.get_attribute("#menu", "aria-expanded") == "true"
        await page.click("nav >> text=Queue")
        await until_text(page, "main > h2", "Queue")
        assert not await page.is_visible("nav")


async def test_large_letters_do_not_push_anything_out(tmp_path: Path) -> None:
    async with Pages(tmp_path, ScriptedLook(charging(1, last_receipt="tx-1"))) as pages:
        for path, shown in (("/", ".receipt-energy"), ("/receipt/tx-1", ".total")):
            page = await pages.open(path, size=PHONE)
            await page.wait_for_selector(f"{shown}:visible")
            await page.evaluate("document.documentElement.style.fontSize = '200%'")
            assert await page.evaluate(WIDER) == []
            assert await page.evaluate(CUT_OFF) == []


async def settled(page: Page, panel: str) -> None:
    """Return when a panel shows what it asked for."""
    shown = {
        "overview": ".obstacle",
        "charts": "canvas",
        "receipts": "li.card",
        "events": ".log li",
        "messages": ".log li",
        "model": ".variable",
        "lines": ".counters",
        "certificates": ".card",
        "queue": ".card",
    }
    await page.wait_for_selector(f".panel {shown[panel]}")


async def judge(page: Page, *, where: str = "") -> None:
    """Fail if something cannot be read, touched, named or seen without scrolling to the side."""
    found = {
        "pale": await page.evaluate(PALE_TEXTS),
        "small": await page.evaluate(SMALL_TARGETS),
        "unnamed": await page.evaluate(UNNAMED),
        "untranslated": await page.evaluate(UNTRANSLATED),
        "wider": await page.evaluate(WIDER),
        "cut off": await page.evaluate(CUT_OFF),
    }
    assert {name: value for name, value in found.items() if value} == {}, where
