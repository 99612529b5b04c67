"""`station meter dump`: registers of the meter, as they are and what they mean."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, TextIO

from station.commands.meter import words
from station.commands.meter.connection import Connection, with_meter
from station.commands.meter.progress import progress
from station.meter.map_view import MOST, Row, check, rows, spans
from station.meter.registers import FIRST, LAST

RAW_A_LINE: Final = 8
LONGEST_TEXT: Final = 40
LONGEST_RAW: Final = 4

Form = Callable[[int, Sequence[int]], Iterator[str]]
"""Makes lines of the registers from an address on."""


def run(options: argparse.Namespace) -> int:
    """Show the whole map, or the registers that were asked for."""
    whole = options.offset is None
    first, count = (FIRST, LAST + 1 - FIRST) if whole else (options.offset, options.count)
    if problem := check(first, count):
        options.misuse(problem)
    form = raw if options.raw else as_json if options.json else table
    return with_meter(options, partial(dump, first=first, count=count, form=form, out=sys.stdout, err=sys.stderr))


async def dump(connection: Connection, *, first: int, count: int, form: Form, out: TextIO, err: TextIO) -> int:
    """Read registers of whatever answers, and print them; progress is shown if that takes seconds."""
    found: list[int] = []

    async def read() -> None:
        for span in spans(first, count):
            found.extend(await connection.device.read_registers(span.start, len(span)))

    if count > MOST:
        async with progress(f"{count} registers", err, state=lambda: f"{len(found)} read"):
            await read()
    else:
        await read()
    print(*form(first, found), sep="\n", file=out)
    return 0


def table(first: int, registers: Sequence[int]) -> Iterator[str]:
    """Yield one line a point: address, name, value and registers; long ones are cut."""
    for row in rows(first, registers):
        shown = row.words[:LONGEST_RAW] if len(row.words) > LONGEST_RAW else row.words
        more = f" ... of {len(row.words)}" if len(row.words) > LONGEST_RAW else ""
        yield f"{row.address}  {row.name:19}  {_value(row):{LONGEST_TEXT}}  {_hex(shown)}{more}"


def raw(first: int, registers: Sequence[int]) -> Iterator[str]:
    """Yield an address and the eight registers from there on, in hex."""
    for at in range(0, len(registers), RAW_A_LINE):
        yield f"{first + at}: {_hex(registers[at : at + RAW_A_LINE])}"


def as_json(first: int, registers: Sequence[int]) -> Iterator[str]:
    """Yield one JSON document with everything, one point a line."""
    lines = [
        json.dumps(
            {
                "address": row.address,
                "point": row.name,
                "value": row.value.hex() if isinstance(row.value, bytes) else row.value,
                "unit": row.unit,
                "meaning": row.meaning,
                "whole": row.whole,
                "registers": "".join(f"{word:04x}" for word in row.words),
            }
        )
        for row in rows(first, registers)
    ]
    yield "[\n" + ",\n".join(lines) + "\n]"


def _value(row: Row) -> str:
    match row.value:
        case None:
            return "-" if row.whole else "(in part)"
        case str() as text:
            return _cut(words.printable(f'"{text}"'))
        case bytes() as blob:
            return f"{blob[:8].hex()} ... of {len(blob)} bytes"
        case float() as number:
            told = f"{number:.10g}"
        case number:
            told = str(number)
    return " ".join(filter(None, (told, row.unit, row.meaning and f"({row.meaning})")))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 4]} ..."


def _hex(registers: Sequence[int]) -> str:
    return " ".join(f"{register:04x}" for register in registers)
