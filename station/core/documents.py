"""Frozen dataclasses to JSON documents and back: what is stored survives a restart as the same value.

Own code rather than a library because it is small, loads in no time and must treat `bytes` as evidence.
"""

import base64
import types
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_document(value: Any) -> Any:
    """Return `value` as JSON-able data; bytes become Base64, instants RFC 3339, members of None by default left out."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case datetime():
            return value.astimezone(UTC).isoformat()
        case tuple() | list():
            return [to_document(item) for item in value]
        case frozenset():
            return sorted(to_document(item) for item in value)
    if is_dataclass(value):
        pairs = ((field, getattr(value, field.name)) for field in fields(value))
        return {
            field.name: to_document(member)
            for field, member in pairs
            if member is not None or field.default is not None
        }
    raise TypeError(f"{type(value).__name__} cannot be stored")


def from_document(cls: type[T], document: Any) -> T:
    """Return the value of type `cls` that `to_document` made this of; raises TypeError or ValueError."""
    return _read(cls, document)  # type: ignore[no-any-return]


def _read(hint: Any, data: Any) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        if data is None:
            return None
        return _read(next(member for member in get_args(hint) if member is not type(None)), data)
    if origin is tuple:
        args = get_args(hint)
        kinds = [args[0]] * len(data) if args[-1] is Ellipsis else args
        return tuple(_read(kind, item) for kind, item in zip(kinds, data, strict=True))
    if origin is frozenset:
        return frozenset(_read(get_args(hint)[0], item) for item in data)
    if is_dataclass(hint):
        if not isinstance(data, dict):
            raise TypeError(f"{hint.__name__} cannot be read from {type(data).__name__}")  # type: ignore[union-attr]
        known = _members(hint)  # type: ignore[arg-type]
        return hint(**{name: _read(known[name], member) for name, member in data.items() if name in known})  # type: ignore[operator]
    if hint is bytes:
        return base64.b64decode(data, validate=True)
    if hint is datetime:
        return datetime.fromisoformat(data)
    return data if hint is Any else hint(data)


@cache
def _members(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)
