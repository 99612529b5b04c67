"""ARCHITECTURE.md has a place for every module."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TREE = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("```")[2].partition("```")[0]
NAMES = {name for line in TREE.splitlines() for name in re.findall(r"\w+", re.split(r" {3,}", line.strip())[0])}
"""What stands in front of the descriptions."""


PACKAGES = ("", "app", "core", "hardware", "inputs", "local", "meter", "ocpp", "receipts", "web")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_of_a_package_stands_in_the_tree(package):
    files = (ROOT / "station" / package).iterdir()
    found = {path.stem for path in files if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert found - {"__init__"} <= NAMES
