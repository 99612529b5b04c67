"""The JSON schemas of OCPP 2.0.1 that the library `ocpp` brings: which actions there are, and what they look like."""

import json
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import ocpp.v201

# Texts for readers; without them a compiled schema takes a tenth of the memory.
_PROSE = frozenset({"description", "javaType", "comment", "default"})
_NAMED = frozenset({"properties", "definitions"})


class Kind(StrEnum):
    """The two halves of an action; the values end the names of the schemas."""

    REQUEST = "Request"
    RESPONSE = "Response"


@cache
def actions() -> frozenset[str]:
    """Return the names of all actions of OCPP 2.0.1, without "Request"."""
    return frozenset(path.stem.removesuffix(Kind.REQUEST) for path in _folder().glob(f"*{Kind.REQUEST}.json"))


def load(action: str, kind: Kind) -> dict[str, Any]:
    """Read one schema, without its prose. `action` must be one of `actions()`."""
    # utf-8-sig: some of the files begin with a byte order mark.
    text = (_folder() / f"{action}{kind}.json").read_text(encoding="utf-8-sig")
    return _without_prose(json.loads(text))


def referred(schema: dict[str, Any], part: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return name and content of the definition that `part` refers to; "" and `part` if it refers to none."""
    reference = part.get("$ref")
    if reference is None:
        return "", part
    name = reference.removeprefix("#/definitions/")
    return name, schema["definitions"][name]


def _folder() -> Path:
    return Path(ocpp.v201.__file__).with_name("schemas")


def _without_prose(part: dict[str, Any]) -> dict[str, Any]:
    slim: dict[str, Any] = {}
    for key, value in part.items():
        if key in _NAMED:
            slim[key] = {name: _without_prose(member) for name, member in value.items()}
        elif isinstance(value, dict):
            slim[key] = _without_prose(value)
        elif key not in _PROSE:
            slim[key] = value
    return slim
