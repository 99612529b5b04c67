"""Findings and the exit codes that come of them."""

import pytest

from station.meter.evidence.findings import Finding, Outcome, Weight, checked, not_applicable, worst

OK, FAILED, NOT_APPLICABLE = Outcome.OK, Outcome.FAILED, Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("outcome", "weight", "code"),
    [
        (OK, Weight.NOTE, 0),
        (OK, Weight.DOUBT, 0),
        (OK, Weight.DECISIVE, 0),
        (FAILED, Weight.NOTE, 0),
        (FAILED, Weight.DOUBT, 2),
        (FAILED, Weight.DECISIVE, 1),
        (NOT_APPLICABLE, Weight.NOTE, 0),
        (NOT_APPLICABLE, Weight.DOUBT, 0),
        (NOT_APPLICABLE, Weight.DECISIVE, 2),
    ],
)
def test_what_a_failure_means_depends_on_its_weight(outcome: Outcome, weight: Weight, code: int) -> None:
    assert Finding("x", outcome, "", weight).exit_status == code


def test_invalid_is_worse_than_doubtful_and_doubtful_worse_than_fine() -> None:
    fine = checked("a", True, ok="yes", failed="no")
    doubtful = checked("b", False, ok="yes", failed="no")
    invalid = checked("c", False, ok="yes", failed="no", weight=Weight.DECISIVE)
    assert (fine.sentence, doubtful.sentence) == ("yes", "no")
    assert worst([]) == worst([fine, not_applicable("d", "")]) == 0
    assert worst([fine, doubtful]) == 2
    assert worst([doubtful, invalid, fine]) == 1
