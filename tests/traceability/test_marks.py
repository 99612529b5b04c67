"""Where marks are found."""

import ast

from tests.traceability.marks import marked

SOURCE = """
import pytest
pytestmark = pytest.mark.ocpp("X.1")

@pytest.mark.ocpp("X.2", "X.3")
@pytest.mark.ocpp("X.4")
async def test_plain(): ...

@pytest.mark.parametrize("a", [pytest.param(1, marks=pytest.mark.ocpp("X.5"))])
def test_parameters(): ...

@pytest.mark.ocpp("X.6")
class TestGroup:
    @pytest.mark.other("X.7")
    def test_inside(self): ...

@pytest.mark.ocpp("X.8")
def helper(): ...
"""


def test_marks_are_found_on_tests_parameters_classes_and_modules() -> None:
    assert dict(marked(ast.parse(SOURCE), "ocpp")) == {
        "test_plain": ["X.1", "X.2", "X.3", "X.4"],
        "test_parameters": ["X.1", "X.5"],
        "TestGroup::test_inside": ["X.1", "X.6"],
    }
