"""Repairs what some CSMSs write loosely: null for what is absent, numbers as texts, texts as numbers; pure.

The schemas say where that is the case. What is open to any content, `customData` and the data of DataTransfer, stays.
"""

import re
from decimal import Decimal
from functools import cache
from typing import Any

from station.ocpp import schemas
from station.ocpp.frames import number_of
from station.ocpp.schemas import Kind

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,30})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?")

_OPEN = "CustomDataType"


def repair(action: str, kind: Kind, payload: Any) -> tuple[Any, frozenset[str]]:
    """Return the payload as far as it can be repaired, and what was wrong: places and kinds, never a value.

    The payload that is given stays as it is. `action` must be one of `schemas.actions()`. What is returned need not
    be valid: only what is loose is repaired.
    """
    schema = _schema(action, kind)
    found: set[str] = set()
    if payload is None:
        return {}, frozenset({"the payload is null"})
    return _Mender(schema, found).mend(payload, schema, ""), frozenset(found)


@cache
def _schema(action: str, kind: Kind) -> dict[str, Any]:
    return schemas.load(action, kind)


class _Mender:
    def __init__(self, schema: dict[str, Any], found: set[str]) -> None:
        self._schema = schema
        self._found = found

    def mend(self, value: Any, part: dict[str, Any], path: str) -> Any:
        name, part = schemas.referred(self._schema, part)
        match part.get("type"), value:
            case "object", dict() if name != _OPEN:
                return self._object(value, part["properties"], f"{path}." if path else "")
            case "array", list():
                return [self.mend(item, part["items"], f"{path}[]") for item in value]
            case "integer" | "number", str():
                return self._number(value, path)
            case "string", int() | float() | Decimal() if not isinstance(value, bool) and "enum" not in part:
                self._found.add(f"{path} is a number, not a text")
                return str(value)
            case _:
                return value

    def _object(self, value: dict[str, Any], properties: dict[str, Any], path: str) -> dict[str, Any]:
        mended = {}
        for name, member in value.items():
            part = properties.get(name)
            if part is None:
                mended[name] = member
            elif member is None and (part.get("type") or "$ref" in part):
                self._found.add(f"{path}{name} is null")
            else:
                mended[name] = self.mend(member, part, path + name)
        return mended

    def _number(self, text: str, path: str) -> Any:
        if not _NUMBER.fullmatch(text):
            return text
        try:
            number = int(text) if _INTEGER.fullmatch(text) else number_of(text)
        except ValueError:  # out of range
            return text
        self._found.add(f"{path} is a text, not a number")
        return number
