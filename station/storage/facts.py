"""Single facts that outlive a start; each name has one owner."""

from station.storage.database import Database


class Facts:
    """Texts by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> str | None:
        """Return a fact; None if it was never told."""
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def put(self, name: str, value: str) -> None:
        """Keep a fact, instead of the one before."""
        self._database.execute(
            "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
        )

    def forget(self, name: str) -> None:
        """Drop a fact; one that is not there is no error."""
        self._database.execute("DELETE FROM facts WHERE name = ?", (name,))
