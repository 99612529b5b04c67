"""Why the station starts, as far as what the last run left behind tells (BootReasonEnumType)."""

from dataclasses import dataclass

from ocpp.v201.enums import BootReasonEnumType

WATCHDOG = "watchdog"
"""What systemd calls the end of a service that gave no sign of life any more (systemd.exec(5), $SERVICE_RESULT)."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the daemon, as it notes it down for the next."""

    boot_id: str
    """The kernel's; a new one whenever the computer starts."""
    version: str
    ended: bool = False
    """In good order."""


def boot_reason(before: Run | None, now: Run, *, told: str = "", service_result: str = "") -> BootReasonEnumType:
    """Return what BootNotification says. `told`: the reason by which the last run replaced itself, if it did."""
    if told:
        return BootReasonEnumType(told) if told in set(BootReasonEnumType) else BootReasonEnumType.unknown
    if before is None:
        return BootReasonEnumType.power_up
    if before.version != now.version:
        return BootReasonEnumType.firmware_update
    if before.boot_id != now.boot_id:
        return BootReasonEnumType.power_up
    if service_result == WATCHDOG:
        return BootReasonEnumType.watchdog
    return BootReasonEnumType.local_reset if before.ended else BootReasonEnumType.application_reset
