"""What everybody is told of an outlet, and what only who stands before it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from station.local.look import Look
from station.local.views import Activity, NoticeView, OutletView
from station.web.audience import for_everybody
from tests.fakes_clock import START
from tests.web.events import events_of, next_of
from tests.web.house import AFAR, House, house

WORDS = "Dear Anna, your credit is used up"
PERSONAL = NoticeView("personal", START, WORDS, "en")
OUTLET = OutletView(
    1,
    "DE*ABC*E1",
    "sType2",
    32,
    3,
    "Available",
    Activity.FREE,
    notice=PERSONAL,
    last_receipt="tx-1",
    cost_text="3 EUR",
)


class Told(Look):
    """Somebody has just charged, and was told something."""

    looked = 0

    def outlets(self) -> tuple[OutletView, ...]:
        self.looked += 1
        return tuple(replace(each, notice=PERSONAL, last_receipt="tx-1") for each in super().outlets())


def test_only_what_is_for_one_driver_is_left_out() -> None:
    assert for_everybody(OUTLET, offer_receipts=False) == replace(OUTLET, notice=None, last_receipt="")
    assert for_everybody(OUTLET, offer_receipts=True) == replace(OUTLET, notice=None)
    refused = replace(OUTLET, notice=NoticeView("refused", START, "the card is blocked", "en"))
    assert for_everybody(refused, offer_receipts=True) == refused


async def shown(page: House, **headers: str) -> tuple[Any, Any]:
    """Return what is told of the first outlet, asked for and told by itself."""
    _, asked = await page.get("/api/v1/outlets", **headers)
    async with page.ask("GET", "/api/v1/live", headers=headers) as answer:
        told = await next_of(events_of(answer), "outlets")
    assert told == asked
    outlet = asked["outlets"][0]
    return outlet.get("last_receipt", ""), (outlet.get("notice") or {}).get("text")


async def test_who_is_elsewhere_is_not_told_which_receipt_is_the_last(tmp_path: Path) -> None:
    async with house(tmp_path, look=Told, names=("station.example",)) as page:
        for headers in (AFAR, {"Host": "station.example"}, {"Via": "1.1 proxy"}):
            assert await shown(page, **headers) == ("", None)


async def test_a_kiosk_and_operators_are(tmp_path: Path) -> None:
    async with house(tmp_path, look=Told) as page:
        assert await shown(page) == ("tx-1", WORDS)
        assert await shown(page, **AFAR, **page.token()) == ("tx-1", WORDS)
        await page.login()
        assert await shown(page, **AFAR) == ("tx-1", WORDS)


async def test_receipts_are_offered_to_everybody_if_the_settings_say_so_and_words_never(tmp_path: Path) -> None:
    async with house(tmp_path, look=Told, offer_receipts="everybody") as page:
        assert await shown(page, **AFAR) == ("tx-1", None)


async def test_an_operators_look_from_elsewhere_ends_with_his_session(tmp_path: Path) -> None:
    async with house(tmp_path, look=Told) as page, page.place.open():
        await page.login()
        async with page.ask("GET", "/api/v1/live", headers=AFAR) as answer:
            await next_of(events_of(answer), "outlets")
            await page.post("/api/v1/logout")
            async with asyncio.timeout(10):
                while await answer.content.readline():
                    pass
