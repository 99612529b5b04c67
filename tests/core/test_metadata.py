"""Metadata: what is signed with a snapshot fits the meter, and what had to be changed is named."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.core.identification import request_of
from station.core.metadata import FORBIDDEN, LIMITS, Templates, TooLong, check_templates, fill
from station.core.powermeter import TransactionReq
from station.core.tokens import IdToken, Source

ANNA = IdToken("04A1B2C3", "ISO14443")


def problems(**templates: Any) -> list[str]:
    return check_templates(Templates(**templates), evse_name="DE*ABC*E1", version="1.2.3")


def asked(token: IdToken | None, evse_name: str = "E1", *, transaction_id: str = "t") -> TransactionReq:
    return request_of(token, Source.CSMS, remote=False, evse_name=evse_name, transaction_id=transaction_id)


def test_the_default_templates_are_fine_and_in_the_form_that_chargy_parses() -> None:
    assert problems() == []
    filled = fill(Templates(), asked(ANNA, "DE*ABC*E1"), version="1.2.3")
    assert filled.changed == ()
    assert filled.metadata.meta1 == "contract-id: rfid:04A1B2C3"
    assert filled.metadata.meta2 == "evse-id: DE*ABC*E1"
    assert filled.metadata.meta3 == "csc-sw-version: 1.2.3"


def test_every_placeholder_is_filled() -> None:
    templates = Templates(
        meta1="{id_token_type} {id_token} {id_level} {id_flags}", meta2="{transaction_id}", meta3="{version}{evse_id}"
    )
    filled = fill(templates, asked(ANNA, transaction_id="t-1"), version="9")
    assert filled.metadata.meta1 == "ISO14443 04A1B2C3 HEARSAY RFID_PLAIN,OCPP_AUTH"
    assert (filled.metadata.meta2, filled.metadata.meta3) == ("t-1", "9E1")


def test_without_a_token_its_places_are_empty() -> None:
    filled = fill(Templates(), asked(None), version="9")
    assert filled.metadata.meta1 == "contract-id: rfid:"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{card}", "does not know {card}; allowed are {id_token}"),
        ("{}", "does not know {}"),
        ("{id_token.value}", "does not know {id_token.value}"),
        ("{id_token:d}", "does not know {id_token:d}"),
        ("{id_token:{width}}", "does not know {id_token:{width}}"),
        ("{id_token!x}", "does not know {id_token!x}"),
        ("{id_token", "is not a template"),
        ("a|b", "may not contain '|'"),
        ('a"b\\', "may not contain '\"' '\\\\'"),
        ("Säule", "may not contain 'ä'"),
        ("x" * 101 + "{version}", 'the meter takes 100; shorten it or set too_long = "hash"'),
    ],
)
def test_a_template_that_cannot_work_is_refused_with_words_that_help(template: str, words: str) -> None:
    [problem] = problems(meta2=template)
    assert problem.startswith("meta2: ")
    assert words in problem


def test_the_longest_token_counts_not_the_shortest() -> None:
    assert problems(meta2="x" * 64 + "{id_token}") == []
    assert problems(meta2="x" * 65 + "{id_token}") != []


def test_names_that_are_known_count_as_they_are() -> None:
    assert problems(meta2="x" * 91 + "{evse_id}") == []


def test_a_template_may_be_too_long_if_shortening_is_wanted() -> None:
    templates = Templates(meta2="x" * 200, too_long=TooLong.HASH)
    assert check_templates(templates, evse_name="E1", version="9") == []


def test_double_braces_stand_for_themselves() -> None:
    templates = Templates(meta1="{{{id_token}}}")
    assert problems(meta1=templates.meta1) == []
    filled = fill(templates, asked(ANNA), version="9")
    assert filled.metadata.meta1 == "{04A1B2C3}"


def test_what_does_not_fit_is_shortened_by_a_hash_of_the_whole_and_named() -> None:
    wanted = "y" * 300
    filled = fill(Templates(meta3=wanted), asked(ANNA), version="9")
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:16]
    assert filled.metadata.meta3 == "y" * 83 + "#" + digest
    assert filled.changed == ("meta3",)


@given(value=st.text(max_size=200), evse_name=st.text(max_size=60))
def test_the_meter_always_gets_what_it_can_sign(value: str, evse_name: str) -> None:
    filled = fill(Templates(), asked(IdToken(value, "Central"), evse_name), version="1.2.3")
    for name, limit in LIMITS.items():
        text = getattr(filled.metadata, name)
        assert len(text) <= limit
        assert all(" " <= letter <= "~" and letter not in FORBIDDEN for letter in text)
    assert ("meta1" not in filled.changed) == (filled.metadata.meta1 == f"contract-id: rfid:{value}")


@given(first=st.text(max_size=80), second=st.text(max_size=80))
def test_two_tokens_are_never_signed_as_the_same(first: str, second: str) -> None:
    if first == second:
        return
    texts = {
        fill(Templates(), asked(IdToken(value, "Central")), version="9").metadata.meta1 for value in (first, second)
    }
    assert len(texts) == 2
