"""JSON schemas (2020-12) of frozen dataclasses, as `core.documents.to_document` writes them; pure."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

Schema = dict[str, Any]

_PLAIN: Final[Mapping[Any, Schema]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    datetime: {"type": "string", "format": "date-time"},
    Any: {},
}


class Schemas:
    """Collects the schema of each class once, by its name."""

    def __init__(self) -> None:
        self.named: dict[str, Schema] = {}

    def of(self, hint: Any) -> Schema:
        """Return the schema of a type; a class is referred to and described in `named`. TypeError for others."""
        if hint in _PLAIN:
            return dict(_PLAIN[hint])
        origin, arguments = get_origin(hint), get_args(hint)
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.of(member) for member in arguments]}
        if origin in (tuple, frozenset):
            return {"type": "array", "items": self.of(arguments[0])}
        if origin is not None and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        if isinstance(hint, type) and (issubclass(hint, Enum) or is_dataclass(hint)):
            return self._refer(hint)
        raise TypeError(f"{hint} has no JSON schema")

    def _refer(self, cls: type) -> Schema:
        if cls.__name__ not in self.named:
            self.named[cls.__name__] = {}  # it may refer to itself
            self.named[cls.__name__] = self._enumeration(cls) if issubclass(cls, Enum) else self._object(cls)
        return {"$ref": f"#/components/schemas/{cls.__name__}"}

    def _enumeration(self, cls: type[Enum]) -> Schema:
        return _described(cls, {"type": "string", "enum": [member.value for member in cls]})

    def _object(self, cls: Any) -> Schema:
        hints = get_type_hints(cls)
        return _described(
            cls,
            {
                "type": "object",
                "properties": {field.name: self.of(hints[field.name]) for field in fields(cls)},
                # What is None by default is left out while it is None.
                "required": [field.name for field in fields(cls) if field.default is not None],
                "additionalProperties": False,
            },
        )


def body_schema(schemas: Schemas, cls: Any) -> Schema:
    """Return the schema of a body that is read: what has a default may be left out."""
    schema = schemas.of(cls)
    named = schemas.named[cls.__name__]
    named["required"] = [
        field.name for field in fields(cls) if field.default is MISSING and field.default_factory is MISSING
    ]
    return schema


def _described(cls: type, schema: Schema) -> Schema:
    words = " ".join((cls.__dict__.get("__doc__") or "").split())
    # A dataclass without a docstring gets its signature for one.
    return {"description": words, **schema} if words and not words.startswith(f"{cls.__name__}(") else schema
