"""QR codes as pictures, drawn beside the loop and kept for a while."""

import io
from typing import Final

from station.web.problems import too_many
from station.web.workshop import Workshop

MOST_KEPT: Final = 16
MOST_PENDING: Final = 4
"""A browser asks for five at once. Whatever else has to be done beside the loop, such as a login, waits for them."""
RETRY_S: Final = 2.0
QUIET: Final = 4
"""Light modules around it, as ISO/IEC 18004 wants."""
SCALE: Final = 4


class Pictures:
    """Draws each text once."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._kept: dict[str, bytes] = {}

    async def qr(self, text: str) -> bytes:
        """Return an SVG, dark on light, with medium error correction; ProblemError if too much waits to be done."""
        if text not in self._kept:
            if self._workshop.pending > MOST_PENDING:
                raise too_many("too many pictures are asked for at once; wait, then try again", wait_s=RETRY_S)
            # Half a second on a small computer.
            self._kept[text] = await self._workshop.do(_draw, text)
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return self._kept[text]


def _draw(text: str) -> bytes:
    import segno  # late: many pages have no picture

    picture = io.BytesIO()
    segno.make_qr(text, error="m").save(picture, kind="svg", border=QUIET, scale=SCALE, light="white")
    return picture.getvalue()
