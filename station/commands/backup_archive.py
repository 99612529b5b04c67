"""The file of a backup: a gzipped tar of plain files, the first of which says what the others are.

What is read is believed in nothing: names, kinds, sizes and hashes are checked before a byte is written where it was
not asked for. Raises StationError.
"""

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from station.core.documents import from_document, to_document
from station.errors import StationError

MANIFEST: Final = "manifest.json"
DATABASE: Final = "station.db"
WEB_ACCESS: Final = "web-access.json"
SETTINGS: Final = "settings.toml"
PASSWORD: Final = "csms-password"  # noqa: S105 the name of a file
"""What `csms.password_file` of the settings names."""
KEYS: Final = "certificates"
FORMAT: Final = 1

_NAME: Final = re.compile(
    rf"{re.escape(DATABASE)}|{re.escape(WEB_ACCESS)}|{re.escape(SETTINGS)}|{PASSWORD}"
    rf"|{KEYS}/[A-Za-z0-9_-]{{1,60}}/[A-Za-z0-9_-][A-Za-z0-9._-]{{0,99}}"
)
"""What a member may be called: no name leads out of the folder that it is unpacked to."""
_LONGEST_MANIFEST: Final = 1 << 20
_PIECE: Final = 1 << 20

Content = bytes | Path


class _UnfitError(Exception):
    """What is in the file is not what a backup has; the text says what."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is of, and what is in it."""

    format: int
    version: str
    """Of the station's software that made it."""
    created_at: datetime
    identity: str
    """Of the station; empty if it was made without the settings."""
    members: tuple[Member, ...]

    def has(self, name: str) -> bool:
        """Say whether it has a file of this name."""
        return any(member.name == name for member in self.members)

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the files of the key store."""
        return tuple(member.name for member in self.members if member.name.startswith(f"{KEYS}/"))


def pack(
    path: Path, contents: Mapping[str, Content], *, version: str, created_at: datetime, identity: str
) -> Manifest:
    """Write a new file that only its owner may read, and have it on the disk; what goes in must not change."""
    members = tuple(_member(name, content) for name, content in contents.items())
    manifest = Manifest(FORMAT, version, created_at, identity, members)
    text = json.dumps(to_document(manifest), indent=2).encode() + b"\n"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", format=tarfile.USTAR_FORMAT) as archive:
                for name, content in {MANIFEST: text, **contents}.items():
                    _add(archive, name, content, created_at)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, tarfile.TarError) as error:
        raise StationError(f"{path} cannot be written: {_why(error)}") from error
    return manifest


def check(path: Path) -> Manifest:
    """Read a backup to its end and check all that is in it; return what it is."""
    return _read(path, None)


def unpack(path: Path, folder: Path) -> Manifest:
    """Check a backup while its files are put into an empty folder; nobody else can read them there."""
    return _read(path, folder)


def manifest_of(path: Path) -> Manifest:
    """Return what a backup says that it is; nothing of it is checked but that."""
    with _opened(path) as archive:
        return _manifest(archive, next(iter(archive), None))


def read_small(path: Path, name: str) -> bytes:
    """Return one small file out of a backup, which `check` has found to be good."""
    with _opened(path) as archive:
        for info in archive:
            if info.name == name and (content := archive.extractfile(info)):
                return content.read(_LONGEST_MANIFEST)
    raise _UnfitError(f"there is no {name} in it")


def is_member(name: str) -> bool:
    """Say whether a file may be in a backup by this name."""
    return bool(_NAME.fullmatch(name))


def _read(path: Path, folder: Path | None) -> Manifest:
    with _opened(path) as archive:
        infos = iter(archive)
        manifest = _manifest(archive, next(infos, None))
        awaited = {member.name: member for member in manifest.members}
        for info in infos:
            member = awaited.pop(info.name, None)
            if member is None:
                raise _UnfitError(f"{_shown(info.name)} is in it, but not in its list, or twice")
            content = _plain(archive, info)
            if info.size != member.size or _save(content, folder / info.name if folder else None) != member.sha256:
                raise _UnfitError(f"{info.name} is not what its list says")
        if awaited:
            raise _UnfitError(f"{', '.join(awaited)} is in its list, but not in it")
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|gz") as archive:
            yield archive
    except (_UnfitError, tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, UnicodeError) as error:
        raise StationError(f"{path} is no backup of a station, or is damaged: {_why(error)}") from error
    except OSError as error:
        raise StationError(f"{error.filename or path}: {error.strerror or error}") from error


def _manifest(archive: tarfile.TarFile, info: tarfile.TarInfo | None) -> Manifest:
    if info is None or info.name != MANIFEST or info.size > _LONGEST_MANIFEST:
        raise _UnfitError(f"it does not begin with {MANIFEST}")
    try:
        document = json.loads(_plain(archive, info).read())
        if document["format"] != FORMAT:
            told = f"it has format {document['format']}, this version of the station reads {FORMAT}"
            raise _UnfitError(f"{told}; it was made by version {document.get('version')}")
        manifest = from_document(Manifest, document)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _UnfitError(f"its {MANIFEST} cannot be read: {error}") from error
    _check_names(manifest)
    return manifest


def _check_names(manifest: Manifest) -> None:
    names = [member.name for member in manifest.members]
    for name in names:
        if not isinstance(name, str) or not is_member(name):
            raise _UnfitError(f"its list names {_shown(name)}, which is no file of a station")
    if len(set(names)) != len(names):
        raise _UnfitError("its list names a file twice")
    if DATABASE not in names:
        raise _UnfitError(f"there is no {DATABASE} in its list")


def _plain(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    """Return the content of a plain file; anything else (a link, a folder, a device) has no place here."""
    content = archive.extractfile(info) if info.type in (tarfile.REGTYPE, tarfile.AREGTYPE) else None
    if content is None:
        raise _UnfitError(f"{_shown(info.name)} is no plain file")
    return content


def _save(content: IO[bytes], path: Path | None) -> str:
    """Return the hash of a content, which is written to a new file if there is a path."""
    if path is None:
        return _hashed(content, io.BytesIO(), keep=False)
    try:
        _make_folder(path.parent)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            sha256 = _hashed(content, file, keep=True)
            file.flush()
            os.fsync(file.fileno())
    except (gzip.BadGzipFile, zlib.error):
        raise
    except OSError as error:
        raise StationError(f"{path} cannot be written: {error.strerror}") from error
    return sha256


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700)


def _hashed(content: IO[bytes], file: IO[bytes], *, keep: bool) -> str:
    sha256 = hashlib.sha256()
    while piece := content.read(_PIECE):
        sha256.update(piece)
        if keep:
            file.write(piece)
    return sha256.hexdigest()


def _member(name: str, content: Content) -> Member:
    with _stream(content) as stream:
        sha256 = _hashed(stream, stream, keep=False)
        return Member(name, stream.tell(), sha256)


def _add(archive: tarfile.TarFile, name: str, content: Content, at: datetime) -> None:
    with _stream(content) as stream:
        info = tarfile.TarInfo(name)
        info.size = stream.seek(0, os.SEEK_END)
        info.mode, info.mtime = 0o600, int(at.timestamp())
        stream.seek(0)
        archive.addfile(info, stream)


def _stream(content: Content) -> IO[bytes]:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _shown(name: object) -> str:
    return ascii(name)[:100]


def _why(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
