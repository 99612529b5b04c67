"""The files of the pages: known before anybody asks, read and packed once, kept packed."""

import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.web.asking import JSON

FOLDER: Final = Path(__file__).parent / "static"
MEDIA: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": JSON,
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
"""Files of other kinds are not served."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the pages."""

    media: str
    etag: str
    packed: bytes
    """With gzip."""

    @property
    def content(self) -> bytes:
        """The file as it is, for the few who cannot unpack it."""
        return gzip.decompress(self.packed)


class Assets:
    """All files there are, by their path below the folder; what is not among them does not exist."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._paths = {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.suffix in MEDIA and path.is_file() and not path.is_symlink()
        }
        self._kept: dict[str, Asset] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The paths of all files."""
        return tuple(self._paths)

    def get(self, name: str) -> Asset | None:
        """Return a file; None if there is none of that path."""
        path = self._paths.get(name)
        if path is None:
            return None
        return self.made(name, MEDIA[path.suffix], path.read_bytes)

    def made(self, name: str, media: str, make: Callable[[], bytes]) -> Asset:
        """Return what is made when it is asked for first."""
        if name not in self._kept:
            self._kept[name] = _packed(make(), media)
        return self._kept[name]


def _packed(content: bytes, media: str) -> Asset:
    """Return content as it is kept."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return Asset(media, etag, gzip.compress(content, mtime=0))
