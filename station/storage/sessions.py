"""The session of each EVSE as its last step left it."""

from station.storage.database import Database


class Sessions:
    """Keeps one document an EVSE; what is in it is not this layer's business."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, evse_id: int) -> str | None:
        """Return the document, or None if the EVSE never had one."""
        row = self._database.execute("SELECT document FROM sessions WHERE evse_id = ?", (evse_id,)).fetchone()
        return row[0] if row else None

    def save(self, evse_id: int, document: str) -> None:
        """Replace the document."""
        self._database.execute(
            "INSERT INTO sessions (evse_id, document) VALUES (?, ?)"
            " ON CONFLICT (evse_id) DO UPDATE SET document = excluded.document",
            (evse_id, document),
        )
