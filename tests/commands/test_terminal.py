"""What is shown is coloured for people on a terminal, and plain in a pipe."""

import io
import os
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from station.commands import terminal
from station.commands.terminal import Column, Styled

ROWS = [("1", "short", Styled("ok", "good")), ("12", "a much longer text", Styled("failed", "bad"))]
COLUMNS = (Column("no", right=True), "what", "state")


class Tty(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def sit_down(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Tty]:
    """Let the rest of a test happen on a terminal."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def sit_down() -> Tty:
        stream = Tty()
        monkeypatch.setattr(sys, "stdout", stream)
        return stream

    return sit_down


def test_a_table_in_a_pipe_is_columns_without_a_frame(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.table(COLUMNS, ROWS)
    assert capsys.readouterr().out.splitlines() == [
        "no  what                state",
        " 1  short               ok",
        "12  a much longer text  failed",
    ]


def test_a_table_without_rows_is_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.table(COLUMNS, [])
    assert capsys.readouterr().out == "no  what  state\n"


def test_names_and_values_stand_in_two_columns(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.fields([("name", "CS001"), ("", Styled("more", "warn")), ("a longer name", "x")])
    assert capsys.readouterr().out.splitlines() == [
        "name           CS001",
        "               more",
        "a longer name  x",
    ]


@pytest.mark.parametrize("on_terminal", [True, False])
def test_nothing_reaches_a_terminal_that_it_would_obey(
    capsys: pytest.CaptureFixture[str], sit_down: Callable[[], Tty], on_terminal: bool
) -> None:
    tty = sit_down() if on_terminal else None
    evil = "a\x1b[2Jb\x07c\nd\u202e"
    terminal.say(evil)
    terminal.table(("x",), [(evil,)])
    terminal.fields([("x", Styled(evil, "bad"))])
    shown = tty.getvalue() if tty else capsys.readouterr().out
    assert shown
    for character in ("\x1b[2J", "\x07", "\u202e", "c\nd"):
        assert character not in shown


def test_on_a_terminal_it_is_coloured_and_says_the_same(sit_down: Callable[[], Tty]) -> None:
    tty = sit_down()
    terminal.heading("Outlets")
    terminal.table(COLUMNS, ROWS)
    terminal.say(Styled("failed", "bad"), "[bold]not markup[/bold] :smile:")
    text = tty.getvalue()
    assert "\x1b[1;31mfailed\x1b[0m" in text
    assert "[bold]not markup[/bold] :smile:" in text
    for word in ("Outlets", "no", "what", "a much longer text"):
        assert word in text


def test_a_line_is_never_broken(sit_down: Callable[[], Tty]) -> None:
    tty = sit_down()
    terminal.say("x" * 200)
    terminal.fields([("key", "y" * 200)])
    assert "x" * 200 in tty.getvalue()
    assert "y" * 200 in tty.getvalue()


def test_sentences_are_broken_between_words_on_a_terminal_and_stand_on_one_line_elsewhere(
    sit_down: Callable[[], Tty], capsys: pytest.CaptureFixture[str]
) -> None:
    sentences = f"Look at {'x' * 90} first. " + "Check the wires CP and PE between controller and socket. " * 2
    terminal.below(sentences, indent=8)
    assert capsys.readouterr().out == f"        {sentences}\n"
    tty = sit_down()
    terminal.below(Styled(sentences, "dim"), indent=8)
    lines = re.sub(r"\x1b\[[0-9]*m", "", tty.getvalue()).splitlines()
    assert " ".join(line.strip() for line in lines) == sentences.strip()
    assert all(line.startswith("        ") and (len(line) <= 80 or "xxx" in line) for line in lines)


@pytest.mark.parametrize("length", [14, 60, 200])
def test_a_column_that_is_whole_is_not_broken_on_any_terminal(sit_down: Callable[[], Tty], length: int) -> None:
    tty = sit_down()
    terminal.table(("no", Column("name", whole=True), "why"), [("1", "E" * length, "It does not charge. " * 10)])
    assert "E" * length in tty.getvalue()
    assert ("\x1b" in tty.getvalue()) is (length < 80)


@pytest.mark.parametrize("missing", ["rich", "terminal"])
def test_without_rich_or_on_a_dumb_terminal_it_is_plain(
    sit_down: Callable[[], Tty], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    if missing == "rich":
        for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "rich", None)
    else:
        monkeypatch.setenv("TERM", "dumb")
    tty = sit_down()
    terminal.table(COLUMNS, ROWS)
    assert "\x1b" not in tty.getvalue()
    assert tty.getvalue().splitlines()[2] == "12  a much longer text  failed"


def test_whoever_wants_no_colour_gets_none(sit_down: Callable[[], Tty], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    tty = sit_down()
    terminal.say(Styled("failed", "bad"))
    assert "31m" not in tty.getvalue()


def test_a_pipe_does_not_load_rich(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    loaded: list[str] = []
    real: Any = __import__

    def watched(name: str, *rest: Any, **more: Any) -> Any:
        loaded.append(name)
        return real(name, *rest, **more)

    monkeypatch.setattr("builtins.__import__", watched)
    terminal.say("x")
    terminal.table(COLUMNS, ROWS)
    assert not [name for name in loaded if name.startswith("rich")]
    assert os.linesep in capsys.readouterr().out
