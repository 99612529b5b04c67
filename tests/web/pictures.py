"""`python -m tests.web.pictures [FOLDER]`: take the pictures of the pages that the documentation shows."""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Page

from station.local.views import Activity, OutletView
from tests.commands.receipts.archive import BEGIN, CARD, END, REQUEST, Archive
from tests.web.browser import PHONE, Pages, until_text
from tests.web.scripted import TRANSACTION, ScriptedLook, charging, outlet

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
KIOSK = (1024, 600)
SMALL_LAPTOP = (1120, 720)

Take = Callable[[Pages], Awaitable[Page]]


def at_work() -> tuple[OutletView, ...]:
    finished = outlet(2, activity=Activity.FINISHED, status="Occupied", last_receipt=TRANSACTION)
    return charging(1, cost_text="2,15 EUR"), finished


def add_session(archive: Archive) -> None:
    """Add a session of the time when the meter signed its records."""
    receipts = archive.receipts
    receipts.begin(TRANSACTION, evse_id=2, token=CARD, started_at=BEGIN.taken_at, request=REQUEST)
    for record in (BEGIN, END):
        receipts.add_record(TRANSACTION, record, at=record.taken_at)
    receipts.finish(TRANSACTION, ended_at=END.taken_at, stopped_reason="Local")


async def driver_phone(pages: Pages) -> Page:
    page = await pages.open("/", size=PHONE, language="de-DE", device_scale_factor=2)
    await page.wait_for_selector(".receipt-energy:visible")
    return page


async def kiosk(pages: Pages) -> Page:
    page = await pages.open("/?kiosk=1", size=KIOSK, dark=True)
    await page.wait_for_selector(".receipt-energy:visible")
    return page


async def receipt(pages: Pages) -> Page:
    page = await pages.open(f"/receipt/{TRANSACTION}", size=(720, 900))
    await page.wait_for_selector(".total")
    return page


async def why(pages: Pages) -> Page:
    pages.look.shown = {1: outlet(1, activity=Activity.FAULTED, status="Faulted")}
    page = await pages.operate(size=SMALL_LAPTOP)
    await until_text(page, ".obstacle.bad", "The meter does not answer.")
    return page


async def charts(pages: Pages) -> Page:
    page = await pages.operate("charts", size=SMALL_LAPTOP, dark=True)
    await page.wait_for_selector("canvas")
    return page


PICTURES: dict[str, Take] = {
    "driver-phone": driver_phone,
    "kiosk": kiosk,
    "receipt": receipt,
    "operator-why": why,
    "operator-charts": charts,
}


async def take(folder: Path) -> None:
    """Write all pictures into a folder."""
    for name, visit in PICTURES.items():
        with tempfile.TemporaryDirectory() as place:
            async with Pages(Path(place), ScriptedLook(*at_work()), fill=add_session, language="en") as pages:
                page = await visit(pages)
                await page.wait_for_function("() => [...document.images].every((one) => one.complete)")
                await page.screenshot(path=folder / f"{name}.png")
                print(folder / f"{name}.png")


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
