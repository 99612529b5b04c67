"""The book of the grid operator's limits: when one began and ended, and what each EVSE was held to.

Whoever runs a station that can be limited (section 14a EnWG) may be asked to show that it obeyed. One line of JSON
for each change, appended to a file that nobody needs a program to read.
"""

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from station.inputs.meanings import GRID_LIMIT_W, InputState, Meaning, grid_limit_amps

NAME: Final = "grid-limits.jsonl"
LARGEST_BYTES: Final = 4 * 1024 * 1024
"""Some twenty thousand changes; the file before that one is kept as well."""

log = structlog.get_logger("station.inputs")


class GridBook:
    """Writes down what inputs of that meaning say. A full disk is told in the log, and stops nothing."""

    def __init__(self, folder: Path, phases: Mapping[int, int], *, now: Callable[[], datetime]) -> None:
        """`phases` of each EVSE; `now` returns aware UTC."""
        self._path = folder / NAME
        self._phases = phases
        self._now = now
        self._began: dict[str, datetime] = {}

    def note(self, state: InputState) -> None:
        """Take a change of an input; those that mean something else are passed over."""
        if state.meaning is not Meaning.LIMIT_4200W:
            return
        now, limits = self._now(), {evse_id: grid_limit_amps(self._phases[evse_id]) for evse_id in state.evse_ids}
        if state.active:
            self._began[state.name] = now
            log.warning("grid_limit_began", input=state.name, limit_w=GRID_LIMIT_W, limits_amps=limits)
        elif began := self._began.pop(state.name, None):
            log.info("grid_limit_ended", input=state.name, lasted_s=round((now - began).total_seconds()))
        self._write(
            {
                "at": now.isoformat(timespec="milliseconds"),
                "input": state.name,
                "active": bool(state.active),
                "because": state.error or "contact",
                "limit_w": GRID_LIMIT_W if state.active else None,
                "limits_amps": {str(evse_id): amps for evse_id, amps in limits.items()} if state.active else {},
            }
        )

    def _write(self, line: dict[str, object]) -> None:
        try:
            if self._path.exists() and self._path.stat().st_size >= LARGEST_BYTES:
                self._path.replace(self._path.with_suffix(".1.jsonl"))
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            log.error("grid_limit_not_kept", path=str(self._path), error=error.strerror)
