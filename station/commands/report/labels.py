"""The labels for a station: whose records a meter signs, and where a driver finds the page of an outlet."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from station.commands.report.facts import Outlet

WIDTH_MM: Final = 100
HEIGHT_MM: Final = 69
EDGE_MM: Final = 4
CODE_MM: Final = 36
CODE_TOP_MM: Final = 12
WIDEST: Final = 0.62
WIDEST_BOLD: Final = 0.72
"""How wide a character is on average, in parts of its height."""
KEY_LINE: Final = 46
"""Digits of the key in a line; it has 182."""
STYLE: Final = "body{font-family:sans-serif;margin:10mm}figure{margin:0 0 8mm;break-inside:avoid}svg{display:block}"


def label(outlet: Outlet) -> str:
    """Return the label of an outlet as SVG, in millimetres, black on white."""
    size = f'width="{WIDTH_MM}mm" height="{HEIGHT_MM}mm" viewBox="0 0 {WIDTH_MM} {HEIGHT_MM}"'
    parts = "".join(_parts(outlet))
    inner = f'x="0.1" y="0.1" width="{WIDTH_MM - 0.2}" height="{HEIGHT_MM - 0.2}"'
    frame = f'<rect {inner} fill="white" stroke="black" stroke-width="0.2"/>'
    named = f'role="img" aria-label="{escape(outlet.name)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {named} font-family="sans-serif">{frame}{parts}</svg>'


def sheet(outlets: Iterable[Outlet], *, identity: str) -> str:
    """Return a page with all labels, to be printed."""
    figures = "".join(f"<figure>{label(outlet)}</figure>" for outlet in outlets)
    title = f"Labels of {escape(identity)}"
    head = f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>{figures}</body></html>\n'


def code(text: str, *, x_mm: float, y_mm: float, size_mm: float) -> str:
    """Return a QR code at a place of an SVG, with its quiet zone."""
    rows = _modules(text)
    scale = size_mm / len(rows)
    runs = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return f'<path transform="translate({x_mm} {y_mm}) scale({scale:.5f})" d="{runs}" shape-rendering="crispEdges"/>'


def _parts(outlet: Outlet) -> Iterator[str]:
    yield _text(outlet.name, EDGE_MM, 8, size=_size(outlet.name, 5, WIDEST_BOLD), weight="bold")
    meter = outlet.meter
    if meter is None:
        yield _text("meter not met yet", EDGE_MM, CODE_TOP_MM + 6, size=3)
    else:
        yield code(meter.public_key_oca, x_mm=EDGE_MM - 1, y_mm=CODE_TOP_MM - 2, size_mm=CODE_MM)
        yield _text(f"Meter {meter.serial}: public key", EDGE_MM, HEIGHT_MM - 17, size=2.6)
        lines = [meter.public_key[at : at + KEY_LINE] for at in range(0, len(meter.public_key), KEY_LINE)]
        for number, line in enumerate(lines):
            top = HEIGHT_MM - 13 + 3.4 * number
            yield _text(line, EDGE_MM, top, size=3.2, family="monospace")
    if outlet.page:
        left = WIDTH_MM - EDGE_MM - CODE_MM + 1
        yield code(outlet.page, x_mm=left, y_mm=CODE_TOP_MM - 2, size_mm=CODE_MM)
        yield _text(outlet.page, EDGE_MM, HEIGHT_MM - 20.5, size=_size(outlet.page, 2.6, WIDEST))


def _text(
    text: str,
    x_mm: float,
    y_mm: float,
    *,
    size: float,
    weight: str = "normal",
    family: str = "",
) -> str:
    more = f' font-family="{family}"' if family else ""
    place = f'x="{x_mm}" y="{y_mm}" font-size="{size}" font-weight="{weight}"'
    return f"<text {place}{more}>{escape(text)}</text>"


def _size(text: str, largest: float, width: float) -> float:
    """Return a size of type in which a text fits on the label; `width` of a character at most, in parts of it."""
    return min(largest, round((WIDTH_MM - 2 * EDGE_MM) / (width * max(len(text), 1)), 2))


def _modules(text: str) -> list[list[bool]]:
    import segno  # late: only people want it

    made = segno.make_qr(text, error="m")
    return [[bool(module) for module in row] for row in made.matrix_iter(border=4)]
