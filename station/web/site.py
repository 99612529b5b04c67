"""What the handlers of requests work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from station.local.views import OutletView, StationView
from station.settings import WebSettings
from station.web.audience import for_everybody

if TYPE_CHECKING:
    from station.local.acts import Acts
    from station.local.history import History
    from station.local.look import Look
    from station.local.rings import Events, Frames
    from station.receipts.desk import ReceiptDesk
    from station.web.access import Access
    from station.web.assets import Assets
    from station.web.kept_receipts import KeptReceipts
    from station.web.limits import Limiter
    from station.web.live import Live
    from station.web.pictures import Pictures
    from station.web.workshop import Workshop

FRESH_S: Final = 0.5
"""However many ask, the station is looked at so often and no oftener."""


class Snapshots:
    """What everybody sees, worked out once for all who ask at about the same time."""

    def __init__(self, look: "Look", time: Callable[[], float], *, offer_receipts: bool) -> None:
        """`offer_receipts`: everybody is told which receipt is the last one."""
        self._look, self._time, self._offer_receipts = look, time, offer_receipts
        self._outlets: tuple[float, tuple[OutletView, ...]] | None = None
        self._station: tuple[float, StationView] | None = None

    def outlets(self) -> tuple[OutletView, ...]:
        """Return all EVSEs, for who stands before them."""
        now_s = self._time()
        if self._outlets is None or now_s - self._outlets[0] >= FRESH_S:
            self._outlets = now_s, self._look.outlets()
        return self._outlets[1]

    def public_outlets(self) -> tuple[OutletView, ...]:
        """Return all EVSEs, for everybody."""
        return tuple(for_everybody(outlet, offer_receipts=self._offer_receipts) for outlet in self.outlets())

    def station(self) -> StationView:
        """Return the whole station."""
        now_s = self._time()
        if self._station is None or now_s - self._station[0] >= FRESH_S:
            self._station = now_s, self._look.station()
        return self._station[1]

    def forget(self) -> None:
        """Look anew: something was done."""
        self._outlets = self._station = None


@dataclass(frozen=True, slots=True)
class Site:
    """All that is shown, and who may see and do it."""

    settings: WebSettings
    look: "Look"
    acts: "Acts"
    history: "History"
    receipts: "ReceiptDesk"
    kept_receipts: "KeptReceipts"
    events: "Events"
    frames: "Frames"
    access: "Access"
    snapshots: Snapshots
    live: "Live"
    assets: "Assets"
    pictures: "Pictures"
    workshop: "Workshop"
    costly: "Limiter"
    """Of what takes long on a small computer, and everybody may ask for."""
    now: Callable[[], datetime]
