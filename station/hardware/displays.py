"""Several displays as one, and none."""

import structlog

from station.hardware.places import DisplayPlace
from station.hardware.ports import Display, DriverNotice

log = structlog.get_logger("station.display")


class NoDisplay:
    """There is no display; drivers are told in the log and on the status page, as always."""

    def __init__(self, _place: DisplayPlace) -> None: ...

    def show(self, notice: DriverNotice) -> None:
        """Show nothing."""


class Displays:
    """Tells all of them; one that fails is heard of in the log, and nobody waits for it."""

    def __init__(self, *displays: Display) -> None:
        self._displays = displays

    def show(self, notice: DriverNotice) -> None:
        """Show a notice wherever that can be done."""
        for display in self._displays:
            try:
                display.show(notice)
            except Exception as error:  # noqa: BLE001 a display that fails must not stop who charges
                log.error("display_failed", display=type(display).__name__, error=repr(error))
