"""A text as QR code: on a terminal, and as a picture."""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import segno

QUIET = 4
"""Light modules around it, as ISO/IEC 18004 wants."""
BLACK_ON_WHITE, PLAIN = "\x1b[30;107m", "\x1b[0m"
HALVES = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
"""Two modules, one above the other, make a character; 1 is dark."""


def on_terminal(text: str) -> list[str]:
    """Return lines that show the code dark on light, whatever colours the terminal has.

    With as little error correction as possible, because a screen is clean and low.
    """
    rows = [list(row) for row in _code(text, error="l").matrix_iter(border=QUIET)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    drawn = ("".join(HALVES[bool(a), bool(b)] for a, b in zip(*pair, strict=True)) for pair in pairs)
    return [f"{BLACK_ON_WHITE}{line}{PLAIN}" for line in drawn]


def svg(text: str) -> bytes:
    """Return a picture, dark on light."""
    picture = io.BytesIO()
    _code(text, error="m").save(picture, kind="svg", border=QUIET, scale=4, light="white")
    return picture.getvalue()


def _code(text: str, *, error: str) -> "segno.QRCode":
    import segno  # late: only people want it

    return segno.make_qr(text, error=error)
