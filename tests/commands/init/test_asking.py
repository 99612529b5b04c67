"""Where answers come from."""

import argparse
from typing import Any

import pytest

from station.commands.init.asking import Answers, MissingError, Nobody, Person, anything
from station.errors import StationError


def not_x(answer: str) -> str:
    return "no x, please" if answer == "x" else ""


class Typing:
    """A person who types lines."""

    def __init__(self, *lines: str) -> None:
        self._lines = iter(lines)
        self.asked: list[str] = []

    def __call__(self, question: str) -> str:
        self.asked.append(question)
        return next(self._lines)


def test_whoever_hangs_up_is_told_that_nothing_was_written(capsys: Any) -> None:
    def hung_up(_question: str) -> str:
        raise EOFError

    with pytest.raises(MissingError, match=r"nothing was written.*--identity"):
        Person(hung_up).ask("--identity", "identity", default=None, check=anything)


def answers(asker: Any, **options: Any) -> Answers:
    names = {"identity": None, "evse_id": None, "web": None, "reader": None, "timezone": None, "trust_clock": False}
    return Answers(argparse.Namespace(**names | options), asker)


def test_an_option_is_an_answer_and_nobody_is_asked(capsys):
    typing = Typing()
    given = answers(Person(typing), identity="CS1", web=True)
    assert given.text("identity", "identity") == "CS1"
    assert given.flag("web", "page", default=False) is True
    assert typing.asked == []


def test_an_option_that_cannot_be_taken_is_told():
    with pytest.raises(StationError, match="--identity x: no x, please"):
        answers(Nobody(), identity="x").text("identity", "identity", check=not_x)
    with pytest.raises(StationError, match="--evse-id x: no x, please"):
        answers(Nobody(), evse_id=["x"]).each("evse_id", 1, "name", check=not_x)


def test_a_person_is_asked_until_the_answer_can_be_taken(capsys):
    typing = Typing("x", "", " y ")
    assert answers(Person(typing)).text("identity", "identity", check=not_x) == "y"
    assert typing.asked == ["identity: "] * 3
    assert capsys.readouterr().out.splitlines() == ["no x, please", "an answer is needed"]


def test_an_empty_line_takes_what_is_offered():
    typing = Typing("")
    assert answers(Person(typing)).text("identity", "identity", default="usual") == "usual"
    assert typing.asked == ["identity [usual]: "]


def test_nothing_may_be_an_answer_too():
    assert answers(Person(Typing(""))).text("identity", "identity", default="") == ""


def test_yes_and_no_are_understood(capsys):
    given = answers(Person(Typing("maybe", "Y", "no", "")))
    assert given.flag("web", "page", default=False) is True
    assert given.flag("web", "page", default=True) is False
    assert given.flag("web", "page", default=True) is True


def test_without_a_person_what_is_usual_is_taken_and_all_that_is_missing_is_told_at_once():
    nobody = Nobody()
    given = answers(nobody)
    assert given.text("identity", "identity", default="usual") == "usual"
    assert given.flag("web", "page", default=True) is True
    nobody.all_there()
    given.text("identity", "how it is called")
    given.each("evse_id", 2, "name")
    with pytest.raises(MissingError, match=r"--identity \(how it is called\); --evse-id \(EVSE 2: name\)"):
        nobody.all_there()


def test_an_option_for_each_evse_counts_for_those_after_the_last_too():
    given = answers(Nobody(), evse_id=["a", "b"])
    assert [given.each("evse_id", number, "name") for number in (1, 2, 3)] == ["a", "b", "b"]


def test_what_nobody_is_asked_for_has_a_default():
    assert answers(Nobody()).option("timezone", "system") == "system"
    assert answers(Nobody(), timezone="Asia/Tokyo").option("timezone", "system") == "Asia/Tokyo"
    assert answers(Nobody(), reader=["a", "b"]).given("reader") == ["a", "b"]
    assert answers(Nobody()).given("reader") == []
    assert answers(Nobody(), trust_clock=True).switch("trust_clock") is True
