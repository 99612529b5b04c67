"""The settings file: whether the station can read it, and who else can."""

import errno
import os
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from station.commands.doctor.case import Case
from station.commands.doctor.findings import Finding, Group
from station.commands.doctor.permissions import READ, User, obstacle
from station.errors import SettingsError

GROUP: Final = Group("settings")
NAME: Final = "file"
CORRECT: Final = "correct it; every key stands with its meaning in config/station.toml"
REMEDIES: Final = (
    (os.strerror(errno.EACCES), "be root or the station's user, as who runs this may not read it"),
    (
        f": cannot be read: {os.strerror(errno.ENOENT)}",
        "name those that there are (--config), or write new ones: station init",
    ),
)
"""By what is in the words of the problem, what to do about it if it is nothing to be corrected in the file."""


def check(case: Case) -> Iterator[Finding]:
    """The file could be used, or nobody would have got here."""
    path = case.settings.path
    yield _readable(NAME, path, case.user) or GROUP.ok(NAME, f"{path} can be used")
    yield from secrets(path, case.user)


def unusable(error: SettingsError) -> Finding:
    """Every problem of a file that cannot be used."""
    return GROUP.failure(NAME, str(error), next((do for why, do in REMEDIES if why in str(error)), CORRECT))


def secrets(path: Path, user: User) -> Iterator[Finding]:
    """What holds the password of the CSMS is not for everybody."""
    name = "password"
    csms: dict[str, Any] = tomllib.loads(path.read_text("utf-8")).get("csms", {})
    file = path.parent / csms["password_file"] if csms.get("password_file") else path
    if not (csms.get("password_file") or csms.get("password")):
        return
    if problem := _readable(name, file, user):
        yield problem
    elif file.stat().st_mode & stat.S_IROTH:
        remedy = f"chown {user.name} {file} && chmod 600 {file}"
        yield GROUP.warning(name, f"{file} holds the password of the CSMS, and everybody here can read it", remedy)
    else:
        yield GROUP.ok(name, f"{file} is not for everybody")


def _readable(name: str, path: Path, user: User) -> Finding | None:
    shut = obstacle(path, user)
    if shut is None and user.may(path.stat(), READ):
        return None
    remedy = f"chmod o+x {shut}" if shut else f"chown {user.name} {path}"
    return GROUP.failure(name, f"{path} cannot be read by {user.name}, as whom the station runs", remedy)
