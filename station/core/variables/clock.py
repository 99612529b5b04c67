"""ClockCtrlr: what time it is, and who says so."""

from datetime import datetime

from station.core.datatypes import Instant, SequenceList
from station.core.variables.row import READ_ONLY, SECONDS, Variable

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
DATE_TIME = Variable("ClockCtrlr", "DateTime", Instant(), EPOCH, mutability=READ_ONLY)
TIME_SOURCE = Variable(
    "ClockCtrlr",
    "TimeSource",
    SequenceList(("Heartbeat", "NTP", "RealTimeClock"), may_be_empty=False),
    ("Heartbeat",),
)
TIME_ADJUSTMENT_REPORTING_THRESHOLD = Variable(
    "ClockCtrlr", "TimeAdjustmentReportingThreshold", SECONDS, 20, unit="s"
)
