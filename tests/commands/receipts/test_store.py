"""How the commands read the store: of one instant, and with the progress where somebody looks."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.commands.receipts.store import counted, looking, put, state_dir, told
from station.errors import StationError, StorageError
from station.storage.receipts import Receipts
from tests.commands.receipts.archive import BEGIN, END, Archive, opened
from tests.settings.files import MINIMAL


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as archive:
        yield archive


def test_all_that_is_read_is_of_one_instant(archive: Archive) -> None:
    archive.add("tx-1", BEGIN, END)
    with looking(argparse.Namespace(state_dir=archive.folder)) as database:
        receipts = Receipts(database)
        assert receipts.numbers() == (1,)
        archive.add("tx-2")
        assert receipts.numbers() == (1,)
    with looking(argparse.Namespace(state_dir=archive.folder)) as database:
        assert Receipts(database).numbers() == (1, 2)


def test_who_may_not_look_into_the_folder_is_told_who_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", denied)
    with pytest.raises(StorageError, match=f"{tmp_path} may not be read; be root, or the station's user"):
        state_dir(argparse.Namespace(state_dir=tmp_path))


def test_settings_whose_other_files_are_not_for_this_user_tell_where_the_receipts_are(tmp_path: Path) -> None:
    file = tmp_path / "station.toml"
    file.write_text(MINIMAL.replace('password = "correct horse battery"', 'password_file = "/none"'))
    assert state_dir(argparse.Namespace(state_dir=None, config=file)) == Path("/var/lib/station")


class Terminal:
    def __init__(self, *, is_one: bool) -> None:
        self.written = ""
        self._is_one = is_one

    def isatty(self) -> bool:
        return self._is_one

    def write(self, text: str) -> int:
        self.written += text
        return len(text)

    def flush(self) -> None:
        pass


def test_who_sits_in_front_of_a_terminal_sees_how_far_it_is_and_nothing_remains_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal(is_one=True)
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(counted("ab", "sessions")) == ["a", "b"]
    assert terminal.written == "\r0 of 2 sessions\r1 of 2 sessions\r\x1b[K"


def test_a_file_or_pipe_gets_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = Terminal(is_one=False)
    monkeypatch.setattr(sys, "stderr", pipe)
    assert list(counted("ab", "sessions")) == ["a", "b"]
    assert pipe.written == ""


def test_content_goes_to_a_file_or_to_standard_output(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    put(b"\xff", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"\xff"
    put(b"\xff\r\n", None)
    assert capfdbinary.readouterr().out == b"\xff\r\n"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StationError, match=f"{tmp_path}/no/file cannot be written: No such file"):
        put(b"", tmp_path / "no" / "file")


def test_an_enumeration_leaves_out_what_there_is_not() -> None:
    assert told(["a", None, "", "b"]) == "a, b"
