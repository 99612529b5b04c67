"""No case is forgotten."""

import pytest

from tests.conformance.cases import SKIPPED, cases
from tests.traceability.marks import covered
from tests.traceability.page import ROOT, requirements


@pytest.mark.parametrize(
    "reason",
    [pytest.param(reason, id=case, marks=pytest.mark.conformance(case)) for case, reason in SKIPPED.items()],
)
def test_what_the_hardware_cannot_have(reason: str) -> None:
    pytest.skip(reason)


def test_every_case_has_one_test_named_by_its_id_or_a_reason() -> None:
    tests = covered(ROOT, mark="conformance")
    for case in cases():
        assert (case.id in tests) is not (case.id in SKIPPED), case
    for name, found in tests.items():
        assert [test.rpartition("::")[2] for test in found] == [f"test_{name.lower()}"]
    assert set(tests) | set(SKIPPED) == {case.id for case in cases()}


def test_every_test_covers_some_of_the_requirements_of_its_case() -> None:
    by_test: dict[str, set[str]] = {}
    for requirement, names in covered(ROOT).items():
        for name in names:
            by_test.setdefault(name.rpartition("::")[2], set()).add(requirement)
    ours = {requirement.id for requirement in requirements()}
    for case in cases():
        wanted = ours & set(case.requirements.split())
        if wanted and case.id not in SKIPPED:
            assert by_test[f"test_{case.id.lower()}"] & wanted, case
