"""The catalogues: every language has every text, and each placeholder that another one has."""

import re
from importlib.resources import files
from string import Formatter

import pytest

from station.texts import LANGUAGES, catalogue, for_drivers, of_subject, say

SIMPLE = re.compile(r"[a-z_]+")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_is_there_in_every_language_with_the_same_placeholders(language: str) -> None:
    first, other = catalogue(LANGUAGES[0]), catalogue(language)
    assert first.keys() == other.keys()
    assert [key for key in first if placeholders(first[key]) != placeholders(other[key])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_placeholder_is_a_plain_name_that_any_page_can_fill_in(language: str) -> None:
    names = {name for text in catalogue(language).values() for name in placeholders(text)}
    assert [name for name in names if not SIMPLE.fullmatch(name)] == []


def test_every_file_is_of_a_language_that_there_is_and_has_a_sister_in_each_other() -> None:
    names = {file.name for file in files("station.texts").iterdir() if file.name.endswith(".json")}
    subjects = {name.partition(".")[0] for name in names}
    assert "why" in subjects
    assert names == {f"{subject}.{language}.json" for subject in subjects for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_has_a_space_too_many(language: str) -> None:
    for key, text in catalogue(language).items():
        assert text == " ".join(text.split()), key
        assert text, key


def test_a_catalogue_cannot_be_changed_by_its_readers() -> None:
    with pytest.raises(TypeError):
        catalogue("en")["why.plug_in"] = ""  # type: ignore[index]


def test_a_language_that_is_not_there_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(KeyError, match="'fr' is none of en, de"):
        catalogue("fr")


def test_say_fills_placeholders_in() -> None:
    assert say("de", "why.limit_ok", amps=16) == "Es dürfen bis zu 16 A angeboten werden."
    with pytest.raises(KeyError):
        say("en", "why.limit_ok")


@pytest.mark.parametrize("language", LANGUAGES)
def test_drivers_get_all_but_what_operators_read_of_a_finding(language: str) -> None:
    texts = for_drivers(language)
    left_out = catalogue(language).keys() - texts.keys()
    assert "why.card_awaited.driver" in texts
    assert {"why.card_awaited", "why.card_awaited.remedy"} <= left_out
    assert left_out <= of_subject("why", language).keys()
