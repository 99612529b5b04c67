"""Numbered certificates in a folder: what came last has the highest number.

A root is a file `0007.pem`. An identity is a key `0007.key`, to which `0007.pem` comes when somebody has signed it;
until then the key is pending. Each step is one file that is there or not, so that a power cut finds no half of one.
"""

from collections.abc import Callable
from pathlib import Path

from station.pki import files

CHAIN, KEY = ".pem", ".key"


class Shelf:
    """Files by number in one folder, which is made when something is put into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def tidy(self) -> None:
        """Remove what a power cut left, and mend permissions. Not beside a station that runs."""
        if self.folder.is_dir():
            files.make_folder(self.folder)
            files.tidy(self.folder)

    def chains(self) -> list[Path]:
        """Return what is installed, the newest first."""
        return self._newest_first(CHAIN)

    def remove(self, chain: Path) -> None:
        """Remove what is installed."""
        files.remove(chain)

    def _newest_first(self, suffix: str) -> list[Path]:
        if not self.folder.is_dir():
            return []
        found = (path for path in self.folder.iterdir() if path.suffix == suffix and path.stem.isdecimal())
        return sorted(found, key=_number, reverse=True)

    def _next(self) -> Path:
        files.make_folder(self.folder)
        numbers = [_number(path) for path in (*self._newest_first(CHAIN), *self._newest_first(KEY))]
        return self.folder / f"{max(numbers, default=0) + 1:04}"


class RootShelf(Shelf):
    """Roots of one use."""

    def add(self, pem: str) -> Path:
        """Install a root; the newest now."""
        path = self._next().with_suffix(CHAIN)
        files.write(path, pem)
        return path


class IdentityShelf(Shelf):
    """Keys of one use, with their chains; one key at most waits for its chain."""

    def tidy(self) -> None:
        super().tidy()
        for chain in super().chains():
            if not key_of(chain).exists():  # a power cut between the two steps of `remove`
                files.remove(chain)
        if pending := self.pending():  # or between those of `await_chain`
            self.drop_pending(lambda key: key != pending)

    def chains(self) -> list[Path]:
        """Return the chains that have their key, the newest first."""
        return [chain for chain in super().chains() if key_of(chain).exists()]

    def pending(self) -> Path | None:
        """Return the key that waits for its chain."""
        return next((key for key in self._newest_first(KEY) if not key.with_suffix(CHAIN).exists()), None)

    def await_chain(self, key_pem: str) -> Path:
        """Keep a new key until its chain comes; one that waited before is dropped after that."""
        path = self._next().with_suffix(KEY)
        files.write(path, key_pem)
        self.drop_pending(lambda key: key != path)
        return path

    def drop_pending(self, which: Callable[[Path], bool] = lambda _key: True) -> None:
        """Forget keys that wait for a chain."""
        for key in self._newest_first(KEY):
            if not key.with_suffix(CHAIN).exists() and which(key):
                files.remove(key)

    def complete(self, key: Path, chain_pem: str) -> Path:
        """Give a key its chain: from here on both are in use."""
        chain = key.with_suffix(CHAIN)
        files.write(chain, chain_pem)
        return chain

    def remove(self, chain: Path) -> None:
        """Remove a key and its chain."""
        # The key first: a chain without a key is seen to be rubbish, a key without a chain would wait for one.
        files.remove(key_of(chain))
        files.remove(chain)


def key_of(chain: Path) -> Path:
    """Return where the key of a chain is."""
    return chain.with_suffix(KEY)


def _number(path: Path) -> int:
    return int(path.stem)
