"""Schemas of dataclasses: what `to_document` writes fits, and nothing else does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from station.core.documents import to_document
from station.web.schemas import Schemas, body_schema


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    """What is inside."""

    number: int
    more: "Inner | None" = None


@dataclass(frozen=True)
class Outer:
    at: datetime
    colour: Colour
    inner: Inner
    each: tuple[Inner, ...]
    counts: Mapping[str, int]
    number: float | None
    data: bytes = b""
    anything: Any = None
    names: frozenset[str] = frozenset()
    listed: tuple[str, ...] = field(default_factory=tuple)


VALUE = Outer(
    datetime(2026, 1, 1, tzinfo=UTC), Colour.RED, Inner(1, Inner(2)), (Inner(3),), {"a": 1}, None, anything=[1]
)


def problems(document: Any) -> list[str]:
    schemas = Schemas()
    schema = {**schemas.of(Outer), "components": {"schemas": schemas.named}}
    Draft202012Validator.check_schema(schema)
    return [error.message for error in Draft202012Validator(schema).iter_errors(document)]


def test_what_is_written_fits() -> None:
    assert problems(to_document(VALUE)) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"colour": "blue"}, "'blue' is not one of ['red']"),
        ({"inner": {"number": "1"}}, "'1' is not of type 'integer'"),
        ({"each": [{}]}, "'number' is a required property"),
        ({"counts": {"a": "x"}}, "'x' is not of type 'integer'"),
        ({"number": "x"}, "is not valid under any of the given schemas"),
        ({"more": 1}, "Additional properties are not allowed"),
        ({"names": "x"}, "'x' is not of type 'array'"),
    ],
)
def test_what_is_not_written_so_does_not_fit(change: dict[str, Any], text: str) -> None:
    assert text in " ".join(problems(to_document(VALUE) | change))


def test_only_what_is_none_by_default_may_be_missing() -> None:
    schemas = Schemas()
    schemas.of(Outer)
    assert schemas.named["Inner"]["required"] == ["number"]
    assert set(schemas.named["Outer"]["properties"]) - set(schemas.named["Outer"]["required"]) == {"anything"}


def test_of_a_body_everything_with_a_default_may_be_missing() -> None:
    schemas = Schemas()
    assert body_schema(schemas, Outer) == {"$ref": "#/components/schemas/Outer"}
    assert schemas.named["Outer"]["required"] == ["at", "colour", "inner", "each", "counts", "number"]


def test_a_class_is_described_by_its_docstring_if_it_has_one() -> None:
    schemas = Schemas()
    schemas.of(Outer)
    assert schemas.named["Inner"]["description"] == "What is inside."
    assert "description" not in schemas.named["Outer"]


def test_a_type_that_json_does_not_know_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="has no JSON schema"):
        Schemas().of(complex)
