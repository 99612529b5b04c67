"""What is kept of password and tokens: whole, private, and read anew when it changes."""

import json
import os
from pathlib import Path

import pytest

from station.errors import StorageError
from station.web import access_file
from station.web.access_file import NAME, NOTHING, AccessFile, Token
from station.web.hashing import Cost, hash_password
from tests.fakes_clock import START

KEPT = hash_password("correct horse battery", Cost(n=16))
TOKEN = Token("ab" * 32, START)


def test_where_there_is_no_file_nothing_is_kept(tmp_path: Path) -> None:
    assert AccessFile(tmp_path).read() is NOTHING


def test_what_is_kept_is_found_again_by_another_process(tmp_path: Path) -> None:
    writer, reader = AccessFile(tmp_path), AccessFile(tmp_path)
    assert reader.read() is NOTHING
    writer.set_password(KEPT)
    writer.add_token("prometheus", Token("cd" * 32, START, read_only=True))
    writer.add_token("program", TOKEN)
    assert reader.read().password == KEPT
    assert dict(reader.read().tokens) == {"prometheus": Token("cd" * 32, START, read_only=True), "program": TOKEN}
    writer.revoke_token("prometheus")
    assert list(reader.read().tokens) == ["program"]
    writer.path.unlink()
    assert reader.read() is NOTHING


def test_a_file_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    file = AccessFile(tmp_path)
    file.set_password(KEPT)
    assert file.read() is file.read()


def test_nobody_else_can_read_the_file(tmp_path: Path) -> None:
    AccessFile(tmp_path).set_password(KEPT)
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_a_new_password_keeps_the_tokens(tmp_path: Path) -> None:
    file = AccessFile(tmp_path)
    file.add_token("program", TOKEN)
    file.set_password(KEPT)
    assert list(file.read().tokens) == ["program"]


def test_a_name_is_taken_once_and_only_what_there_is_can_be_revoked(tmp_path: Path) -> None:
    file = AccessFile(tmp_path)
    file.add_token("program", TOKEN)
    with pytest.raises(StorageError, match="there is a token program already"):
        file.add_token("program", TOKEN)
    with pytest.raises(StorageError, match="there is no token other; there are: program"):
        file.revoke_token("other")


def test_there_is_a_most_of_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_file, "MOST_TOKENS", 2)
    file = AccessFile(tmp_path)
    file.add_token("a", TOKEN)
    file.add_token("b", TOKEN)
    with pytest.raises(StorageError, match="2 tokens already"):
        file.add_token("c", TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"password": "plain text", "tokens": {}}',
        '{"password": 1, "tokens": {}}',
        '{"password": "", "tokens": {"a": {}}}',
        '{"password": "", "tokens": {"a": {"hash": "x", "created_at": "yesterday", "read_only": false}}}',
        '{"password": "\u00e4", "tokens": {}}',
    ],
)
def test_a_damaged_file_lets_nobody_in_and_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    with pytest.raises(StorageError, match=f"{NAME} is damaged; set a new password with `station web password`"):
        AccessFile(tmp_path).read()


def test_a_new_password_mends_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("{")
    AccessFile(tmp_path).set_password(KEPT)
    assert AccessFile(tmp_path).read().password == KEPT


def test_a_damaged_file_is_mended_in_the_eyes_of_who_has_seen_it_damaged(tmp_path: Path) -> None:
    reader = AccessFile(tmp_path)
    (tmp_path / NAME).write_text("{")
    with pytest.raises(StorageError):
        reader.read()
    with pytest.raises(StorageError):
        reader.read()
    AccessFile(tmp_path).set_password(KEPT)
    assert reader.read().password == KEPT


def test_a_token_of_an_unclear_kind_may_only_look(tmp_path: Path) -> None:
    document = {"password": "", "tokens": {"a": {"hash": "x", "created_at": START.isoformat(), "read_only": "no"}}}
    (tmp_path / NAME).write_text(json.dumps(document))
    assert AccessFile(tmp_path).read().tokens["a"].read_only


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"there is no folder .*/none;"):
        AccessFile(tmp_path / "none").set_password(KEPT)


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(StorageError, match="cannot be read: Is a directory; be root, or the station's user"):
        AccessFile(tmp_path).read()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_writes_belongs_to_the_user_of_the_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 1234, 2345)
    AccessFile(tmp_path).set_password(KEPT)
    stat = (tmp_path / NAME).stat()
    assert (stat.st_uid, stat.st_gid, stat.st_mode & 0o777) == (1234, 2345, 0o600)


def test_what_is_kept_does_not_show_itself() -> None:
    assert KEPT not in repr(access_file.Kept(KEPT, {"a": TOKEN}))
    assert TOKEN.hash not in repr(TOKEN)
