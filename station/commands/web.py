"""`station web password`, `token`, `tokens` and `revoke`: who may use the status page as an operator.

Each works beside a running station, which sees the change with the next request.
"""

import argparse
import getpass
import sys
from datetime import UTC, datetime
from typing import Final

from station.commands import terminal
from station.commands.receipts.store import state_dir
from station.commands.terminal import Column
from station.errors import StationError
from station.web.access_file import AccessFile
from station.web.passwords import add_token, set_password

LONGEST_LINE: Final = 4096


def password(options: argparse.Namespace) -> int:
    """Set the password; StationError if it is too weak, or not typed twice the same."""
    folder = state_dir(options)
    set_password(folder, _asked() if sys.stdin.isatty() else _read())
    print("the password is set; whoever was logged in has to log in again")
    return 0


def token(options: argparse.Namespace) -> int:
    """Print a new token, and nothing else on standard output."""
    made = add_token(state_dir(options), options.name, datetime.now(UTC), read_only=options.read_only)
    print(made)
    print("keep it now, it is not shown again; station web revoke takes it back", file=sys.stderr)
    return 0


def tokens(options: argparse.Namespace) -> int:
    """List the names of all tokens."""
    kept = AccessFile(state_dir(options)).read().tokens
    rows = [
        (name, f"{one.created_at:%Y-%m-%d %H:%M} UTC", "look" if one.read_only else "everything")
        for name, one in sorted(kept.items())
    ]
    if rows:
        terminal.table((Column("name"), Column("made"), Column("may")), rows)
    else:
        print("there is no token; station web token NAME makes one")
    return 0


def revoke(options: argparse.Namespace) -> int:
    """Forget a token."""
    AccessFile(state_dir(options)).revoke_token(options.name)
    print(f"the token {options.name} counts no longer")
    return 0


def _asked() -> str:
    first = getpass.getpass("new password: ")
    if getpass.getpass("once more: ") != first:
        raise StationError("that was not the same twice; nothing is changed")
    return first


def _read() -> str:
    line = sys.stdin.readline(LONGEST_LINE).rstrip("\r\n")
    if not line:
        raise StationError("standard input holds no password; it is its first line")
    return line
