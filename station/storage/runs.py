"""How the last run of the daemon went, for the one that follows."""

import json
from dataclasses import asdict

from station.core.boot import Run
from station.storage.database import Database
from station.storage.facts import Facts

FACT = "last_run"


class Runs:
    """Keeps the last run."""

    def __init__(self, database: Database) -> None:
        self._facts = Facts(database)

    def last(self) -> Run | None:
        """Return the last run; None if there was none, or one that noted down something else."""
        text = self._facts.get(FACT)
        try:
            return None if text is None else Run(**json.loads(text))
        except (ValueError, TypeError):
            return None

    def note(self, run: Run) -> None:
        """Keep a run, instead of the one before."""
        self._facts.put(FACT, json.dumps(asdict(run)))
