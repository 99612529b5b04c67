"""Who may do what, by modes: these tests may run as root, who may do everything."""

import os
from pathlib import Path

import pytest

from station.commands.doctor.permissions import (
    ENTER,
    READ,
    WRITE,
    User,
    group_name,
    obstacle,
    user_of,
    whoever_runs_it,
)
from station.errors import StationError
from tests.commands.doctor.place import MYSELF, SOMEBODY

GROUP = 4242


def of(mode, *, uid=SOMEBODY.uid, gid=GROUP):
    """Return the status of a file."""
    return os.stat_result((mode, 1, 1, 1, uid, gid, 0, 0, 0, 0))


MEMBER = User("member", 1234, 1234, frozenset({1234, GROUP}))
STRANGER = User("stranger", 1235, 1235, frozenset({1235}))


@pytest.mark.parametrize(
    ("user", "mode", "wanted", "may"),
    [
        (SOMEBODY, 0o600, READ | WRITE, True),
        (SOMEBODY, 0o400, WRITE, False),
        (SOMEBODY, 0o077, READ, False),  # the owner's bits count, not everybody's
        (MEMBER, 0o060, READ | WRITE, True),
        (MEMBER, 0o640, WRITE, False),
        (MEMBER, 0o607, READ, False),
        (STRANGER, 0o006, READ | WRITE, True),
        (STRANGER, 0o770, READ, False),
        (STRANGER, 0o771, ENTER, True),
        (User("root", 0, 0, frozenset({0})), 0o000, READ | WRITE, True),
    ],
)
def test_modes_say_who_may_do_what(user, mode, wanted, may):
    assert user.may(of(mode), wanted) is may


def test_a_folder_on_the_way_that_is_shut_is_named(tmp_path: Path):
    # The folders of tests belong to the user alone, so a stranger is stopped at one of them.
    shut = obstacle(tmp_path / "state" / "station.db", STRANGER)
    assert shut is not None
    assert shut in tmp_path.resolve().parents or shut == tmp_path.resolve()
    assert obstacle(tmp_path / "state" / "station.db", MYSELF) is None


def test_users_are_found_by_name_and_by_number():
    root = user_of("root")
    assert (root.uid, root.gid) == (0, 0)
    assert user_of("0") == root
    with pytest.raises(StationError, match="no user nobody-has-this-name"):
        user_of("nobody-has-this-name")


def test_the_station_runs_as_whom_its_folder_belongs_to_if_root_asks(tmp_path: Path):
    assert whoever_runs_it(tmp_path).uid == os.geteuid()
    if os.geteuid() == 0:
        os.chown(tmp_path, SOMEBODY.uid, SOMEBODY.gid)
        assert whoever_runs_it(tmp_path).uid == SOMEBODY.uid


def test_a_group_without_a_name_is_its_number():
    assert group_name(0) == "root"
    assert group_name(GROUP) == str(GROUP)
