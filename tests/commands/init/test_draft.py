"""A commented TOML file, edited as text."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.commands.init.draft import Draft, keys_of, literal
from tests.settings.files import SHIPPED

TEXT = """# What this is.

[one]
a = "x"        # says a
# b = 2        # says b; set it
c = ["p", "q"] # a list
               # and more about it

# A thing, twice.
[[thing]]
name = "first" # its name
# [thing.part]
# size = 1

[[thing]]
name = "second"

[last]
"d.e" = true
"""


def test_what_is_not_changed_stays_as_it_is():
    assert Draft(TEXT).text() == TEXT
    assert Draft(SHIPPED.read_text()).text() == SHIPPED.read_text()


def test_a_value_is_changed_and_its_comment_stays_in_its_column():
    draft = Draft(TEXT)
    draft.section("one").set("a", "yy")
    draft.section("one").set("c", ["r"])
    lines = draft.text().splitlines()
    assert lines[3] == 'a = "yy"       # says a'
    assert lines[5] == 'c = ["r"]      # a list'
    assert lines[6] == "               # and more about it"


def test_a_value_that_is_too_long_pushes_its_comment():
    draft = Draft(TEXT)
    draft.section("one").set("a", "a long text")
    assert 'a = "a long text" # says a' in draft.text()


def test_a_key_that_is_a_comment_begins_to_count():
    draft = Draft(TEXT)
    draft.section("one").set("b", 3)
    assert "b = 3          # says b; set it" in draft.text()
    assert tomllib.loads(draft.text())["one"]["b"] == 3


def test_a_quoted_key_is_found_by_its_name():
    draft = Draft(TEXT)
    draft.section("last").set("d.e", False)
    assert tomllib.loads(draft.text())["last"] == {"d.e": False}


def test_a_key_that_is_not_there_is_told():
    with pytest.raises(KeyError, match=r"one\.z"):
        Draft(TEXT).section("one").set("z", 1)
    with pytest.raises(KeyError, match="none"):
        Draft(TEXT).section("none")


def test_a_copy_has_the_keys_and_none_of_the_comments():
    draft = Draft(TEXT)
    first = draft.section("thing")
    draft.add_after(first, [first.copy()])
    assert [thing["name"] for thing in tomllib.loads(draft.text())["thing"]] == ["first", "first", "second"]
    assert draft.text().count("# A thing, twice.") == 1
    assert draft.text().count("# its name") == 1


def test_a_group_has_its_parts_those_that_are_comments_too():
    draft = Draft(TEXT)
    assert [(part.name, part.says_something) for part in draft.group("thing")] == [
        ("thing", True),
        ("thing.part", False),
    ]


def test_a_section_or_some_keys_of_it_are_made_comments():
    draft = Draft(TEXT)
    draft.section("thing").switch_off()
    draft.section("one").switch_off("a")
    text = draft.text()
    assert "# [[thing]]\n# name = " in text
    assert '# a = "x"' in text
    assert tomllib.loads(text) == {"one": {"c": ["p", "q"]}, "thing": [{"name": "second"}], "last": {"d.e": True}}


def test_all_keys_are_known_comments_too():
    assert keys_of(TEXT) == ["one.a", "one.b", "one.c", "thing.name", "thing.part.size", "thing.name", 'last."d.e"']


@given(st.one_of(st.booleans(), st.integers(-(2**60), 2**60), st.text(), st.lists(st.text())))
def test_whatever_is_written_is_read_back(value):
    assert tomllib.loads(f"value = {literal(value)}\n") == {"value": value}


def test_what_toml_has_no_form_for_is_refused():
    with pytest.raises(TypeError):
        literal(None)
