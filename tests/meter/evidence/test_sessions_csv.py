"""The table of sessions, as a spreadsheet opens it."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.meter.evidence.sessions_csv import SessionRow, sessions_csv

ROW = SessionRow(
    number=3,
    transaction_id="6f0c8c1e-7d5c-4ba0-8f0e-6a2b3c4d5e6f",
    evse_id=1,
    id_token="12345678abcdef",
    started_at=datetime(2026, 7, 8, 10, 0, 28, 500, tzinfo=timezone(timedelta(hours=2))),
    ended_at=datetime(2026, 7, 8, 9, tzinfo=UTC),
    stopped_reason="Local",
    meter_serial="001BZR1521070006",
    begin_counter=4276,
    end_counter=4277,
    begin_wh=99840,
    end_wh=100000,
    energy_wh=150,
    signed="begin+end",
    findings=("clock", "registers_agree"),
    card_name="Anna",
)
HEADER = (
    "number,transaction_id,evse_id,id_token,started_at,ended_at,stopped_reason,meter_serial,begin_counter,end_counter,"
    "begin_wh,end_wh,energy_wh,signed,findings,card_name\r\n"
)


def cells(**changes: Any) -> dict[str, str]:
    (row,) = csv.DictReader(io.StringIO("".join(sessions_csv([replace(ROW, **changes)])), newline=""), strict=True)
    return row


def test_a_table_has_a_header_and_a_line_a_session() -> None:
    assert list(sessions_csv([ROW])) == [
        HEADER,
        "3,6f0c8c1e-7d5c-4ba0-8f0e-6a2b3c4d5e6f,1,12345678abcdef,2026-07-08T08:00:28Z,2026-07-08T09:00:00Z,Local,"
        "001BZR1521070006,4276,4277,99840,100000,150,begin+end,clock registers_agree,Anna\r\n",
    ]


def test_a_table_of_nothing_is_its_header() -> None:
    assert list(sessions_csv([])) == [HEADER]


def test_what_is_not_known_is_empty_and_zero_is_zero() -> None:
    row = cells(ended_at=None, stopped_reason=None, end_counter=None, energy_wh=0, findings=())
    assert (row["ended_at"], row["stopped_reason"], row["end_counter"], row["findings"]) == ("", "", "", "")
    assert row["energy_wh"] == "0"


@pytest.mark.parametrize("text", ['a,b"c', "two\r\nlines", "carriage\rreturn", 'x"', "semi;colon"])
def test_whatever_a_text_holds_is_read_back(text: str) -> None:
    assert cells(stopped_reason=text)["stopped_reason"] == text


@pytest.mark.parametrize("column", ["transaction_id", "id_token", "stopped_reason", "meter_serial", "card_name"])
@pytest.mark.parametrize("text", ["=1+1", "+49", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", '=HYPERLINK("x","y")'])
def test_no_text_becomes_a_formula(column: str, text: str) -> None:
    assert cells(**{column: text})[column] == "'" + text


@given(st.text(st.characters(codec="utf-8")))
def test_no_token_leaves_its_cell_or_starts_a_formula(token: str) -> None:
    cell = cells(id_token=token)["id_token"]
    assert cell in (token, "'" + token)
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
