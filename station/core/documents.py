"""Frozen dataclasses to JSON documents and back: what is stored survives a restart as the same value.

Own code rather than a library because it is small, loads in no time and must treat `bytes` as evidence.
"""

import base64
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache, partial
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Reader = Callable[[Any], Any]


def to_document(value: Any) -> Any:
    """Return `value` as JSON data: bytes as Base64, instants as RFC 3339, no members that are None by default."""
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
        case Mapping():
            return {str(name): to_document(member) for name, member in value.items()}
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
    return _reader(cls)(document)  # type: ignore[arg-type, no-any-return]


@cache
def _reader(hint: Any) -> Reader:
    """Return what reads the values of a type hint; worked out once, because a long queue holds few types."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return partial(_read_optional, _reader(next(member for member in arguments if member is not type(None))))
    if origin is tuple and arguments[-1] is Ellipsis:
        return partial(_read_all, tuple, _reader(arguments[0]))
    if origin is tuple:
        return partial(_read_each, tuple(map(_reader, arguments)))
    if origin is frozenset:
        return partial(_read_all, frozenset, _reader(arguments[0]))
    if is_dataclass(hint):
        return partial(_read_members, hint)
    if hint is bytes:
        return partial(base64.b64decode, validate=True)
    if hint is datetime:
        return datetime.fromisoformat
    return _as_it_is if hint is Any else hint


def _read_optional(read: Reader, data: Any) -> Any:
    return None if data is None else read(data)


def _read_all(collect: Reader, read: Reader, data: Any) -> Any:
    return collect(map(read, data))


def _read_each(readers: tuple[Reader, ...], data: Any) -> Any:
    return tuple(read(item) for read, item in zip(readers, data, strict=True))


def _read_members(cls: Any, data: Any) -> Any:
    if not isinstance(data, dict):
        raise TypeError(f"{cls.__name__} cannot be read from {type(data).__name__}")
    known = _members(cls)
    return cls(**{name: known[name](member) for name, member in data.items() if name in known})


def _as_it_is(data: Any) -> Any:
    return data


@cache
def _members(cls: Any) -> dict[str, Reader]:
    return {name: _reader(hint) for name, hint in get_type_hints(cls).items()}
