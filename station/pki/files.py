"""Files that only the station reads, each there as a whole or not at all."""

import os
from pathlib import Path

import structlog

FOLDER_MODE, FILE_MODE = 0o700, 0o600
UNFINISHED = ".new"
"""What a file is called until all of it is on the disk."""

log = structlog.get_logger("station.pki")


def make_folder(folder: Path) -> None:
    """Make a folder that nobody else can look into; mend one that others can."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    _mend(folder, FOLDER_MODE)


def tidy(folder: Path) -> None:
    """Remove what a power cut left unfinished, and take away permissions that nobody needs."""
    for path in folder.iterdir():
        if path.is_symlink():
            # What it leads to is not ours to change, and its permissions are not ours to vouch for.
            log.warning("link_in_key_store", path=str(path), remedy="put the file itself here")
        elif path.suffix == UNFINISHED:
            remove(path)
            log.info("unfinished_file_removed", file=path.name)
        elif path.is_file():
            _mend(path, FILE_MODE)


def write(path: Path, text: str) -> None:
    """Write a file, instead of the one before; whatever happens, one of the two is there whole."""
    unfinished = path.with_name(path.name + UNFINISHED)
    unfinished.unlink(missing_ok=True)
    # O_EXCL and the mode in one step: at no moment is there a file that somebody else could read or had put there.
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)  # noqa: PTH105 one family of calls, so that a test can cut the power at each
    _sync(path.parent)


def remove(path: Path) -> None:
    """Remove a file for good; one that is not there is no error."""
    path.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mend(path: Path, mode: int) -> None:
    found = path.stat().st_mode & 0o777
    if found & ~mode:
        path.chmod(mode)
        log.warning("permissions_mended", path=str(path), found=f"{found:03o}", mended=f"{mode:03o}")
