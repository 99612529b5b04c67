"""docs/device-model.md lists the variables that there are, and says of each what it does."""

from station.core.variables import TABLE
from tests.model_table import DOCUMENT, ROW, label, updated

TEXT = DOCUMENT.read_text("utf-8")


def test_the_document_and_the_table_of_variables_are_the_same():
    assert updated(TEXT) == TEXT, "run python -m tests.model_table"


def test_every_variable_is_described():
    described = {match["name"] for match in ROW.finditer(TEXT) if match["does"].strip()}
    assert {label(row) for row in TABLE} <= described
    assert sum(1 for _ in ROW.finditer(TEXT)) == len(TABLE)
