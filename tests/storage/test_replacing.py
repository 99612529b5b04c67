"""The state of a folder is replaced as a whole or not at all, wherever the power fails, and nothing of it is lost."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from station.errors import StorageError
from station.storage.replacing import INCOMING, NOTE, complete, is_decided, make_incoming, replace_state
from tests.storage.power import cut_after, every_cut

OLD = {"station.db": "old", "station.db-wal": "old", "certificates/a/1.pem": "old", "web-access.json": "old"}
NEW = {"station.db": "new", "certificates/a/1.pem": "new", "certificates/a/2.pem": "new"}
STAYS = "station.lock"


def fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def content(folder: Path) -> dict[str, str]:
    """What counts in a folder: not what is aside, still to come, or no part of the state."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    beside = ("aside/", f"{INCOMING}/", STAYS, NOTE)
    return {name: path.read_text() for name, path in found.items() if not name.startswith(beside)}


def prepared(folder: Path) -> Callable[[], object]:
    fill(folder, {**OLD, STAYS: ""})
    fill(make_incoming(folder), NEW)
    old = ["station.db-wal", "station.db-shm", "station.db", "certificates", "web-access.json"]
    return lambda: replace_state(folder, old=old, new=["station.db", "certificates"], aside="aside")


def test_what_was_there_is_aside_and_what_came_is_there(tmp_path: Path) -> None:
    prepared(tmp_path)()
    assert content(tmp_path) == NEW
    assert content(tmp_path / "aside") == OLD
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aside", "certificates", "station.db", STAYS]


def test_wherever_the_power_fails_the_old_or_the_new_state_is_there_whole(tmp_path: Path) -> None:
    seen = []
    for cut in every_cut(lambda cut: prepared(tmp_path / str(cut))):
        folder = tmp_path / str(cut)
        decided = is_decided(folder) or content(folder) == NEW
        complete(folder)
        assert content(folder) == (NEW if decided else OLD), cut
        assert not decided or content(folder / "aside") == OLD, cut
        seen.append(decided)
    assert seen == sorted(seen)
    assert {False, True} == set(seen)


def test_completing_may_be_cut_off_as_often_as_it_likes(tmp_path: Path) -> None:
    for first in every_cut(lambda cut: prepared(tmp_path / str(cut))):
        folder = tmp_path / str(first)
        if not is_decided(folder):
            continue
        operations = 1
        while cut_after(operations, lambda folder=folder: complete(folder)) and operations < 4:
            operations += 1
        complete(folder)
        assert content(folder) == NEW
        assert content(folder / "aside") == OLD


def test_a_folder_that_held_nothing_gets_no_folder_aside(tmp_path: Path) -> None:
    fill(make_incoming(tmp_path), NEW)
    replace_state(tmp_path, old=[], new=["station.db", "certificates"], aside="aside")
    assert content(tmp_path) == NEW
    assert not (tmp_path / "aside").exists()


def test_what_an_attempt_without_a_decision_left_is_forgotten(tmp_path: Path) -> None:
    fill(make_incoming(tmp_path), NEW)
    complete(tmp_path)
    assert list(make_incoming(tmp_path).iterdir()) == []
    assert content(tmp_path) == {}


def test_a_log_of_the_database_that_has_gone_meanwhile_is_no_problem(tmp_path: Path) -> None:
    work = prepared(tmp_path)
    (tmp_path / "station.db-wal").unlink()
    work()
    assert content(tmp_path) == NEW


@pytest.mark.parametrize("note", ["", "{}", '{"old": 1, "new": [], "aside": "a"}'])
def test_a_note_that_cannot_be_read_is_said_where_everything_is(tmp_path: Path, note: str) -> None:
    (tmp_path / NOTE).write_text(note)
    with pytest.raises(StorageError, match=f"{tmp_path}/{NOTE} says that the state was being restored"):
        complete(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_makes_in_the_folder_of_a_user_belongs_to_the_user(tmp_path: Path) -> None:
    work = prepared(tmp_path)
    os.chown(tmp_path, 12345, 12346)
    assert cut_after(4, work)
    assert json.loads((tmp_path / NOTE).read_text())["aside"] == "aside"
    complete(tmp_path)
    assert (tmp_path / "aside").stat().st_uid == 12345


def test_the_note_belongs_to_whom_the_folder_belongs_to(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    work = prepared(folder)
    assert cut_after(5, work)
    assert is_decided(folder)
    shown, owner = (folder / NOTE).stat(), folder.stat()
    assert (shown.st_uid, shown.st_mode & 0o777) == (owner.st_uid, 0o600)
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/b", "..", ""])
@pytest.mark.parametrize("where", ["old", "new", "aside"])
def test_a_note_that_names_what_is_elsewhere_is_not_followed(tmp_path: Path, where: str, name: str) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    outside = tmp_path / "outside"
    outside.write_text("mine")
    make_incoming(folder)
    note: dict[str, object] = {"old": [], "new": [], "aside": "aside"}
    (folder / NOTE).write_text(json.dumps(note | {where: name if where == "aside" else [name]}))
    with pytest.raises(StorageError, match="cannot be completed"):
        complete(folder)
    assert outside.read_text() == "mine"


@pytest.mark.parametrize("link", [INCOMING, "aside"])
def test_a_folder_that_is_a_link_is_not_followed(tmp_path: Path, link: str) -> None:
    folder, elsewhere = tmp_path / "state", tmp_path / "elsewhere"
    elsewhere.mkdir()
    fill(elsewhere, {"evil": "evil"})
    fill(folder, {"station.db": "old"})
    (folder / link).symlink_to(elsewhere)
    (folder / NOTE).write_text(json.dumps({"old": ["station.db"], "new": ["evil"], "aside": "aside"}))
    with pytest.raises(StorageError, match="is a link"):
        complete(folder)
    assert content(folder)["station.db"] == "old"
    assert (elsewhere / "evil").exists()
