"""What findings mean together."""

import pytest

from station.commands.doctor.findings import Finding, Group, Result, exit_code

GROUP = Group("computer")
OK = GROUP.ok("clock", "it is noon")
WARNING = GROUP.warning("disk", "it fills", "make room")
FAILURE = GROUP.failure("memory", "none", "buy some")
SKIPPED = GROUP.skipped("state folder", "nobody may look")


def test_a_finding_knows_its_group_and_its_remedy():
    assert Finding("computer", "disk", Result.WARNING, "it fills", "make room") == WARNING
    assert (OK.remedy, SKIPPED.remedy) == ("", "")


@pytest.mark.parametrize(
    ("findings", "code"),
    [([], 0), ([OK, SKIPPED], 0), ([OK, WARNING], 2), ([WARNING, FAILURE, OK], 1), ([FAILURE], 1)],
)
def test_the_worst_of_all_is_the_exit_code(findings, code):
    assert exit_code(findings) == code
