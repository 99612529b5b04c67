"""What commands show: in colour and frames on a terminal that can, plain columns in a pipe.

The one place that knows of `rich`, which need not be there: the extra `terminal` brings it.
"""

import os
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

GAP: Final = "  "
NARROWEST: Final = 12
"""What a text that may be broken gets of a line, at least."""
STYLES: Final[Mapping[str, str]] = {
    "": "",
    "good": "green",
    "warn": "yellow",
    "bad": "bold red",
    "dim": "dim",
    "strong": "bold",
}


@dataclass(frozen=True, slots=True)
class Styled:
    """A text that means something: `good`, `warn`, `bad`, `dim` or `strong`. It has to say so in words too."""

    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand at its right side, and what is `whole` is never broken."""

    name: str
    right: bool = False
    whole: bool = False


Cell = str | Styled


def say(*cells: Cell) -> None:
    """Print one line: its parts with a blank in between. It is not broken, so that it can be searched and copied."""
    if (console := _console()) is None:
        print(" ".join(_text_of(cell) for cell in cells))
        return
    from rich.text import Text

    console.print(Text(" ").join(_rich(cell) for cell in cells), soft_wrap=True)


def below(text: Cell, *, indent: int) -> None:
    """Print what belongs to the line above, further in; a terminal breaks it between words, as people read it."""
    if (console := _console()) is None:
        print(f"{' ' * indent}{_text_of(text)}")
        return
    style = text.style if isinstance(text, Styled) else ""
    width = max(console.width - indent, NARROWEST)
    for line in textwrap.wrap(_text_of(text), width, break_long_words=False, break_on_hyphens=False):
        say(" " * (indent - 1), Styled(line, style))


def heading(text: str) -> None:
    """Print an empty line, and what stands above the lines that follow."""
    print()
    say(Styled(text, "strong"))


def table(columns: Sequence[Column | str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print a table; only its head if there are no rows. One that is too wide for the terminal has plain columns."""
    heads = [column if isinstance(column, Column) else Column(column) for column in columns]
    cells = [list(row) for row in rows]
    console = _console()
    if console is None or _least_width(heads, cells) > console.width:
        _print_plain(heads, cells)
    else:
        console.print(_rich_table(heads, cells))


def fields(pairs: Iterable[tuple[str, Cell]]) -> None:
    """Print names and values, one pair a line; a long value is not broken."""
    named = list(pairs)
    width = max((len(name) for name, _ in named), default=0)
    for name, value in named:
        say(Styled(name.ljust(width), "dim"), "", value)


def plain(text: str) -> str:
    """Return a text on one line, without what a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text)


def _text_of(cell: Cell) -> str:
    return plain(cell.text if isinstance(cell, Styled) else cell)


def _least_width(heads: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> int:
    """Return how narrow a table can be; sentences are broken, numbers and names are not."""
    columns = zip(*([head.name for head in heads], *([_text_of(cell) for cell in row] for row in rows)), strict=True)
    widths = [max(map(len, column)) for column in columns]
    least = (width if head.whole else min(width, NARROWEST) for head, width in zip(heads, widths, strict=True))
    return sum(least) + len(GAP) * (len(heads) - 1)


def _print_plain(heads: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    texts = [[column.name for column in heads], *([_text_of(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for line in texts:
        padded = (
            text.rjust(width) if head.right else text.ljust(width)
            for head, text, width in zip(heads, line, widths, strict=True)
        )
        print(GAP.join(padded).rstrip())


def _console() -> "Console | None":
    """Return where to print in colour; None if nobody sees it, or the terminal or this computer cannot."""
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return None
    try:
        from rich.console import Console  # late: loading it takes a tenth of a second
    except ImportError:
        return None
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


def _rich_table(heads: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> "Table":
    from rich import box
    from rich.table import Table

    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for head in heads:
        shown.add_column(head.name, justify="right" if head.right else "left", overflow="fold", no_wrap=head.whole)
    for row in rows:
        shown.add_row(*map(_rich, row))
    return shown


def _rich(cell: Cell) -> "Text":
    from rich.text import Text

    return Text(_text_of(cell), STYLES[cell.style] if isinstance(cell, Styled) else "")
