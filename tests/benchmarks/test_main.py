"""What is asked for is measured: a letter, not the group that it is measured with."""

import argparse

import pytest

from benchmarks.__main__ import KEYS, _keys


def test_each_letter_is_measured_once() -> None:
    assert sorted(KEYS) == sorted(set(KEYS)) == list("abcdefghijkl")


@pytest.mark.parametrize("text", ["a", "e,h", "f", "j,k", "a,b,c,d,e,f,g,h,i,j,k"])
def test_letters_may_be_asked_for_one_by_one(text: str) -> None:
    assert _keys(text) == text.split(",")


@pytest.mark.parametrize("text", ["m", "efg", "a,", ""])
def test_what_is_no_letter_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="none of a, b, c, d, e, f, g, h, i, j, k"):
        _keys(text)
