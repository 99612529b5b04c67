"""What drivers are told is logged without their texts, and the last notice is kept per EVSE."""

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from station.hardware.display import LogDisplay, ShownNotice
from station.hardware.ports import DriverNotice, Notice

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


def test_the_last_notice_of_each_evse_is_kept_with_its_time():
    times = [NOON.replace(minute=minute) for minute in range(4)]
    display = LogDisplay(iter(times).__next__)
    notices = [
        DriverNotice(Notice.CHECKING, 1),
        DriverNotice(Notice.CHOOSE),
        DriverNotice(Notice.ACCEPTED, 1),
        DriverNotice(Notice.PLUG_IN, 2),
    ]
    for notice in notices:
        display.show(notice)
    assert dict(display.last) == {
        1: ShownNotice(notices[2], times[2]),
        None: ShownNotice(notices[1], times[1]),
        2: ShownNotice(notices[3], times[3]),
    }


def test_what_is_kept_cannot_be_changed_by_who_looks():
    display = LogDisplay(lambda: NOON)
    with pytest.raises(TypeError):
        display.last[1] = None


def test_the_log_tells_what_was_told_but_not_the_text():
    with capture_logs() as logs:
        LogDisplay(lambda: NOON).show(DriverNotice(Notice.PERSONAL, 2, text="Hello Anna", language="de"))
    (entry,) = logs
    assert (entry["event"], entry["notice"], entry["evse"], entry["language"]) == ("driver_told", "personal", 2, "de")
    assert "Anna" not in str(logs)


@pytest.mark.parametrize("notice", Notice)
def test_every_notice_can_be_shown(notice):
    display = LogDisplay(lambda: NOON)
    display.show(DriverNotice(notice))
    assert display.last[None].notice.notice is notice
