"""The report as a page to be printed."""

import re

from station.commands.doctor.findings import Result
from station.commands.report.page import BLANKS, STYLE, as_html
from tests.commands.report.made import KEY, METER, OUTLET, Page, report


def test_everything_that_matters_stands_in_it():
    page = Page(as_html(report()))
    for part in (
        "Commissioning report of STATION-1",
        "2026-12-01 12:00:00 UTC",
        "Ada <ada@example>",
        "Tests & Sons, House",
        "bsm-station 0.1.0",
        "cafe",
        "EVSE 1: DE*ABC*E1",
        "BAUER Electronic BSM-WS36A, serial 001BZR1521070001",
        "meter 1.9, communication abc; certified",
        "11b4",
        KEY,
        f"oca:base16:asn1:{KEY}",
        METER.fingerprint,
        "https://station.example/?evse=1",
        "computer, disk",
        "<full>",
        "make room",
        "csms.password",
        "***",
        *BLANKS,
    ):
        assert part in page.text, part


def test_it_loads_nothing_and_runs_nothing():
    html = as_html(report())
    page = Page(html)
    assert page.loaded == []
    assert "script" not in page.tags
    assert not re.search(r"url\(|@import", html)
    assert "http" not in STYLE


def test_whatever_stands_in_it_is_text():
    nasty = "<script>alert(1)</script>"
    page = Page(as_html(report(identity=nasty, made_by=nasty, settings={"a": nasty})))
    assert "script" not in page.tags
    assert page.text.count(nasty) == 5


def test_results_are_told_in_words():
    text = Page(as_html(report())).text
    assert f"{Result.OK} : right" in text
    assert f"{Result.FAILURE} : <full>" in text


def test_an_outlet_without_a_meter_says_so():
    from dataclasses import replace

    page = Page(as_html(report(outlets=(replace(OUTLET, meter=None, page=""),))))
    assert "not met yet" in page.text
    unfit = Page(as_html(report(outlets=(replace(OUTLET, meter=replace(METER, unfit="development mode")),))))
    assert "development mode" in unfit.text
