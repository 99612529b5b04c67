"""Secrets stay secret."""

import pytest

from station.secret import Secret


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{!r}".format, lambda s: f"{s}", lambda s: f"{[s]}"])
def test_a_secret_is_not_shown_however_it_is_formatted(show):
    assert "hunter2" not in show(Secret("hunter2"))


def test_a_secret_is_revealed_when_asked_for():
    assert Secret("hunter2").reveal() == "hunter2"


def test_secrets_are_compared_by_their_text():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
