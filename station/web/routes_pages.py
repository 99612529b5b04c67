"""The pages, their files and texts, and the document that describes all of this."""

import json
from collections.abc import Mapping
from typing import Any, Final

from station import texts
from station.web import openapi
from station.web.asking import JSON, Ask, May, Parameter, Route
from station.web.assets import MEDIA, Asset
from station.web.places import TRANSACTION, needed
from station.web.site import Site

HTML: Final = MEDIA[".html"]
_LANGUAGE: Final = Parameter("language", str, "The language.", pattern="|".join(texts.LANGUAGES))
_NAME: Final = Parameter("name", str, "The path of the file.", pattern="[A-Za-z0-9_./-]{1,100}")


def drivers(site: Site, _ask: Ask) -> Asset:
    return _page(site, "index.html")


def receipt(site: Site, _ask: Ask) -> Asset:
    return _page(site, "receipt.html")


def operator(site: Site, _ask: Ask) -> Asset:
    return _page(site, "operator.html")


def file(site: Site, ask: Ask) -> Asset:
    return needed(site.assets.get(ask.values["name"]), "there is no such file")


def catalogue(site: Site, ask: Ask) -> Asset:
    language = ask.values["language"]
    return site.assets.made(f"texts/{language}", JSON, lambda: _json(dict(texts.catalogue(language))))


def description(site: Site, _ask: Ask) -> Asset:
    from station.web.routes import ROUTES as ALL  # late: this is one of them

    return site.assets.made("openapi", JSON, lambda: _json(openapi.document(ALL)))


def _page(site: Site, name: str) -> Asset:
    return needed(site.assets.get(name), f"{name} is missing in this installation; install the package anew")


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


ROUTES = (
    Route("GET", "/", drivers, "The page for drivers.", May.ANYBODY, media=HTML),
    Route("GET", "/receipt/{transaction_id}", receipt, "A receipt's page.", May.ANYBODY, (TRANSACTION,), media=HTML),
    Route("GET", "/operator", operator, "The page for operators.", May.ANYBODY, media=HTML),
    Route("GET", "/static/{name}", file, "A file of the pages.", May.ANYBODY, (_NAME,), media="*/*"),
    Route(
        "GET",
        "/texts/{language}.json",
        catalogue,
        "The texts of the pages.",
        May.ANYBODY,
        (_LANGUAGE,),
        answer=Mapping[str, str],
    ),
    Route("GET", "/openapi.json", description, "This document.", May.ANYBODY, answer=Mapping[str, Any]),
)
