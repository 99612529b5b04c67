"""The table says how each case went."""

from tests.conformance.cases import Case
from tests.conformance.table import Verdict, rows


def test_each_case_has_a_line_and_the_totals_follow() -> None:
    cases = [Case(f"TC_X_{number}_CS", "X", f"Title {number}", "") for number in range(4)]
    verdicts = {
        "TC_X_0_CS": Verdict("passed"),
        "TC_X_1_CS": Verdict("failed"),
        "TC_X_2_CS": Verdict("skipped", "no such hardware"),
    }
    assert list(rows(cases, verdicts)) == [
        "TC_X_0_CS  passed   Title 0",
        "TC_X_1_CS  failed   Title 1",
        "TC_X_2_CS  skipped  Title 2 (no such hardware)",
        "TC_X_3_CS  missing  Title 3",
        "",
        "4 cases: 1 failed, 1 missing, 1 passed, 1 skipped",
    ]
