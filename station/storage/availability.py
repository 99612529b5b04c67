"""What ChangeAvailability took out of service, over restarts and power cuts (G03.FR.08, G04.FR.09)."""

from station.core.availability import Place
from station.storage.database import Database


class OutOfService:
    """The places that are inoperative."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> frozenset[Place]:
        """Return the inoperative places."""
        rows = self._database.execute("SELECT evse_id, connector_id FROM inoperative")
        return frozenset(Place(*row) for row in rows)

    def add(self, place: Place) -> None:
        """Keep a place out of service; one that is so already is no error."""
        self._database.execute("INSERT OR IGNORE INTO inoperative VALUES (?, ?)", (place.evse_id, place.connector_id))

    def remove(self, place: Place) -> None:
        """Put a place back into service; one that is in service is no error."""
        self._database.execute(
            "DELETE FROM inoperative WHERE evse_id = ? AND connector_id = ?", (place.evse_id, place.connector_id)
        )
