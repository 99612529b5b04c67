"""One process a state folder."""

from pathlib import Path

import pytest

from station.errors import StorageError
from station.storage.lock import NAME, FolderLock


def test_a_folder_that_is_in_use_names_who_has_it(tmp_path: Path) -> None:
    lock = FolderLock.take(tmp_path)
    with pytest.raises(StorageError, match=r"in use by the station that runs, process \d+"):
        FolderLock.take(tmp_path)
    lock.release()
    FolderLock.take(tmp_path).release()


def test_a_lock_that_is_a_link_to_another_file_is_refused_and_the_file_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / NAME).symlink_to(precious)
    with pytest.raises(StorageError, match="cannot be written"):
        FolderLock.take(tmp_path)
    assert precious.read_text() == "precious"
