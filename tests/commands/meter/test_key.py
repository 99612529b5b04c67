"""`station meter key`: all forms of one key, and the QR code that carries it."""

import base64
import hashlib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import segno

from station.commands.meter import qr as meter_qr
from station.commands.meter.key import show
from station.errors import StationError
from station.meter.keys import parse_key
from tests.commands.meter.laptop import at_bench, at_fake


async def test_all_forms_are_the_key_of_the_meter(tmp_path: Path) -> None:
    async with at_bench(tmp_path) as (_, laptop):
        assert await show(laptop.connection, out=laptop.out) == 0
        key = (await laptop.connection.meter.identify()).public_key
    serial, fingerprint, der, oca, in_base64 = laptop.out.getvalue().splitlines()[1::2]
    assert serial.strip() == "001BZR1521070001"
    assert fingerprint.strip() == hashlib.sha256(key).hexdigest()
    assert der.strip() == key.hex()
    assert oca.strip() == f"oca:base16:asn1:{key.hex()}"
    assert base64.b64decode(in_base64.strip()).decode() == oca.strip()
    assert {parse_key(text.strip()) for text in (der, oca, in_base64)} == {key}


async def test_the_code_is_shown_where_it_can_be_scanned_only() -> None:
    with at_fake() as (device, laptop):
        await show(laptop.connection, out=laptop.out)
        assert "█" not in laptop.out.getvalue()
        await show(laptop.connection, out=laptop.out, with_qr=True)
        lines = meter_qr.on_terminal(f"oca:base16:asn1:{device.public_key.hex()}")
    assert laptop.out.getvalue().endswith("\n".join(lines) + "\n")
    assert len(lines) < 32


def test_the_code_on_the_terminal_has_its_modules_where_they_belong() -> None:
    text = "oca:base16:asn1:" + "3059" * 45
    rows: list[list[int]] = []
    for line in meter_qr.on_terminal(text):
        assert line.startswith("\x1b[30;107m")
        assert line.endswith("\x1b[0m")
        drawn = line.removeprefix("\x1b[30;107m").removesuffix("\x1b[0m")
        rows += [[letter in "▀█" for letter in drawn], [letter in "▄█" for letter in drawn]]
    code = segno.make_qr(text, error="l")
    expected = [[bool(module) for module in row] for row in code.matrix_iter(border=4)]
    assert rows[: len(expected)] == expected
    assert not any(any(row) for row in rows[len(expected) :])


async def test_the_picture_is_dark_on_light_svg(tmp_path: Path) -> None:
    with at_fake() as (_, laptop):
        await show(laptop.connection, out=laptop.out, svg=tmp_path / "key.svg")
    picture = ET.fromstring((tmp_path / "key.svg").read_bytes())
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    light, dark = picture.iter("{http://www.w3.org/2000/svg}path")
    assert (light.get("fill"), dark.get("stroke")) == ("#fff", "#000")


async def test_a_picture_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with at_fake() as (_, laptop), pytest.raises(StationError, match=f"{tmp_path}/no/key.svg cannot be written"):
        await show(laptop.connection, out=laptop.out, svg=tmp_path / "no" / "key.svg")
