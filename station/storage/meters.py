"""The meter of each EVSE: which one is known there, and which ones were before."""

from dataclasses import dataclass
from datetime import datetime

from station.storage.database import Database, instant_of, text_of

COLUMNS = "serial, public_key, met_at, confirmed_at, clock_updated_at"
SAME = "(serial, public_key) IS (excluded.serial, excluded.public_key)"


@dataclass(frozen=True, slots=True)
class KnownMeter:
    """The meter that an EVSE is known to have."""

    serial: str
    public_key: bytes
    """DER SubjectPublicKeyInfo."""
    met_at: datetime
    confirmed_at: datetime | None
    """When an operator said that it is the one; None if it was the first that was met."""
    clock_updated_at: datetime | None
    """When the station gave it the time; None if it never did."""


@dataclass(frozen=True, slots=True)
class PastMeter:
    """A meter that counted at an EVSE, until the next one of that EVSE did."""

    evse_id: int
    serial: str
    public_key: bytes
    since: datetime
    confirmed: bool
    """By an operator."""


class Meters:
    """Remembers one meter an EVSE, and never forgets that it did: the database itself keeps the history."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, evse_id: int) -> KnownMeter | None:
        """Return the meter that counts at an EVSE; None before the first one was met."""
        row = self._database.execute(
            f"SELECT {COLUMNS} FROM meters WHERE evse_id = ?",  # noqa: S608
            (evse_id,),
        ).fetchone()
        if row is None:
            return None
        serial, public_key, met_at, confirmed_at, clock_updated_at = row
        return KnownMeter(
            serial,
            public_key,
            instant_of(met_at),
            instant_of(confirmed_at) if confirmed_at else None,
            instant_of(clock_updated_at) if clock_updated_at else None,
        )

    def remember(self, evse_id: int, serial: str, public_key: bytes, at: datetime) -> None:
        """Take a meter for the one of this EVSE from now on; nothing changes if it is that already."""
        self._database.execute(
            "INSERT INTO meters (evse_id, serial, public_key, met_at) VALUES (?, ?, ?, ?)"  # noqa: S608
            " ON CONFLICT (evse_id) DO UPDATE SET serial = excluded.serial, public_key = excluded.public_key,"
            f" met_at = excluded.met_at, confirmed_at = NULL, clock_updated_at = NULL WHERE NOT {SAME}",
            (evse_id, serial, public_key, text_of(at)),
        )

    def confirm(self, evse_id: int, serial: str, public_key: bytes, at: datetime) -> None:
        """Take a meter for the one of this EVSE because an operator says so."""
        self._database.execute(
            "INSERT INTO meters (evse_id, serial, public_key, met_at, confirmed_at) VALUES (?, ?, ?, ?, ?)"  # noqa: S608
            " ON CONFLICT (evse_id) DO UPDATE SET serial = excluded.serial, public_key = excluded.public_key,"
            f" confirmed_at = excluded.confirmed_at, met_at = CASE WHEN {SAME} THEN met_at ELSE excluded.met_at END,"
            f" clock_updated_at = CASE WHEN {SAME} THEN clock_updated_at END",
            (evse_id, serial, public_key, text_of(at), text_of(at)),
        )

    def forget(self, evse_id: int) -> None:
        """Let the next meter that is met at this EVSE count; the history stays."""
        self._database.execute("DELETE FROM meters WHERE evse_id = ?", (evse_id,))

    def clock_updated(self, evse_id: int, at: datetime) -> None:
        """Remember that the meter was given the time; nothing to do if no meter is known."""
        self._database.execute("UPDATE meters SET clock_updated_at = ? WHERE evse_id = ?", (text_of(at), evse_id))

    def history(self) -> tuple[PastMeter, ...]:
        """Return every meter that ever counted, in the order in which they came."""
        rows = self._database.execute(
            "SELECT evse_id, serial, public_key, since, confirmed FROM meter_history ORDER BY number"
        )
        return tuple(
            PastMeter(evse_id, serial, public_key, instant_of(since), bool(confirmed))
            for evse_id, serial, public_key, since, confirmed in rows
        )
