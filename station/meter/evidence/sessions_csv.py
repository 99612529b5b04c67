"""Sessions as a table for spreadsheets: CSV of RFC 4180; pure."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a text that begins so for a formula and runs it."""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session; the fields are the columns."""

    number: int
    transaction_id: str
    evse_id: int
    id_token: str
    """Empty if nobody is named."""
    started_at: datetime
    ended_at: datetime | None
    stopped_reason: str | None
    meter_serial: str | None
    begin_counter: int | None
    end_counter: int | None
    begin_wh: int | None
    """The total register at begin and end."""
    end_wh: int | None
    energy_wh: int | None
    """What the end record says more than the begin record."""
    signed: str
    """`begin+end`, `begin`, `end` or `none`."""
    findings: tuple[str, ...] = ()
    """Names of the checks that failed."""
    card_name: str = ""
    """What operators call the card; empty if they do not."""


def sessions_csv(rows: Iterable[SessionRow]) -> Iterator[str]:
    """Yield the header, then a row a session, lines ended by CRLF; times in UTC, missing values empty.

    A text that a spreadsheet would run as a formula gets an apostrophe in front: what a card or a CSMS may choose
    must not become a program at the operator's desk.
    """
    yield _line(field.name for field in fields(SessionRow))
    for row in rows:
        yield _line(_cell(value) for value in astuple(row))


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case tuple():
            return _harmless(" ".join(map(str, value)))
        case str():
            return _harmless(value)
        case _:
            return str(value)


def _harmless(text: str) -> str:
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
