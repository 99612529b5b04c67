"""One process a state folder: two stations would send each other's bills."""

import contextlib
import fcntl
import os
from pathlib import Path

from station.errors import StorageError

NAME = "station.lock"


class FolderLock:
    """Holds a folder until released or until the process ends, however it ends."""

    def __init__(self, file: int) -> None:
        self._file = file

    @classmethod
    def take(cls, folder: Path) -> "FolderLock":
        """Lock the folder; raises StorageError that names who holds it."""
        path = folder / NAME
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise StorageError(
                f"{path} cannot be written: {error.strerror}; give the folder {folder} to the user of the station,"
                " or set station.state_dir to another one"
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.truncate(file, 0)
            os.write(file, f"{os.getpid()}\n".encode())
        except OSError as error:
            holder = os.read(file, 20).decode("ascii", "replace").strip()
            os.close(file)
            if isinstance(error, BlockingIOError):
                raise StorageError(
                    f"{folder} is in use by the station that runs, process {holder or 'unknown'}; stop it first:"
                    " systemctl stop station"
                ) from error
            raise StorageError(f"{path} cannot be written: {error.strerror}") from error
        return cls(file)

    def release(self) -> None:
        """Let go of the folder; the file stays, for removing it would race with the next one."""
        with contextlib.suppress(OSError):
            os.close(self._file)
