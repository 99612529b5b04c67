"""A new folder: settings, passwords and the state folder, from a plan."""

import argparse
import getpass
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from station.commands import terminal
from station.commands.doctor.permissions import User
from station.commands.init import writing
from station.commands.init.compose import compose
from station.commands.init.plan import Plan
from station.commands.terminal import Styled
from station.errors import StationError
from station.settings import Settings
from station.web.passwords import set_password

WEB_PASSWORD_BYTES: Final = 15
"""Of a password that is made; 20 characters."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    settings: Settings
    """As the station will read them."""
    passwords: tuple[tuple[str, str], ...]
    """Those that nobody gave: what a person has to know of each, and the password."""


def make(options: argparse.Namespace, plan: Plan, *, folder: Path, owner: User) -> Made:
    """Write everything; StationError says what cannot be."""
    passwords: list[tuple[str, str]] = []
    writing.folder(folder)
    if plan.csms.root_certificate:
        root = str(Path(plan.csms.root_certificate).absolute())
        plan = replace(plan, csms=replace(plan.csms, root_certificate=root))
    if plan.csms.password_file:
        passwords += _csms_password(options, folder / plan.csms.password_file, owner)
    settings = writing.settings(folder, compose(template().read_text("utf-8"), plan), force=options.force)
    terminal.say(Styled("written:", "good"), str(settings.path))
    state_dir = settings.station.state_dir
    writing.state_folder(state_dir, owner)
    if plan.web.enabled:
        passwords += _web_password(options, state_dir)
    return Made(settings, tuple(passwords))


def template() -> Path:
    """Return the settings that explain every key: of the installed package, else of the working tree."""
    here = Path(__file__).resolve()
    for folder in (here.parents[2] / "config", here.parents[3] / "config"):
        if (folder / writing.NAME).exists():
            return folder / writing.NAME
    raise StationError(f"config/{writing.NAME} is missing; install the package again")


def _csms_password(options: argparse.Namespace, file: Path, owner: User) -> Iterator[tuple[str, str]]:
    given = _given(options.csms_password_file, options, "password for the CSMS (empty: one is made)")
    if made := writing.password(file, given, owner):
        yield f"password for the CSMS, which has to be told; it is in {file}", made


def _web_password(options: argparse.Namespace, state_dir: Path) -> Iterator[tuple[str, str]]:
    given = _given(options.web_password_file, options, "password for operators at the page (empty: one is made)")
    made = given or secrets.token_urlsafe(WEB_PASSWORD_BYTES)
    set_password(state_dir, made)
    if not given:
        yield "password for operators, kept nowhere in the clear; note it now", made


def _given(file: Path | None, options: argparse.Namespace, question: str) -> str:
    """Return the password that a file or a person gives; empty if one is to be made."""
    if file is not None:
        try:
            return file.read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise StationError(f"{file} cannot be read: {error}") from error
    if options.yes or not sys.stdin.isatty():
        return ""
    try:
        return getpass.getpass(f"{question}: ")
    except EOFError:  # Ctrl-D: what was asked before is not lost for it
        return ""
