"""What drivers are told: into the log, and kept for whoever shows it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import structlog

from station.hardware.ports import DriverNotice

log = structlog.get_logger("station.display")


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice and when it came; how long it stays worth showing is for the page to decide."""

    notice: DriverNotice
    at: datetime


class LogDisplay:
    """Tells notices to the log, without their texts, which may name a driver; keeps the last one per EVSE."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """`now` returns aware UTC."""
        self._now = now
        self._last: dict[int | None, ShownNotice] = {}

    @property
    def last(self) -> Mapping[int | None, ShownNotice]:
        """The last notice by EVSE; None stands for those that were meant for no EVSE yet."""
        return MappingProxyType(self._last)

    def show(self, notice: DriverNotice) -> None:
        """Take a notice."""
        self._last[notice.evse_id] = ShownNotice(notice, self._now())
        log.info(
            "driver_told",
            notice=notice.notice.value,
            evse=notice.evse_id,
            text_length=len(notice.text),
            language=notice.language or None,
        )
