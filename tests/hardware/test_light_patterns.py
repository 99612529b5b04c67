"""Patterns of lights: what is written, and what is lit when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.hardware.light_patterns import CHANNELS, FASTEST_HZ, STATES, Pattern, default, pattern

RGB = ("red", "green", "blue")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("off", Pattern()),
        ("green", Pattern(frozenset({"green"}))),
        ("yellow", Pattern(frozenset({"red", "green"}))),
        ("white", Pattern(frozenset(RGB))),
        ("magenta", Pattern(frozenset({"red", "blue"}))),
        ("blue blink 1 Hz", Pattern(frozenset({"blue"}), 1.0, 0.5)),
        ("  blue  blink 0.5Hz ", Pattern(frozenset({"blue"}), 2.0, 0.5)),
        ("cyan flash 2 Hz", Pattern(frozenset({"green", "blue"}), 0.5, 0.1)),
    ],
)
def test_a_pattern_is_written_in_words(text, meant):
    assert pattern(text, RGB) == meant


def test_a_lamp_of_the_colour_itself_is_preferred_to_a_mixture():
    assert pattern("white", CHANNELS).channels == {"white"}
    assert pattern("yellow", CHANNELS).channels == {"yellow"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is no pattern"),
        ("Green", "is no pattern"),
        ("green blink", "is no pattern"),
        ("green blink Hz", "is no pattern"),
        ("green blink 1", "is no pattern"),
        ("green wink 1 Hz", "is no pattern"),
        ("green blink 3.1 Hz", "from 0.05 to 3 Hz"),
        ("green blink 0 Hz", "from 0.05 to 3 Hz"),
        ("green blink 1.2.3 Hz", "is no pattern"),
        ("pink", "'pink' is no colour; there are red, green"),
        ("blue", "blue cannot be shown with the lamps that are there: red, green"),
        ("white blink 1 Hz", "white cannot be shown"),
    ],
)
def test_what_is_no_pattern_is_told(text, problem):
    with pytest.raises(ValueError, match=problem):
        pattern(text, ("red", "green"))


def test_a_blink_is_lit_for_half_of_its_period_and_a_flash_for_a_tenth():
    blink, flash = pattern("red blink 0.5 Hz", RGB), pattern("red flash 0.5 Hz", RGB)
    assert [blink.at(10.0 + tenths / 10)[0] for tenths in range(0, 20, 5)] == [True, True, False, False]
    assert [flash.at(10.05 + tenths / 10)[0] for tenths in range(20)] == [True] * 2 + [False] * 18
    assert blink.at(10.25) == (True, pytest.approx(0.75))
    assert blink.at(11.25) == (False, pytest.approx(0.75))


def test_what_has_no_rhythm_stays():
    assert pattern("red", RGB).at(5.0) == (True, None)
    assert pattern("off", RGB).at(5.0) == (False, None)


@given(st.floats(0, 1e6), st.floats(0.05, FASTEST_HZ))
def test_it_is_as_it_says_until_it_changes(now_s, rate):
    blink = pattern(f"red blink {rate:.3f} Hz", RGB)
    lit, lasts_s = blink.at(now_s)
    assert 0 < lasts_s <= blink.period_s
    if lasts_s > 0.001:
        assert blink.at(now_s + 0.9 * lasts_s)[0] is lit
        assert blink.at(now_s + 1.01 * lasts_s)[0] is not lit


@pytest.mark.parametrize("lamps", [RGB, ("red", "green"), ("green", "blue"), *((colour,) for colour in CHANNELS)])
def test_there_is_a_default_for_every_state_whatever_lamps_there_are(lamps):
    shown = {state: default(state, lamps) for state in STATES}
    for one in shown.values():
        assert one.channels <= set(lamps)
    busy = ("free", "plugged", "charging", "paused", "faulted", "unavailable", "offline")
    assert len({shown[state] for state in busy}) == len(busy), "drivers can tell them apart"


def test_with_all_colours_the_defaults_are_those_that_people_know():
    shown = {state: default(state, RGB) for state in ("free", "charging", "faulted")}
    assert [one.channels for one in shown.values()] == [{"green"}, {"blue"}, {"red"}]
    assert not any(one.period_s for one in shown.values())
