"""What everybody sees is worked out once for all who ask at about the same time."""

from pathlib import Path

from station.local.look import Look
from station.local.views import OutletView, StationView
from station.web.site import FRESH_S, Snapshots
from tests.local.place import Place
from tests.web.house import house


class Counted(Look):
    """Counts how often it was looked."""

    outlets_seen = stations_seen = 0

    def outlets(self) -> tuple[OutletView, ...]:
        self.outlets_seen += 1
        return super().outlets()

    def station(self) -> StationView:
        self.stations_seen += 1
        return super().station()


async def test_half_a_second_long_everybody_sees_the_same(tmp_path: Path) -> None:
    place, now_s = Place(tmp_path), 100.0
    look = Counted(place.parts)
    snapshots = Snapshots(look, lambda: now_s, offer_receipts=False)
    assert snapshots.outlets() is snapshots.outlets()
    assert snapshots.station() is snapshots.station()
    assert (look.outlets_seen, look.stations_seen) == (1, 1)
    now_s += FRESH_S
    snapshots.outlets()
    snapshots.station()
    assert (look.outlets_seen, look.stations_seen) == (2, 2)
    snapshots.forget()
    snapshots.outlets()
    snapshots.station()
    assert (look.outlets_seen, look.stations_seen) == (3, 3)
    place.database.close()


async def test_after_an_act_everything_is_looked_at_anew(tmp_path: Path) -> None:
    async with house(tmp_path, look=Counted) as page:
        assert isinstance(page.look, Counted)
        await page.login()
        await page.get("/api/v1/status")
        before = page.look.stations_seen
        await page.post("/api/v1/reset")
        await page.get("/api/v1/status")
        assert page.look.stations_seen == before + 1
