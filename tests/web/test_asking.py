"""Parameters of paths and queries."""

from http import HTTPStatus

import pytest

from station.web.asking import Parameter, Route
from station.web.problems import ProblemError

NUMBER = Parameter("number", int, "A number.", least=1, most=500)
WORD = Parameter("word", str, "A word.", pattern="[a-z]{0,3}", default="")
LIMIT = Parameter("limit", int, "How many.", default=50)
ROUTE = Route(
    "GET", "/api/v1/things/{number}", lambda site, ask: None, "", path_parameters=(NUMBER,), query=(WORD, LIMIT)
)


def test_what_is_left_out_has_its_default() -> None:
    assert ROUTE.read({"number": "7"}, {}) == {"number": 7, "word": "", "limit": 50}
    assert ROUTE.read({"number": "7"}, {"word": "abc", "limit": "3"}) == {"number": 7, "word": "abc", "limit": 3}


@pytest.mark.parametrize("text", ["", "0", "501", "-1", "1.0", "1e2", "٣", "x", "9" * 5000, " 1", "+1"])
def test_a_number_in_a_path_that_cannot_be_is_not_found(text: str) -> None:
    with pytest.raises(ProblemError, match="a whole number from 1 to 500") as problem:
        ROUTE.read({"number": text}, {})
    assert problem.value.status is HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"word": "ABC"}, "word: 'ABC' is not allowed"),
        ({"word": "abc\n"}, "is not allowed"),
        ({"limit": "-1"}, "limit: '-1' is not allowed"),
        ({"colour": "red"}, "colour is no parameter of /api/v1/things/{number}; there are: word, limit"),
    ],
)
def test_a_query_that_cannot_be_is_told(query: dict[str, str], text: str) -> None:
    with pytest.raises(ProblemError) as problem:
        ROUTE.read({"number": "1"}, query)
    assert text in str(problem.value)
    assert problem.value.status is HTTPStatus.BAD_REQUEST


def test_pages_may_have_a_query_of_their_own() -> None:
    assert Route("GET", "/", lambda site, ask: None, "").read({}, {"kiosk": "1"}) == {}


def test_a_path_for_the_router_has_the_forms_of_its_parameters() -> None:
    assert ROUTE.pattern == r"/api/v1/things/{number:\d+}"
    assert (
        Route("GET", "/a/{word}", lambda site, ask: None, "", path_parameters=(WORD,)).pattern
        == "/a/{word:[a-z]{0,3}}"
    )
