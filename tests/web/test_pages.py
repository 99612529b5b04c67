"""The files of the pages: what they weigh, what they must not contain, and that no word is missing."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from station import texts
from station.core.why_codes import Code, Standing, Step
from station.hardware.ports import Notice, PilotLetter
from station.local.views import Activity
from station.web.assets import FOLDER

PAGES = {
    "drivers": ("index.html", "js/driver/main.js"),
    "receipt": ("receipt.html", "js/receipt/main.js"),
    "operators": ("operator.html", "js/operator/main.js"),
}
CHARTS = ("vendor/uPlot.iife.min.js", "vendor/uPlot.min.css")
"""Loaded when charts are opened."""
UPLOT_SHA256 = "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"
MOST_BYTES = 150_000
IMPORT = re.compile(r'from "(\.{1,2}/[\w./-]+)"')
LINKED = re.compile(r'(?:href|src)="[./]*static/([\w./-]+)"')
KEY = re.compile(r'[^\w./`-]["`]((?:[a-z_]+\.)[\w.-]+)["`]')
SOURCES = sorted(
    path for path in FOLDER.rglob("*") if path.suffix in (".js", ".html", ".css") and "vendor" not in path.parts
)


@cache
def modules(name: str) -> frozenset[str]:
    """Return a module and all that it imports."""
    path = FOLDER / name
    found = {name}
    for other in IMPORT.findall(path.read_text()):
        found |= modules((path.parent / other).resolve().relative_to(FOLDER).as_posix())
    return frozenset(found)


def files(page: str) -> Iterator[bytes]:
    """Return all that a page loads before somebody opens charts."""
    html, script = PAGES[page]
    for name in {html, *LINKED.findall((FOLDER / html).read_text()), *modules(script)}:
        yield (FOLDER / name).read_bytes()
    yield max((catalogue(language) for language in texts.LANGUAGES), key=len)


def catalogue(language: str) -> bytes:
    return json.dumps(dict(texts.catalogue(language)), ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_weighs_little(page: str) -> None:
    assert sum(map(len, files(page))) <= MOST_BYTES


@pytest.mark.parametrize("page", PAGES)
def test_a_page_with_charts_weighs_little_on_the_way(page: str) -> None:
    charts = [(FOLDER / name).read_bytes() for name in CHARTS]
    assert sum(len(gzip.compress(one)) for one in (*files(page), *charts)) <= MOST_BYTES / 2


def test_every_module_is_part_of_a_page() -> None:
    known = {name for _, script in PAGES.values() for name in modules(script)}
    assert known == {path.relative_to(FOLDER).as_posix() for path in SOURCES if path.suffix == ".js"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_nothing_is_loaded_from_elsewhere_and_nothing_is_read_as_html(path: Path) -> None:
    source = path.read_text().replace("http://www.w3.org/2000/svg", "")
    for forbidden in (
        "http:",
        "https:",
        "//cdn",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ):
        assert forbidden not in source
    if path.suffix == ".html":
        assert re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)", source) is None


def test_vendored_code_is_as_it_was_published_and_has_its_licence() -> None:
    code = (FOLDER / CHARTS[0]).read_bytes()
    assert code.startswith(b"/*! https://github.com/leeoniya/uPlot (v1.6.32) */")
    assert hashlib.sha256(code).hexdigest() == UPLOT_SHA256
    assert "MIT License" in (FOLDER / "vendor/uPlot.LICENSE").read_text()


def test_both_languages_say_the_same_things_with_the_same_placeholders() -> None:
    english, german = texts.catalogue("en"), texts.catalogue("de")
    assert english.keys() == german.keys()
    placeholders = re.compile(r"\{\w+\}")
    assert [
        key for key in english if set(placeholders.findall(english[key])) != set(placeholders.findall(german[key]))
    ] == []


def test_every_text_that_a_page_asks_for_is_there() -> None:
    asked = {key for path in SOURCES for key in KEY.findall(" " + path.read_text())}
    plain = {key for key in asked if not key.endswith((".js", ".css", ".svg", ".html")) and "$" not in key}
    prefixes = {key.split(".")[0] for key in texts.catalogue("en")}
    assert sorted(key for key in plain if key.split(".")[0] in prefixes and key not in texts.catalogue("en")) == []


def test_every_value_that_a_page_may_be_told_has_a_text() -> None:
    wanted = [
        *(f"activity.{one}" for one in Activity),
        *(f"activity.{one}.next" for one in Activity),
        *(f"notice.{one}" for one in Notice),
        *(f"step.{one}" for one in Step),
        *(f"standing.{one}" for one in Standing),
        *(f"pilot.{one}" for one in PilotLetter),
        *(f"why.{one}{end}" for one in Code for end in ("", ".remedy", ".driver")),
    ]
    assert [key for key in wanted if key not in texts.catalogue("en")] == []


def test_no_text_of_the_pages_is_for_nobody() -> None:
    source = "".join(path.read_text() for path in SOURCES)
    own = json.loads((Path(texts.__file__).parent / "web.en.json").read_text())
    computed = re.compile(
        r"(activity|notice|step|standing|pilot|connector|panel|counter|act|level|direction|charts|messages|csms|receipt\.law|receipt\.yourself|outlet)\."
    )
    assert [key for key in own if key not in source and not computed.match(key)] == []


def test_drivers_read_no_placeholders_that_the_page_cannot_fill() -> None:
    usual = set(
        re.findall(
            r'"(\w+)"',
            re.search(r"const USUAL = new Set\(\[(.*?)\]\)", (FOLDER / "js/driver/outlet.js").read_text(), re.DOTALL)[
                1
            ],
        )
    )  # type: ignore[index]
    assert usual <= set(Code)
    shown = {code: texts.say("en", f"why.{code}.driver", seconds=1) for code in usual}
    assert all(shown.values())
    with_placeholder = [code for code in Code if "{" in texts.catalogue("en")[f"why.{code}.driver"]]
    assert [code for code in with_placeholder if code not in usual] == []
