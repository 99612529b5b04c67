"""Who the station runs as, and what that user may do; worked out from modes, because whoever asks may be root."""

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.errors import StationError

SERVICE_USER: Final = "station"
"""The user that config/systemd/station.service runs it as."""
READ, WRITE, ENTER = os.R_OK, os.W_OK, os.X_OK
_ROOT: Final = 0


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who has processes."""

    name: str
    uid: int
    gid: int
    groups: frozenset[int]

    def may(self, status: os.stat_result, wanted: int) -> bool:
        """Tell whether a file with this status lets the user do what is wanted (READ, WRITE, ENTER, or several)."""
        if self.uid == _ROOT:
            return True
        shift = 6 if status.st_uid == self.uid else 3 if status.st_gid in self.groups else 0
        return stat.S_IMODE(status.st_mode) >> shift & wanted == wanted


def user_of(name: str) -> User:
    """Return a user by name or number; StationError if there is none."""
    try:
        entry = pwd.getpwuid(int(name)) if name.isdecimal() else pwd.getpwnam(name)
    except KeyError as error:
        raise StationError(f"there is no user {name} on this computer") from error
    groups = frozenset(os.getgrouplist(entry.pw_name, entry.pw_gid))
    return User(entry.pw_name, entry.pw_uid, entry.pw_gid, groups)


def whoever_runs_it(state_dir: Path) -> User:
    """Return the user of the station: who asks; if that is root, whose its state folder is, or will be."""
    if os.geteuid() != _ROOT:
        return _myself()
    if state_dir.exists():
        return _by_number(state_dir.stat().st_uid)
    try:
        return user_of(SERVICE_USER)
    except StationError:
        return _myself()


def obstacle(path: Path, user: User) -> Path | None:
    """Return the first folder above `path` that keeps the user out; None if the way is free."""
    return next((above for above in _above(path) if above.exists() and not user.may(above.stat(), ENTER)), None)


def group_name(number: int) -> str:
    """Return a group's name, or its number if it has none."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def _above(path: Path) -> Iterator[Path]:
    yield from reversed(path.resolve().parents)


def _myself() -> User:
    groups = frozenset({os.getegid(), *os.getgroups()})
    return User(_name(os.geteuid()), os.geteuid(), os.getegid(), groups)


def _by_number(uid: int) -> User:
    try:
        return user_of(str(uid))
    except StationError:
        return User(str(uid), uid, uid, frozenset())


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
