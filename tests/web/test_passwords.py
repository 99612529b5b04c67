"""What commands do with the operators' password and the tokens of programs."""

from pathlib import Path

import pytest

from station.errors import StationError
from station.web.access_file import AccessFile
from station.web.hashing import WeakPasswordError, hash_token, is_password
from station.web.passwords import add_token, set_password
from tests.fakes_clock import START


def test_a_password_that_was_set_opens(tmp_path: Path) -> None:
    set_password(tmp_path, "correct horse battery")
    assert is_password("correct horse battery", AccessFile(tmp_path).read().password)


def test_a_weak_password_changes_nothing(tmp_path: Path) -> None:
    set_password(tmp_path, "correct horse battery")
    with pytest.raises(WeakPasswordError):
        set_password(tmp_path, "short")
    assert is_password("correct horse battery", AccessFile(tmp_path).read().password)


def test_a_token_is_kept_as_a_hash_alone(tmp_path: Path) -> None:
    token = add_token(tmp_path, "prometheus", START, read_only=True)
    kept = AccessFile(tmp_path).read().tokens["prometheus"]
    assert (kept.hash, kept.created_at, kept.read_only) == (hash_token(token), START, True)
    assert token not in AccessFile(tmp_path).path.read_text()


@pytest.mark.parametrize("name", ["", "two words", "-dash", "a" * 41, "ä", "a/b", "x\n"])
def test_a_name_that_would_read_badly_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StationError, match="cannot be the name of a token"):
        add_token(tmp_path, name, START)
