"""Documents: what is stored comes back as the same value, and what cannot be read says so."""

import builtins
import json
import types
from dataclasses import dataclass, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.core.documents import from_document, to_document
from station.core.records import SignedRecord
from station.core.reports import Alert, TransactionReport
from station.core.session import Session


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Leaf:
    text: str
    colours: frozenset[Colour] = frozenset()


@dataclass(frozen=True, slots=True)
class Tree:
    leaf: Leaf
    evidence: bytes
    at: datetime
    number: float
    maybe: Leaf | None = None
    pair: tuple[int, str] = (1, "a")
    leaves: tuple[Leaf, ...] = ()


def there_and_back(value: object) -> object:
    return from_document(type(value), json.loads(json.dumps(to_document(value))))


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for everything that may stand behind a type hint of the core."""
    arguments = get_args(hint)
    match get_origin(hint):
        case types.UnionType:
            return st.one_of(*map(values, arguments))
        case builtins.tuple if arguments[-1] is Ellipsis:
            return st.lists(values(arguments[0]), max_size=3).map(tuple)
        case builtins.tuple:
            return st.tuples(*map(values, arguments))
        case builtins.frozenset:
            return st.frozensets(values(arguments[0]))
    if is_dataclass(hint) and isinstance(hint, type):
        return st.builds(hint, **{name: values(member) for name, member in get_type_hints(hint).items()})
    return LEAVES[hint] if hint in LEAVES else st.from_type(hint)


LEAVES = {
    float: st.floats(allow_nan=False, allow_infinity=False),
    datetime: st.datetimes(timezones=st.just(UTC)),
}
STORED: dict[type, st.SearchStrategy[Any]] = {
    kind: values(kind) for kind in (Session, TransactionReport, Alert, SignedRecord)
}


@pytest.mark.parametrize("kind", STORED)
@settings(max_examples=50)
@given(data=st.data())
def test_every_value_that_is_stored_survives(kind: type, data: st.DataObject) -> None:
    value = data.draw(STORED[kind])
    assert there_and_back(value) == value


@given(evidence=st.binary())
def test_evidence_keeps_every_byte(evidence: bytes) -> None:
    tree = Tree(Leaf("x"), evidence, datetime(2027, 1, 1, tzinfo=UTC), 1.5)
    back = there_and_back(tree)
    assert isinstance(back, Tree)
    assert back.evidence == evidence


def test_every_kind_of_member_survives() -> None:
    tree = Tree(
        Leaf("x", frozenset(Colour)),
        b"\x00\xff",
        datetime(2027, 1, 1, 12, 30, 1, 250_000, tzinfo=timezone(timedelta(hours=2))),
        16.0,
        maybe=Leaf("y"),
        pair=(2, "b"),
        leaves=(Leaf("z"), Leaf("")),
    )
    assert there_and_back(tree) == tree


def test_instants_are_written_in_utc_and_members_without_a_value_are_left_out() -> None:
    document = to_document(Tree(Leaf("x"), b"", datetime(2027, 1, 1, 12, tzinfo=timezone(timedelta(hours=2))), 1))
    assert document["at"] == "2027-01-01T10:00:00+00:00"
    assert "maybe" not in document


def test_a_set_is_written_in_order_so_that_equal_values_have_equal_documents() -> None:
    assert to_document(Leaf("x", frozenset({Colour.RED, Colour.BLUE})))["colours"] == ["blue", "red"]


def test_a_member_that_a_newer_version_added_is_ignored_and_a_missing_one_gets_its_default() -> None:
    assert from_document(Leaf, {"text": "x", "unheard_of": 1}) == Leaf("x")


@pytest.mark.parametrize(
    "document",
    [{}, {"text": "x", "colours": ["green"]}, {"text": "x", "colours": None}, [], "x", None, 3],
    ids=json.dumps,
)
def test_a_document_that_cannot_be_read_raises_type_or_value_error(document: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        from_document(Leaf, document)


def test_bytes_that_are_not_base64_are_refused() -> None:
    document = to_document(Tree(Leaf("x"), b"abc", datetime(2027, 1, 1, tzinfo=UTC), 1.0))
    with pytest.raises(ValueError, match="base64"):
        from_document(Tree, document | {"evidence": "*"})


def test_what_has_no_document_is_refused() -> None:
    with pytest.raises(TypeError, match="object cannot be stored"):
        to_document(object())


def test_a_mapping_becomes_an_object_by_the_names_of_its_members() -> None:
    assert to_document({1: (Colour.RED,), "b": {"c": None}}) == {"1": ["red"], "b": {"c": None}}
