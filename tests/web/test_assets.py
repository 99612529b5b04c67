"""The files of the pages: those there are, read once, sent packed, and only when they are new."""

import gzip
import re
from pathlib import Path

import pytest

from station.web.assets import FOLDER, MEDIA, Assets
from tests.web.house import house


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "js").mkdir(parents=True)
    (folder / "js" / "a.js").write_text("let a = 1;\n")
    (folder / "notes.txt").write_text("not served")
    (tmp_path / "secret.js").write_text("secret")
    (folder / "link.js").symlink_to(tmp_path / "secret.js")
    return folder


def test_only_known_kinds_of_files_are_served(folder: Path) -> None:
    assets = Assets(folder)
    assert assets.names == ("js/a.js",)
    for name in ("notes.txt", "link.js", "../secret.js", "js", "", "js/../js/a.js", str(folder / "js" / "a.js")):
        assert assets.get(name) is None


def test_a_file_is_read_once(folder: Path) -> None:
    assets = Assets(folder)
    first = assets.get("js/a.js")
    assert first is not None
    (folder / "js" / "a.js").unlink()
    assert assets.get("js/a.js") is first
    assert first.content == b"let a = 1;\n"
    assert gzip.decompress(first.packed) == first.content
    assert first.media == "text/javascript; charset=utf-8"


def test_an_etag_belongs_to_the_content(folder: Path) -> None:
    (folder / "same.js").write_text("let a = 1;\n")
    (folder / "other.js").write_text("let a = 2;\n")
    assets = Assets(folder)
    one, same, other = (assets.get(name) for name in ("js/a.js", "same.js", "other.js"))
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.etag == same.etag != other.etag
    assert re.fullmatch('"[0-9a-f]{32}"', one.etag)


def test_what_is_made_is_made_once(folder: Path) -> None:
    assets, made = Assets(folder), []

    def make() -> bytes:
        made.append(1)
        return b"{}"

    first = assets.made("openapi", "application/json", make)
    assert assets.made("openapi", "application/json", make) is first
    assert made == [1]
    assert assets.get("openapi") is None


def test_every_file_of_the_pages_has_a_known_kind() -> None:
    others = {path.name for path in FOLDER.rglob("*") if path.is_file() and path.suffix not in MEDIA}
    assert {name for name in others if "LICENSE" not in name and not name.endswith(".md")} == set()


async def test_a_file_is_sent_packed_to_who_can_unpack_it(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        plain = (FOLDER / "js" / "api.js").read_bytes()
        for accepts, encoding in (("gzip, deflate", "gzip"), ("identity", None), ("br", None)):
            headers = {"Accept-Encoding": accepts}
            async with page.ask("GET", "/static/js/api.js", headers=headers) as answer:
                assert answer.headers.get("Content-Encoding") == encoding
                assert answer.headers["Vary"] == "Accept-Encoding"
                assert await answer.read() == plain


async def test_a_file_that_is_not_new_is_not_sent_again(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        async with page.ask("GET", "/static/js/api.js") as answer:
            etag = answer.headers["ETag"]
            assert answer.headers["Cache-Control"] == "no-cache"
        for known, status in ((etag, 304), (f'W/"x", {etag}', 304), ('"x"', 200)):
            async with page.ask("GET", "/static/js/api.js", headers={"If-None-Match": known}) as answer:
                assert answer.status == status
                assert answer.headers["ETag"] == etag
                assert bool(await answer.read()) == (status == 200)


@pytest.mark.parametrize(
    ("path", "name"), [("/", "index.html"), ("/operator", "operator.html"), ("/receipt/tx-1", "receipt.html")]
)
async def test_each_page_has_its_file(tmp_path: Path, path: str, name: str) -> None:
    async with house(tmp_path) as page, page.ask("GET", f"{path}?lang=de&kiosk=1&evse=1") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert await answer.read() == (FOLDER / name).read_bytes()
