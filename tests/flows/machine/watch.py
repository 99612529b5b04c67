"""What must never be, looked for when it would be: current or a closed contactor without a signed start."""

from typing import TYPE_CHECKING, Any

from simulators.bench.world import Evse as Outlet
from station.core.records import RecordKind
from station.storage.database import Database
from station.storage.receipts import Receipt, Receipts
from tests.flows.machine.site import EVSES, Site

if TYPE_CHECKING:
    from collections.abc import Callable

WELDED = "contactor_welded"


class Watch:
    """Looks whenever something moves at an outlet of the bench; `seen` are words for what must not be."""

    def __init__(self, site: Site) -> None:
        self.seen: list[str] = []
        self._site = site
        self._was: dict[int, tuple[bool, bool]] = {}
        for number in EVSES:
            self._listen(site.outlet(number))

    def look(self) -> None:
        """Look now, whether or not anything moved."""
        self._was.clear()
        for number in EVSES:
            self._moved(self._site.outlet(number))

    def _listen(self, outlet: Outlet) -> None:
        load: Callable[[Any], None] = outlet.meter.load

        def loaded(currents_a: Any) -> None:
            load(currents_a)
            self._moved(outlet)

        outlet.meter.load = loaded  # type: ignore[method-assign]

    def _moved(self, outlet: Outlet) -> None:
        flows = any(outlet.meter.measuring.currents_a)
        closed = outlet.contactor.closed and WELDED not in outlet.faults
        if (flows, closed) == self._was.get(outlet.id, (False, False)):
            return
        self._was[outlet.id] = flows, closed
        if not flows and not closed:
            return
        with self._site.stored() as database:
            begun = open_receipt(database, outlet.id)
        what = "current" if flows else "a closed contactor"
        if begun is None:
            self.seen.append(f"EVSE {outlet.id}: {what} without a signed start")


def open_receipt(database: Database, evse_id: int) -> Receipt | None:
    """Return the transaction whose begin is signed and stored, and whose end is not."""
    for receipt in Receipts(database).list():
        kinds = {record.kind for record in receipt.records}
        if receipt.evse_id == evse_id and RecordKind.TURN_ON in kinds and RecordKind.TURN_OFF not in kinds:
            return receipt
    return None
