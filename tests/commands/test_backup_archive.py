"""The file of a backup: what goes in comes out, and nothing that somebody made up gets anywhere."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.commands.backup_archive import DATABASE, MANIFEST, SETTINGS, check, is_member, pack, read_small, unpack
from station.errors import StationError

AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
CONTENTS = {DATABASE: b"x" * 3000, SETTINGS: b"[station]\n", "certificates/CSMSRootCertificate/0001.pem": b"pem"}


def packed(folder: Path, contents: Mapping[str, Any] = CONTENTS) -> Path:
    file = folder / "backup.tar.gz"
    pack(file, contents, version="1.2", created_at=AT, identity="CS-1")
    return file


def listed(*members: tuple[str, bytes], **more: Any) -> bytes:
    rows = [{"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in members]
    manifest = {"format": 1, "version": "1", "created_at": AT.isoformat(), "identity": "", "members": rows, **more}
    return json.dumps(manifest).encode()


def forged(folder: Path, *entries: tuple[str | tarfile.TarInfo, bytes]) -> Path:
    """An archive with whatever somebody likes to be in it."""
    file = folder / "forged.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        for entry, data in entries:
            info = entry if isinstance(entry, tarfile.TarInfo) else tarfile.TarInfo(entry)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file


def refused(file: Path, folder: Path) -> str:
    """Neither reading nor unpacking it works; return why."""
    with pytest.raises(StationError) as alone:
        check(file)
    with pytest.raises(StationError) as error:
        unpack(file, folder)
    assert str(alone.value) == str(error.value)
    assert str(file) in str(error.value)
    return str(error.value)


def test_what_goes_in_comes_out_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    (tmp_path / "db").write_bytes(CONTENTS[DATABASE])
    file = packed(tmp_path, {**CONTENTS, DATABASE: tmp_path / "db"})
    (tmp_path / "out").mkdir()
    manifest = unpack(file, tmp_path / "out")
    assert manifest == check(file)
    assert (manifest.identity, manifest.version, manifest.created_at) == ("CS-1", "1.2", AT)
    assert manifest.keys == ("certificates/CSMSRootCertificate/0001.pem",)
    assert (manifest.has(SETTINGS), manifest.has("web-access.json")) == (True, False)
    found = {path.relative_to(tmp_path / "out").as_posix(): path for path in (tmp_path / "out").rglob("*")}
    assert {name: path.read_bytes() for name, path in found.items() if path.is_file()} == CONTENTS
    assert {path.stat().st_mode & 0o077 for path in found.values()} == {0}
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_small(file, SETTINGS) == b"[station]\n"


def test_other_tools_can_read_it(tmp_path: Path) -> None:
    with tarfile.open(packed(tmp_path)) as archive:
        assert archive.getnames() == [MANIFEST, *CONTENTS]


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    file = packed(tmp_path)
    before = file.read_bytes()
    with pytest.raises(StationError, match="cannot be written: File exists"):
        packed(tmp_path)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("station.db", True),
        ("web-access.json", True),
        ("settings.toml", True),
        ("certificates/ChargingStationCertificate/0001.key", True),
        ("station.db-wal", False),
        ("station.lock", False),
        ("manifest.json", False),
        ("/etc/passwd", False),
        ("../station.db", False),
        ("certificates/../station.db", False),
        ("certificates/a/../../x", False),
        ("certificates/a/..", False),
        ("certificates/a/.hidden", False),
        ("certificates//x", False),
        ("certificates/x", False),
        ("certificates/a/b/c", False),
        ("certificates/a/b\n", False),
        ("station.db\n", False),
        ("", False),
    ],
)
def test_only_what_a_station_has_may_be_in_it(tmp_path: Path, name: str, allowed: bool) -> None:
    assert is_member(name) is allowed
    file = forged(tmp_path, (MANIFEST, listed((DATABASE, b"x"), (name, b"y"))), (DATABASE, b"x"), (name, b"y"))
    out = tmp_path / "out" / "deep"
    out.mkdir(parents=True)
    if allowed and name != DATABASE:
        unpack(file, out)
        assert (out / name).read_bytes() == b"y"
    else:
        refused(file, out)
        assert not [path for path in (tmp_path / "out").rglob("*") if path != out]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_links_folders_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo(SETTINGS)
    info.type, info.linkname = kind, "/etc/passwd"
    file = forged(tmp_path, (MANIFEST, listed((DATABASE, b"x"), (SETTINGS, b""))), (DATABASE, b"x"), (info, b""))
    (tmp_path / "out").mkdir()
    assert "'settings.toml' is no plain file" in refused(file, tmp_path / "out")
    assert not (tmp_path / "out" / SETTINGS).exists()


def test_a_link_that_waits_where_a_file_is_to_be_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "out" / DATABASE).symlink_to(tmp_path / "victim")
    with pytest.raises(StationError, match="cannot be written"):
        unpack(packed(tmp_path), tmp_path / "out")
    assert (tmp_path / "victim").read_text() == "mine"


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([], "it does not begin with manifest.json"),
        ([(DATABASE, b"x")], "it does not begin with manifest.json"),
        ([(MANIFEST, b"{")], "its manifest.json cannot be read"),
        ([(MANIFEST, b"[]")], "its manifest.json cannot be read"),
        ([(MANIFEST, b"\xff")], "its manifest.json cannot be read"),
        ([(MANIFEST, b"[" * 100_000)], "its manifest.json cannot be read"),
        ([(MANIFEST, listed((DATABASE, b"x"), members=[{"name": 7}]))], "its manifest.json cannot be read"),
        ([(MANIFEST, listed(format=2, version="9.0"))], "it has format 2, this version of the station reads 1"),
        ([(MANIFEST, listed())], "there is no station.db in its list"),
        ([(MANIFEST, listed((DATABASE, b"x"), (DATABASE, b"x")))], "its list names a file twice"),
        ([(MANIFEST, listed((DATABASE, b"x")))], "station.db is in its list, but not in it"),
        ([(MANIFEST, listed((DATABASE, b"x"))), (DATABASE, b"y")], "station.db is not what its list says"),
        ([(MANIFEST, listed((DATABASE, b"x"))), (DATABASE, b"xx")], "station.db is not what its list says"),
        ([(MANIFEST, listed((DATABASE, b"x"))), (DATABASE, b"x"), (DATABASE, b"x")], "not in its list, or twice"),
        ([(MANIFEST, listed((DATABASE, b"x"))), (DATABASE, b"x"), ("../x", b"x")], "'../x' is in it, but not in its"),
        ([(MANIFEST, listed((DATABASE, b"x"))), (MANIFEST, b"{}"), (DATABASE, b"x")], "not in its list, or twice"),
        ([(MANIFEST, b" " * (1 << 20) + listed((DATABASE, b"x")))], "it does not begin with manifest.json"),
    ],
)
def test_why_a_file_is_no_backup_is_said(tmp_path: Path, entries: list[tuple[str, bytes]], why: str) -> None:
    (tmp_path / "out").mkdir()
    assert why in refused(forged(tmp_path, *entries), tmp_path / "out")


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x1f\x8b", gzip.compress(b"hello"), gzip.compress(b"x" * 5000)],
    ids=["nothing", "text", "a beginning", "short", "long"],  # a gzip file tells when it was made
)
def test_what_is_no_archive_at_all_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    (tmp_path / "out").mkdir()
    assert "is no backup of a station, or is damaged" in refused(tmp_path / "file", tmp_path / "out")


@pytest.mark.parametrize("file", ["missing", "."])
def test_what_cannot_be_read_is_named(tmp_path: Path, file: str) -> None:
    with pytest.raises(StationError, match=str(tmp_path)):
        check(tmp_path / file)


def test_of_a_file_that_was_cut_short_all_is_there_or_it_is_refused(tmp_path: Path) -> None:
    content, manifest = packed(tmp_path).read_bytes(), check(tmp_path / "backup.tar.gz")
    short, refusals = tmp_path / "short", 0
    for length in range(0, len(content), 7):
        short.write_bytes(content[:length])
        try:
            assert check(short) == manifest  # only what a tar is filled up with was cut off
        except StationError:
            refusals += 1
    assert refusals > len(content) // 7 - 10


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(min_value=10), flip=st.integers(1, 255))
def test_a_flipped_bit_either_changes_nothing_or_is_found(tmp_path: Path, at: int, flip: int) -> None:
    content = bytearray((tmp_path / "backup.tar.gz").read_bytes() if (tmp_path / "backup.tar.gz").exists() else b"")
    content = content or bytearray(packed(tmp_path).read_bytes())
    manifest = check(tmp_path / "backup.tar.gz")
    content[at % len(content)] ^= flip
    (tmp_path / "flipped").write_bytes(content)
    try:
        assert check(tmp_path / "flipped").members == manifest.members
    except StationError as error:
        assert str(tmp_path / "flipped") in str(error)  # noqa: PT017
