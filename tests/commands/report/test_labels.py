"""Labels: names, keys and codes."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import segno

from station.commands.report.labels import HEIGHT_MM, KEY_LINE, WIDTH_MM, code, label, sheet
from tests.commands.report.made import KEY, METER, OUTLET, Page

SVG = "{http://www.w3.org/2000/svg}"


def drawn(path: str) -> set[tuple[int, int]]:
    """Return the dark modules of a path, the quiet zone counted."""
    return {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path)}


def modules(text: str) -> set[tuple[int, int]]:
    rows = segno.make_qr(text, error="m").matrix_iter(border=4)
    return {(x, y) for y, row in enumerate(rows) for x, dark in enumerate(row) if dark}


def codes(svg: str) -> list[set[tuple[int, int]]]:
    return [drawn(path.get("d", "")) for path in ElementTree.fromstring(svg).iter(f"{SVG}path")]


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_a_label_has_the_name_the_key_to_read_and_both_codes():
    found = texts(label(OUTLET))
    assert found[0] == "DE*ABC*E1"
    assert "Meter 001BZR1521070001: public key" in found
    assert "".join(found[2:6]) == KEY
    assert all(len(line) <= KEY_LINE for line in found[2:6])
    assert found[6] == "https://station.example/?evse=1"
    assert codes(label(OUTLET)) == [modules(METER.public_key_oca), modules(OUTLET.page)]


def test_long_names_are_written_smaller():
    svg = label(replace(OUTLET, name="DE*ABC*" + "E" * 41, page="https://" + "x" * 80 + ".example/?evse=1"))
    sizes = {text.text: float(text.get("font-size", "0")) for text in ElementTree.fromstring(svg).iter(f"{SVG}text")}
    assert all(0 < size * 0.5 * len(text or "") < WIDTH_MM for text, size in sizes.items())


def test_without_a_page_there_is_one_code():
    assert codes(label(replace(OUTLET, page=""))) == [modules(METER.public_key_oca)]


def test_without_a_meter_it_says_so():
    svg = label(replace(OUTLET, meter=None))
    assert "meter not met yet" in texts(svg)
    assert codes(svg) == [modules(OUTLET.page)]


def test_everything_is_inside_of_the_label():
    root = ElementTree.fromstring(label(OUTLET))
    assert (root.get("width"), root.get("height")) == (f"{WIDTH_MM}mm", f"{HEIGHT_MM}mm")
    for text in root.iter(f"{SVG}text"):
        assert 0 < float(text.get("x", "0")) < WIDTH_MM
        assert 0 < float(text.get("y", "0")) < HEIGHT_MM


def test_a_code_fills_the_place_that_it_is_given():
    path = ElementTree.fromstring(code("x", x_mm=3, y_mm=4, size_mm=29))
    transform = path.get("transform", "")
    assert transform == "translate(3 4) scale(1.00000)"  # 21 modules and a quiet zone of 4 around them


def test_a_name_is_text_whatever_it_looks_like():
    assert "<b>&" in texts(label(replace(OUTLET, name='<b>&"')))[0]


def test_a_sheet_has_every_label_and_loads_nothing():
    page = Page(sheet([OUTLET, replace(OUTLET, evse_id=2, name="DE*ABC*E2")], identity="STATION-1"))
    assert page.tags.count("figure") == 2
    assert "DE*ABC*E2" in page.text
    assert page.loaded == []
