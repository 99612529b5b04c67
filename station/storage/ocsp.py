"""What OCSP responders said, kept until it is due again (M06.FR.06)."""

from collections.abc import Collection
from datetime import datetime

from station.storage.database import Database, instant_of, text_of


class OcspResponses:
    """Responses (base64) by the fingerprint of their certificate."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, certificate: str, response: str, *, next_update: datetime) -> None:
        """Keep a response, instead of the one before, until it is due."""
        self._database.execute(
            "INSERT INTO ocsp_responses VALUES (?, ?, ?) ON CONFLICT (certificate) DO UPDATE"
            " SET response = excluded.response, next_update = excluded.next_update",
            (certificate, response, text_of(next_update)),
        )

    def get(self, certificate: str) -> str | None:
        """Return the last response."""
        row = self._database.execute(
            "SELECT response FROM ocsp_responses WHERE certificate = ?", (certificate,)
        ).fetchone()
        return row[0] if row else None

    def next_update(self, certificate: str) -> datetime | None:
        """Return when it has to be asked for again; None if it never was."""
        row = self._database.execute(
            "SELECT next_update FROM ocsp_responses WHERE certificate = ?", (certificate,)
        ).fetchone()
        return instant_of(row[0]) if row else None

    def forget_all_but(self, certificates: Collection[str]) -> None:
        """Forget responses about certificates that are no longer there."""
        marks = ", ".join("?" * len(certificates))
        self._database.execute(
            f"DELETE FROM ocsp_responses WHERE certificate NOT IN ({marks})",  # noqa: S608 marks only
            tuple(certificates),
        )
