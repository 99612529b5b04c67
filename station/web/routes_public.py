"""What everybody may see: the station, its outlets, why they do not charge, and the receipt of whoever has its id."""

from aiohttp import web

from station import texts
from station.core.why_codes import Explanation
from station.receipts.views import PublicReceipt
from station.web.answers import DriverWhy, First, OperatorWhy, Outlets, PublicStation
from station.web.asking import EVENT_STREAM, JSON, Ask, File, May, Route
from station.web.audience import Audience
from station.web.places import EVSE, TRANSACTION, address_of, evse_of, needed
from station.web.site import Site

SVG = "image/svg+xml"
XML = "application/xml"
OCA_KEY = "oca:base16:asn1:"
"""How the Open Charge Alliance writes a public key, followed by its DER form in hexadecimal."""


def station(site: Site, _ask: Ask) -> PublicStation:
    seen = site.snapshots.station()
    return PublicStation(
        identity=seen.identity,
        vendor_name=seen.vendor_name,
        model=seen.model,
        version=seen.version,
        now=site.now(),
        language=site.settings.language,
        languages=texts.LANGUAGES,
        tariff=site.settings.tariff,
        operator_password_set=site.access.has_password,
    )


def outlets(site: Site, ask: Ask) -> Outlets:
    return Outlets(site.snapshots.outlets() if ask.near else site.snapshots.public_outlets())


async def live(site: Site, ask: Ask) -> web.StreamResponse:
    operator, audience = ask.operator, Audience.NEAR if ask.near else Audience.EVERYBODY
    if ask.local or operator is None:
        return await site.live.serve(ask.request, address=ask.address, audience=audience)
    return await site.live.serve(
        ask.request, address=ask.address, audience=audience, still=lambda: site.access.still(operator)
    )


def why(site: Site, ask: Ask) -> DriverWhy | OperatorWhy:
    explanation = site.look.why(evse_of(site, ask))
    first = _first(explanation)
    if ask.operator is None:
        return DriverWhy(explanation.evse_id, explanation.charging, first)
    return OperatorWhy(explanation.evse_id, explanation.charging, explanation.links, first)


def receipt(site: Site, ask: Ask) -> PublicReceipt:
    return needed(site.kept_receipts.public(ask.values["transaction_id"]))


def receipt_xml(site: Site, ask: Ask) -> File:
    which = ask.values["transaction_id"]
    return File(needed(site.receipts.safe_xml(which)), XML, f"receipt-{which}.xml")


def receipt_json(site: Site, ask: Ask) -> File:
    which = ask.values["transaction_id"]
    return File(needed(site.receipts.chargy(which)), JSON, f"receipt-{which}.chargy.json")


async def receipt_qr(site: Site, ask: Ask) -> File:
    which = ask.values["transaction_id"]
    needed(site.receipts.receipt(which))
    page = f"{address_of(site, ask)}/receipt/{which}"
    return File(await site.pictures.qr(page), SVG)


async def key_qr(site: Site, ask: Ask) -> File:
    evse_id = evse_of(site, ask)
    key = next(outlet.public_key for outlet in site.snapshots.outlets() if outlet.evse_id == evse_id)
    text = needed(key, "the meter has not been met yet; wait until it has answered")
    return File(await site.pictures.qr(OCA_KEY + text), SVG)


async def url_qr(site: Site, ask: Ask) -> File:
    page = f"{address_of(site, ask)}/?evse={evse_of(site, ask)}"
    return File(await site.pictures.qr(page), SVG)


def _first(explanation: Explanation) -> First | None:
    link = explanation.first
    return None if link is None else First(link.code, link.standing)


ROUTES = (
    Route("GET", "/api/v1/station", station, "Which station this is, and what it costs.", May.ANYBODY),
    Route(
        "GET",
        "/api/v1/outlets",
        outlets,
        "All EVSEs; `last_receipt` and messages of the CSMS to a driver only where he stands.",
        May.ANYBODY,
    ),
    Route(
        "GET",
        "/api/v1/live",
        live,
        "The same as it changes: at once, then at most once a second.",
        May.ANYBODY,
        media=EVENT_STREAM,
        events={"outlets": Outlets},
    ),
    Route(
        "GET",
        "/api/v1/outlets/{id}/why",
        why,
        "Why an EVSE does not charge; operators are told every link of the chain.",
        May.ANYBODY,
        (EVSE,),
    ),
    Route(
        "GET",
        "/api/v1/outlets/{id}/key.svg",
        key_qr,
        "The public key of an EVSE's meter as QR code, in the form of the Open Charge Alliance.",
        May.ANYBODY,
        (EVSE,),
        media=SVG,
        costly=True,
    ),
    Route(
        "GET",
        "/api/v1/outlets/{id}/url.svg",
        url_qr,
        "The address of an EVSE's page as QR code.",
        May.ANYBODY,
        (EVSE,),
        media=SVG,
        costly=True,
    ),
    *(
        Route(
            "GET",
            f"/api/v1/receipts/public/{{transaction_id}}{end}",
            handler,
            about,
            May.ANYBODY,
            (TRANSACTION,),
            media=media,
            costly=True,
        )
        for end, handler, about, media in (
            ("", receipt, "A receipt, for whoever knows its transaction id.", JSON),
            (".xml", receipt_xml, "The receipt as S.A.F.E. XML, for transparency software.", XML),
            (".json", receipt_json, "The receipt as Chargy JSON, for transparency software.", JSON),
            ("/qr.svg", receipt_qr, "The address of the receipt's page as QR code.", SVG),
        )
    ),
)
