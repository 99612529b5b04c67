"""Receipts, for operators."""

import asyncio
from itertools import chain
from typing import Final

from aiohttp import web

from station.receipts.desk import MOST
from station.receipts.views import ReceiptView, VerdictView
from station.web.answers import Receipts
from station.web.asking import JSON, Ask, File, Parameter, Route
from station.web.places import NUMBER, needed
from station.web.routes_public import XML
from station.web.site import Site

CSV: Final = "text/csv; charset=utf-8"
WRITE_S: Final = 10.0
_BEFORE: Final = Parameter("before", int, "Only those with a smaller number.", least=1)
_LIMIT: Final = Parameter("limit", int, "So many at most.", least=1, most=MOST, default=50)


def receipts(site: Site, ask: Ask) -> Receipts:
    return Receipts(site.receipts.summaries(ask.values["before"], ask.values["limit"]))


def receipt(site: Site, ask: Ask) -> ReceiptView:
    return needed(site.receipts.receipt(ask.values["number"]))


def verdict(site: Site, ask: Ask) -> VerdictView:
    return needed(site.receipts.verdict(ask.values["number"]))


def safe_xml(site: Site, ask: Ask) -> File:
    which = ask.values["number"]
    return File(needed(site.receipts.safe_xml(which)), XML, f"receipt-{which}.xml")


def chargy(site: Site, ask: Ask) -> File:
    which = ask.values["number"]
    return File(needed(site.receipts.chargy(which)), JSON, f"receipt-{which}.chargy.json")


async def table(site: Site, ask: Ask) -> web.StreamResponse:
    pieces = site.receipts.csv()
    first = next(pieces, b"")  # before the answer has begun, so that an error can still be told
    response = web.StreamResponse(
        headers={"Content-Type": CSV, "Content-Disposition": 'attachment; filename="receipts.csv"'}
    )
    await response.prepare(ask.request)
    for piece in chain([first], pieces):
        async with asyncio.timeout(WRITE_S):
            await response.write(piece)
        await asyncio.sleep(0)  # a session takes milliseconds; others want to work between thousands of them
    return response


ROUTES = (
    Route("GET", "/api/v1/receipts", receipts, "Sessions, the newest first.", query=(_BEFORE, _LIMIT)),
    Route("GET", "/api/v1/receipts.csv", table, "All sessions as a table.", media=CSV),
    *(
        Route("GET", f"/api/v1/receipts/{{number}}{end}", handler, about, path_parameters=(NUMBER,), media=media)
        for end, handler, about, media in (
            ("", receipt, "A session with its signed records.", JSON),
            ("/verdict", verdict, "What is to be thought of its records, check by check.", JSON),
            (".xml", safe_xml, "The session as S.A.F.E. XML.", XML),
            (".chargy.json", chargy, "The session as Chargy JSON.", JSON),
        )
    ),
)
