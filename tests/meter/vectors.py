"""The maker's published examples and the map, as the tests of the meter need them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parents[1] / "data"


@cache
def vectors() -> dict[str, Any]:
    return json.loads((_DATA / "vectors.json").read_text())


@cache
def register_rows() -> list[dict[str, Any]]:
    return json.loads((_DATA / "registers.json").read_text())


DEMO_KEY = bytes.fromhex(vectors()["keys"]["demo"]["der"])
"""The public key of the maker's examples."""

OCMF = {row["id"]: row["ocmf"].encode() for row in vectors()["ocmf"]}
BEGIN = OCMF["001BZR1521070006-T4276-B"]
END = OCMF["001BZR1521070006-T4277-E"]


def named(rows: list[dict[str, Any]], key: str = "id") -> dict[str, Any]:
    """Arguments for parametrize: the rows with readable ids."""
    return {"argvalues": rows, "ids": [str(row[key]).replace(" ", "_") for row in rows]}
