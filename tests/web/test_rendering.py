"""Answers in the form in which they are sent."""

import json
import math
from dataclasses import dataclass
from typing import Any

from station.web.problems import ErrorAnswer
from station.web.rendering import json_text


@dataclass(frozen=True)
class View:
    value: Any


def test_a_number_that_json_cannot_write_is_none() -> None:
    odd = View({"a": math.nan, "b": [math.inf, 1.5], "c": "nan"})
    assert json.loads(json_text(odd)) == {"value": {"a": None, "b": [None, 1.5], "c": "nan"}}


def test_text_is_one_line_and_plain_ascii() -> None:
    text = json_text(View("a\nb\u2028ü</script>"))
    assert text.isascii()
    assert "\n" not in text


def test_a_confirmation_is_spoken_of_only_where_one_is_wanted() -> None:
    assert json_text(ErrorAnswer("no")) == '{"error":"no"}'
    assert json_text(ErrorAnswer("sure?", needs_confirmation=True)) == '{"error":"sure?","needs_confirmation":true}'
