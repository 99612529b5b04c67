"""Bodies of requests: what is no JSON of the wanted form is refused, and said why."""

import contextlib
from dataclasses import dataclass
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.web.bodies import check_head, read_body
from station.web.problems import ProblemError


@dataclass(frozen=True)
class Body:
    name: str
    number: int | None = None
    sure: bool = False


def test_members_with_a_default_may_be_left_out() -> None:
    assert read_body(Body, b'{"name": "a"}') == Body("a")
    assert read_body(Body, b'{"name": "a", "number": 3, "sure": true}') == Body("a", 3, sure=True)
    assert read_body(Body, b'{"name": "a", "number": null}') == Body("a")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"{", "the body is no JSON"),
        (b"\xff", "the body is no JSON"),
        (b'{"name": NaN}', "the body is no JSON"),
        (b"[" * 50_000, "the body is no JSON"),
        (b"[]", "no JSON object"),
        (b'"name"', "no JSON object"),
        (b"null", "no JSON object"),
        (b"", "'name' is missing"),
        (b"{}", "'name' is missing"),
        (b'{"name": 1}', "'name' in the body has to be a text"),
        (b'{"name": null}', "'name' in the body has to be a text"),
        (b'{"name": "a", "number": true}', "'number' in the body has to be a whole number or null"),
        (b'{"name": "a", "number": 1.0}', "'number' in the body has to be a whole number or null"),
        (b'{"name": "a", "sure": 1}', "'sure' in the body has to be true or false"),
        (b'{"name": "a", "colour": 1}', "'colour' is no member of the body; there are: name, number, sure"),
        (b'{"name": "a", "__class__": 1}', "'__class__' is no member"),
    ],
)
def test_a_body_of_another_form_is_refused(data: bytes, text: str) -> None:
    with pytest.raises(ProblemError, match=text) as problem:
        read_body(Body, data)
    assert problem.value.status is HTTPStatus.BAD_REQUEST


@given(st.binary(max_size=200))
def test_whatever_comes_is_a_body_or_a_problem(data: bytes) -> None:
    with contextlib.suppress(ProblemError):
        assert isinstance(read_body(Body, data), Body)


@pytest.mark.parametrize("media", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_page_elsewhere_could_send_unasked_is_no_body(media: str) -> None:
    with pytest.raises(ProblemError, match="Content-Type: application/json") as problem:
        check_head(media, None)
    assert problem.value.status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def test_a_packed_body_is_refused_before_it_is_unpacked() -> None:
    check_head("application/json", None)
    check_head("application/json", "identity")
    with pytest.raises(ProblemError, match="uncompressed"):
        check_head("application/json", "gzip")
