"""Passwords and tokens, and what is kept of them."""

import pytest

from station.web.hashing import (
    Cost,
    WeakPasswordError,
    check_strength,
    hash_password,
    hash_token,
    is_kept_password,
    is_password,
    make_token,
)

CHEAP = Cost(n=16)
PASSWORD = "correct horse battery"


def test_a_password_is_known_by_what_is_kept_of_it() -> None:
    kept = hash_password(PASSWORD, CHEAP)
    assert is_password(PASSWORD, kept)
    assert not is_password(PASSWORD + "x", kept)
    assert not is_password("", kept)
    assert PASSWORD not in kept


def test_the_same_password_is_never_kept_the_same() -> None:
    assert hash_password(PASSWORD, CHEAP) != hash_password(PASSWORD, CHEAP)


def test_trying_a_password_costs_sixteen_mebibytes() -> None:
    kept = hash_password(PASSWORD)
    assert kept.startswith("scrypt$16384$8$1$")
    assert is_password(PASSWORD, kept)


def test_a_letter_is_the_same_however_a_keyboard_writes_it() -> None:
    assert is_password("Schlu\u0308sseldienst", hash_password("Schl\u00fcsseldienst", CHEAP))


def test_a_text_that_is_no_unicode_is_merely_wrong() -> None:
    assert not is_password("\ud800", hash_password(PASSWORD, CHEAP))


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "plain",
        "scrypt$16$8$1$c2FsdA==",
        "scrypt$1048576$8$1$c2FsdA==$aGFzaA==",  # takes a gibibyte
        "scrypt$16$99$99$c2FsdA==$aGFzaA==extra!",
        "scrypt$17$8$1$c2FsdA==$aGFzaA==",
        "scrypt$0$8$1$c2FsdA==$aGFzaA==",
        "scrypt$16$0$1$c2FsdA==$aGFzaA==",
        "scrypt$16$8$1$c2FsdA=$aGFzaA==",
        "argon2$16$8$1$c2FsdA==$aGFzaA==",
    ],
)
def test_what_nobody_here_kept_is_nobodys_password(kept: str) -> None:
    assert not is_kept_password(kept)
    assert not is_password(PASSWORD, kept)


@pytest.mark.parametrize("password", ["", "short", "123456789", "aaaaaaaaaaaaaaaa", "ababababababab", "x" * 129])
def test_a_password_that_is_quickly_guessed_is_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError, match="a password has"):
        check_strength(password)


@pytest.mark.parametrize("password", ["0123456789", PASSWORD, "Größe 3 äöü"])
def test_ten_different_characters_will_do(password: str) -> None:
    check_strength(password)


def test_tokens_are_random_and_only_a_hash_of_them_is_kept() -> None:
    token = make_token()
    assert token != make_token()
    assert len(token) >= len("station_") + 43
    assert token not in hash_token(token)
    assert hash_token(token) == hash_token(token)
    assert hash_token("\ud800")
