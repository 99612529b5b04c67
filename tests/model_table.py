"""The tables of docs/device-model.md: all cells but the last come from the table of variables.

`python -m tests.model_table` brings the document up to date; what a variable does is written there by hand.
"""

import re
from pathlib import Path

from ocpp.v201.enums import DataEnumType, MutabilityEnumType

from station.core.variables import TABLE

DOCUMENT = Path(__file__).parents[1] / "docs" / "device-model.md"
HEAD = "| Variable | Type | Values | At first | Access | What it does |\n|---|---|---|---|---|---|\n"
ROW = re.compile(r"^\| `(?P<name>[^`]+)` \|.*\| (?P<does>[^|]*) \|$", re.MULTILINE)
ACCESS = {
    MutabilityEnumType.read_only: "read",
    MutabilityEnumType.write_only: "write",
    MutabilityEnumType.read_write: "read, write",
}


def updated(document):
    """Return the document with the tables that belong into it; what stands before them and descriptions are kept."""
    components = list(dict.fromkeys(row.component for row in TABLE))
    text, _, _ = document.partition(f"\n## {components[0]}\n")
    does = {
        f"{component}.{match['name']}": match["does"]
        for component, section in sections(document).items()
        for match in ROW.finditer(section)
    }
    for component in components:
        lines = [line(row, does.get(named(row), "")) for row in TABLE if row.component == component]
        text += f"\n## {component}\n\n" + HEAD + "".join(lines)
    return text


def sections(document):
    parts = re.split(r"^## (\w+)\n", document, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def named(row):
    return f"{row.component}.{label(row)}"


def label(row):
    return row.name + (f"[{row.instance}]" if row.instance else "")


def line(row, does):
    kind = row.type.data_type.value + (f", {row.unit}" if row.unit else "")
    access = ACCESS[row.mutability] + (", fixed" if row.constant else "")
    cells = (f"`{label(row)}`", kind, values(row.type), first(row), access, does)
    return "".join(f"| {cell} " for cell in cells) + "|\n"


def values(kind):
    if kind.values:
        return ", ".join(kind.values) + (" (none of them)" if kind.max_limit == 0 else "")
    if kind.data_type is DataEnumType.string:
        shortest = f"{kind.min_limit:g} to " if kind.min_limit else "up to "
        return f"{shortest}{kind.max_limit:g} characters"
    if kind.min_limit is None:
        return "true, false" if kind.data_type is DataEnumType.boolean else ""
    return f"{kind.min_limit:.0f} to {kind.max_limit:.0f}"


def first(row):
    secret_or_live = row.mutability is MutabilityEnumType.write_only or row.type.data_type is DataEnumType.date_time
    return "" if secret_or_live else row.type.format(row.default)


if __name__ == "__main__":
    DOCUMENT.write_text(updated(DOCUMENT.read_text("utf-8")), "utf-8")
