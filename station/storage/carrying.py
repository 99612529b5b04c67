"""What of an older copy of a database comes back, and what stays as it is, because only the present one knows it.

An older copy would tell the CSMS again what it was told since, take charging for running that has ended, and forget
receipts. So of the same database only what somebody set or learned comes back; what happened stays.
"""

from pathlib import Path
from typing import Final

from station.storage.database import Database
from station.storage.runs import FACT as LAST_RUN

COMES_BACK: Final = (
    "variables",
    "network_profiles",
    "facts",
    "tokens",
    "local_list",
    "inoperative",
    "ocsp_responses",
    "card_names",
)
"""Tables of what was set and learned."""
STAYS: Final = (
    "sessions",
    "outbox",
    "dead_letters",
    "transactions",
    "records",
    "rejected_records",
    "sent_records",
    "deleted_records",
    "waived_records",
    "meters",
    "meter_history",
    "security_log",
    "collected",
    "token_salt",
)
"""Tables of what happened; the salt is what the same database is known by."""


def is_same(database: Database, other: Database) -> bool:
    """Say whether one of two databases was copied from the other, or both from a third."""
    query = "SELECT salt FROM token_salt"
    return bool(database.execute(query).fetchone() == other.execute(query).fetchone())


def take_back(database: Database, copy: Path) -> None:
    """Let come back what was set and learned in an older copy of the same schema, or nothing of it; StorageError."""
    database.execute("ATTACH DATABASE ? AS copy", (str(copy),))
    try:
        with database.transaction():
            for table in COMES_BACK:
                kept = f"name = '{LAST_RUN}'" if table == "facts" else "0"
                database.execute(f"DELETE FROM main.{table} WHERE NOT ({kept})")  # noqa: S608
                database.execute(f"INSERT INTO main.{table} SELECT * FROM copy.{table} WHERE NOT ({kept})")  # noqa: S608
    finally:
        database.execute("DETACH DATABASE copy")
