"""The local list is what the CSMS sent, all of it or nothing of it."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.core.tokens import IdToken
from station.errors import StorageError
from station.storage.database import NAME, Database
from station.storage.local_list import VERSION, ListFullError, LocalList
from tests.fakes_clock import FakeClock

ANNA = IdToken("04A1B2C3", "ISO14443")
BERT = IdToken("04D4E5F6", "ISO14443")
CARLA = IdToken("04070809", "ISO14443")
TOKENS = [IdToken(f"0{number}", kind) for number in range(4) for kind in ("ISO14443", "Central")]


def open_list(database, *, most_entries=100, most_bytes=10_000):
    return LocalList(database, most_entries=most_entries, most_bytes=most_bytes)


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield database


@pytest.fixture
def local_list(database):
    return open_list(database)


def content(local_list, tokens=(ANNA, BERT, CARLA)):
    return {token: info for token in tokens if (info := local_list.get(token)) is not None}


@pytest.mark.ocpp("D02.FR.02")
def test_before_anything_was_sent_there_is_no_list(local_list):
    assert (local_list.version, local_list.count(), local_list.size_bytes()) == (0, 0, 0)
    assert local_list.get(ANNA) is None


@pytest.mark.ocpp("D01.FR.15", "D01.FR.04")
def test_a_full_list_replaces_the_one_before_and_an_empty_one_too(local_list):
    local_list.replace([(ANNA, "a"), (BERT, "b")], version=5)
    local_list.replace([(BERT, "B"), (CARLA, "c")], version=2)
    assert content(local_list) == {BERT: "B", CARLA: "c"}
    assert (local_list.version, local_list.count()) == (2, 2)
    local_list.replace([], version=7)
    assert (content(local_list), local_list.version) == ({}, 7)


@pytest.mark.ocpp("D01.FR.16", "D01.FR.17", "D01.FR.05")
def test_an_update_adds_changes_and_removes(local_list):
    local_list.replace([(ANNA, "a"), (BERT, "b")], version=1)
    local_list.update([(ANNA, None), (BERT, "B"), (CARLA, "c")], version=2)
    assert content(local_list) == {BERT: "B", CARLA: "c"}
    local_list.update([(ANNA, None)], version=3)
    local_list.update([], version=9)
    assert (content(local_list), local_list.version) == ({BERT: "B", CARLA: "c"}, 9)


@pytest.mark.ocpp("C01.FR.25", "D01.FR.06")
def test_a_token_is_listed_once_whatever_the_case_of_its_letters(local_list):
    local_list.replace([(ANNA, "a")], version=1)
    local_list.update([(IdToken("04a1b2c3", "ISO14443"), "b"), (IdToken("04A1B2C3", "KeyCode"), "c")], version=2)
    assert local_list.get(ANNA) == "b"
    assert local_list.count() == 2


@pytest.mark.ocpp("D01.FR.10")
def test_a_list_survives_a_restart(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        open_list(database).replace([(ANNA, "a")], version=4)
    with Database.open(tmp_path, FakeClock()) as database:
        assert (open_list(database).get(ANNA), open_list(database).version) == ("a", 4)


def test_a_list_that_would_be_too_long_stays_as_it_was(database):
    local_list = open_list(database, most_entries=2)
    local_list.replace([(ANNA, "a"), (BERT, "b")], version=1)
    local_list.update([(ANNA, None), (CARLA, "c")], version=2)
    with pytest.raises(ListFullError, match="3 entries; 2 are possible"):
        local_list.update([(BERT, "B"), (ANNA, "a")], version=3)
    with pytest.raises(ListFullError):
        local_list.replace([(ANNA, "a"), (BERT, "b"), (CARLA, "C")], version=3)
    assert (content(local_list), local_list.version) == ({BERT: "b", CARLA: "c"}, 2)


def test_a_list_that_would_be_too_large_stays_as_it_was(database):
    local_list = open_list(database, most_bytes=300)
    local_list.replace([(ANNA, "a" * 200)], version=1)
    assert local_list.size_bytes() == 232
    with pytest.raises(ListFullError, match="bytes; 300 are possible"):
        local_list.update([(BERT, "b" * 200)], version=2)
    assert (set(content(local_list)), local_list.version) == ({ANNA}, 1)


def test_no_token_is_on_the_disk(local_list, tmp_path):
    local_list.replace([(ANNA, "info"), (IdToken("1234", "KeyCode"), "info")], version=1)
    log = (tmp_path / f"{NAME}-wal").read_bytes()
    assert b"info" in log
    assert ANNA.value.lower().encode() not in log.lower()


def test_a_broken_entry_in_the_middle_changes_nothing(local_list):
    local_list.replace([(ANNA, "a")], version=1)

    def entries():
        yield BERT, "b"
        raise StorageError("the disk is gone")

    with pytest.raises(StorageError):
        local_list.replace(entries(), version=2)
    assert (content(local_list), local_list.version) == ({ANNA: "a"}, 1)


# Whenever the power goes


@pytest.mark.ocpp("D01.FR.10")
@pytest.mark.parametrize("change", ["replace", "update"])
def test_whenever_the_power_goes_the_old_list_is_there_or_the_new_one(tmp_path, change):
    """Before each statement, and after the last, the files are copied as a power cut would leave them."""
    before, after = {ANNA: "a", BERT: "b"}, {BERT: "B", CARLA: "c"}
    cuts = []

    def cut(_statement=None):
        cuts.append(tmp_path / f"cut{len(cuts)}")
        cuts[-1].mkdir()
        for file in (tmp_path / "station").glob(f"{NAME}*"):
            shutil.copy(file, cuts[-1])

    with Database.open(tmp_path / "station", FakeClock()) as database:
        local_list = open_list(database)
        local_list.replace(before.items(), version=1)
        database._connection.set_trace_callback(cut)
        getattr(local_list, change)([*after.items(), (ANNA, None)], version=2)
        database._connection.set_trace_callback(None)
        cut()
    found = []
    for folder in cuts:
        with Database.open(folder, FakeClock()) as database:
            found.append((open_list(database).version, content(open_list(database))))
    assert found[0] == (1, before)
    assert found[-1] == (2, after)
    assert all(state in ((1, before), (2, after)) for state in found)
    assert len(found) > 6


# Any story of full and differential lists

INFOS = st.sampled_from(["accepted", "blocked", "expired"])
CHANGES = st.dictionaries(st.sampled_from(TOKENS), st.one_of(st.none(), INFOS))
FULLS = st.dictionaries(st.sampled_from(TOKENS), INFOS)
STORY = st.lists(st.one_of(FULLS.map(lambda full: ("replace", full)), CHANGES.map(lambda part: ("update", part))))


@settings(deadline=None, max_examples=40)
@given(story=STORY)
@pytest.mark.ocpp("D01.FR.01", "D01.FR.05", "D01.FR.15", "D01.FR.16", "D01.FR.17")
def test_any_story_of_lists_ends_as_it_would_in_a_dict(story):
    model = {}
    with tempfile.TemporaryDirectory() as folder, Database.open(Path(folder), FakeClock()) as database:
        local_list = open_list(database, most_entries=5)
        version = 0
        for number, (change, entries) in enumerate(story, start=1):
            merged = {**model, **entries} if change == "update" else entries
            new = {token: info for token, info in merged.items() if info is not None}
            if len(new) > 5:
                with pytest.raises(ListFullError):
                    getattr(local_list, change)(entries.items(), version=number)
            else:
                getattr(local_list, change)(entries.items(), version=number)
                model, version = new, number
            assert content(local_list, TOKENS) == model
            assert (local_list.count(), local_list.version) == (len(model), version)
        stored = database.execute("SELECT value FROM facts WHERE name = ?", (VERSION,)).fetchone()
        assert (int(stored[0]) if stored else 0) == version
