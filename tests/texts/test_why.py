"""What people read about a finding: complete, and each text for whom it is meant."""

import re

import pytest

from station.core.why import Code, explain
from station.texts import LANGUAGES, catalogue, of_subject, say
from tests.core.test_why import CASES
from tests.texts.test_texts import placeholders

SUFFIXES = ("", ".remedy", ".driver")
LONGEST_FOR_DRIVERS = 140
"""Two lines at arm's length."""
TECHNICAL = re.compile(
    r"CSMS|Backend|OCPP|Modbus|DOE|\bDO\b|\bDI\b|\bCP\b|\bPP\b|\bPE\b|Pilot|pilot|RS-485|Port\b|port\b|Register"
    r"|firmware|Firmware|Schütz|contactor|log\b|Protokoll|`|ignat|state [A-F]|Zustand [A-F]"
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_a_text_a_remedy_and_words_for_the_driver(language: str) -> None:
    wanted = {f"why.{code}{suffix}" for code in Code for suffix in SUFFIXES}
    assert wanted - catalogue(language).keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_about_a_finding_that_there_is_not(language: str) -> None:
    assert of_subject("why", language).keys() == {f"why.{code}{suffix}" for code in Code for suffix in SUFFIXES}


@pytest.mark.parametrize("code", CASES)
def test_what_a_text_has_placeholders_for_is_in_the_link(code: Code) -> None:
    [link] = [link for link in explain(CASES[code]()).links if link.code == code]
    for language in LANGUAGES:
        for suffix in SUFFIXES:
            assert not placeholders(say(language, f"why.{code}{suffix}", **link.params))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_driver_reads_something_short_and_never_technical(language: str) -> None:
    texts = {code: catalogue(language)[f"why.{code}.driver"] for code in Code}
    assert [code for code, text in texts.items() if len(text) > LONGEST_FOR_DRIVERS] == []
    assert [code for code, text in texts.items() if placeholders(text)] == []  # a page has nothing but the code
    assert [code for code, text in texts.items() if TECHNICAL.search(text) or not text.endswith(".")] == []


def test_german_and_english_are_not_the_same() -> None:
    english, german = of_subject("why", "en"), of_subject("why", "de")
    assert [key for key in english if english[key] == german[key]] == []
