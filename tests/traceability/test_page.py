"""docs/traceability.md says what is so."""

import re

from tests.traceability.marks import covered
from tests.traceability.page import PAGE, ROOT, compose, reasons, requirements, uncovered

ID = re.compile(r"([A-P]\d{2}\.)?FR\.\d+|Part4-[\d.]+")


def test_the_committed_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == compose(covered(ROOT)), "run python -m tests.traceability"


def test_every_requirement_has_a_test_or_a_reason() -> None:
    assert uncovered(covered(ROOT)) == []


def test_marks_name_requirements_that_exist() -> None:
    known = {row.id for row in requirements()}
    use_cases = {row.use_case for row in requirements()}
    for requirement, tests in covered(ROOT).items():
        assert ID.fullmatch(requirement), tests
        assert requirement in known or requirement.rpartition(".FR")[0] not in use_cases, (requirement, tests)


def test_reasons_are_given_for_requirements_that_exist() -> None:
    known = {row.id for row in requirements()} | {row.use_case for row in requirements()}
    assert set(reasons()) <= known


def test_a_repetition_refers_to_what_is_repeated_first() -> None:
    rows = {row.id: row for row in requirements()}
    for row in rows.values():
        assert not row.same_as or rows[row.same_as].same_as == "", row
        assert not row.same_as or rows[row.same_as].subject == row.subject, row


def test_what_covers_one_repetition_covers_them_all() -> None:
    page = compose({"E02.FR.07": ["tests/test_numbers.py::test_in_order"]})
    assert "| E01.FR.07 | events are numbered in their order | `test_numbers.py::test_in_order` |" in page
    assert "| E02.FR.07 | events are numbered in their order | as E01.FR.07 |" in page
