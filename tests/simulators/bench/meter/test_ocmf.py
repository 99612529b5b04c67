"""OCMF texts, against those that real meters wrote."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulators.bench.meter import ocmf
from simulators.bench.meter.firmware import FIRMWARES, Firmware
from simulators.bench.meter.identity import MAKER, MODEL

VECTORS = json.loads(Path("tests/data/vectors.json").read_text("utf-8"))
BLOCKS: dict[str, dict[str, Any]] = {row["id"]: row["fields"] for row in VECTORS["snapshots"]}


def real(row: dict[str, Any]) -> bool:
    """Whether the text comes with its snapshot, from a firmware whose format the twin has."""
    return row["relation_to_snapshot"]["snapshot"] in BLOCKS and not row["firmware"].startswith("1.7")


def firmware_of(row: dict[str, Any]) -> Firmware:
    meter, communication = row["firmware"].split(", ")
    return replace(FIRMWARES["1.3" if "kWh" in row["ocmf"] else "1.2"], meter=meter, communication=communication)


def composed(fields: dict[str, Any], firmware: Firmware, flag: str = "S") -> str:
    return ocmf.payload(fields, maker=MAKER, model=MODEL, firmware=firmware, clock_flag=flag)


@pytest.mark.parametrize("row", [row for row in VECTORS["ocmf"] if real(row)], ids=lambda row: row["id"])
def test_what_a_real_meter_wrote_is_reproduced_byte_for_byte(row: dict[str, Any]) -> None:
    fields = BLOCKS[row["relation_to_snapshot"]["snapshot"]]
    signed = composed(fields, firmware_of(row), row["tm_flag"])
    assert ocmf.text(signed, bytes.fromhex(row["signature_der_hex"])) == row["ocmf"]


def fields_with(**changes: object) -> dict[str, Any]:
    return BLOCKS["001BZR1521070006-4276"] | changes


def test_an_unset_clock_is_written_as_1970_and_unknown() -> None:
    text = composed(fields_with(Epoch=None, TZO=None), FIRMWARES["1.3"], "U")
    assert '"TM":"1970-01-01T00:00:00,000+0000 U"' in text


def test_a_time_west_of_greenwich_has_a_minus() -> None:
    text = composed(fields_with(Epoch=1657267228, TZO=-210), FIRMWARES["1.3"])
    assert '"TM":"2022-07-08T04:30:28,000-0330 S"' in text


def test_event_bits_make_energy_and_time_invalid() -> None:
    text = composed(fields_with(Evt=1 << 16), FIRMWARES["1.3"])
    assert text.endswith('"EF":"Et","ST":"E"}]}')


def test_without_metadata_nobody_is_identified() -> None:
    text = composed(fields_with(Meta1="", Meta2="", Meta3=""), FIRMWARES["1.3"])
    assert '"IS":false,"IT":"UNDEFINED","ID":"","RD"' in text


def test_characters_that_would_break_the_text_are_escaped_and_json_reads_them_back() -> None:
    nasty = 'a|b"c\\d\te\xe4'
    text = composed(fields_with(Meta1=nasty), FIRMWARES["1.3"])
    assert "|" not in text
    assert "\\u007c" in text
    assert text.isascii()
    assert json.loads(text)["ID"] == nasty


def test_the_longest_plain_metadata_fit_and_escapes_may_not() -> None:
    full = fields_with(Meta1="a" * 140, Meta2="b" * 100, Meta3="c" * 100)
    assert ocmf.text(composed(full, FIRMWARES["1.3"]), bytes(72)) is not None
    assert ocmf.text(composed(full | {"Meta1": "|" * 140}, FIRMWARES["1.3"]), bytes(72)) is None
