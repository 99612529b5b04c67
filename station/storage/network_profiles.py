"""Network connection profiles, by slot."""

import json

from station.core.network import NetworkProfile
from station.storage.database import Database


class NetworkProfiles:
    """What SetNetworkProfile or the configuration put into each slot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[int, NetworkProfile]:
        """Return the profiles by slot, in the order of slots."""
        rows = self._database.execute("SELECT slot, document FROM network_profiles ORDER BY slot")
        return {slot: NetworkProfile(slot, json.loads(document)) for slot, document in rows}

    def put(self, profile: NetworkProfile) -> None:
        """Keep a profile, instead of the one in its slot; raises StorageError."""
        self._database.execute(
            "INSERT INTO network_profiles VALUES (?, ?)"
            " ON CONFLICT (slot) DO UPDATE SET document = excluded.document",
            (profile.slot, json.dumps(profile.document, ensure_ascii=False)),
        )

    def remove(self, slot: int) -> None:
        """Empty a slot; one that is empty is no error. Raises StorageError."""
        self._database.execute("DELETE FROM network_profiles WHERE slot = ?", (slot,))
