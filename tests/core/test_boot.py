"""Why the station starts is told by what the last run left behind."""

from dataclasses import replace

import pytest

from station.core.boot import Run, boot_reason

NOW = Run("boot-2", "1.1.0")
CRASHED = NOW
STOPPED = replace(NOW, ended=True)


@pytest.mark.ocpp("B01.FR.09")
@pytest.mark.parametrize(
    ("before", "service_result", "reason"),
    [
        (None, "", "PowerUp"),
        (replace(CRASHED, boot_id="boot-1"), "", "PowerUp"),
        (replace(STOPPED, boot_id="boot-1"), "success", "PowerUp"),
        (replace(CRASHED, boot_id="boot-1"), "watchdog", "PowerUp"),
        (CRASHED, "", "ApplicationReset"),
        (CRASHED, "core-dump", "ApplicationReset"),
        (CRASHED, "watchdog", "Watchdog"),
        (STOPPED, "success", "LocalReset"),
        (replace(STOPPED, version="1.0.0"), "", "FirmwareUpdate"),
        (replace(STOPPED, version="1.0.0", boot_id="boot-1"), "", "FirmwareUpdate"),
    ],
)
def test_the_reason_follows_from_the_run_before(before: Run | None, service_result: str, reason: str) -> None:
    assert boot_reason(before, NOW, service_result=service_result) == reason


@pytest.mark.ocpp("B01.FR.09")
@pytest.mark.parametrize(
    ("told", "reason"),
    [("RemoteReset", "RemoteReset"), ("ScheduledReset", "ScheduledReset"), ("whatever", "Unknown")],
)
def test_a_run_that_replaced_itself_said_why(told: str, reason: str) -> None:
    assert boot_reason(STOPPED, NOW, told=told) == reason
