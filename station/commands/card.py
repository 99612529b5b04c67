"""`station card`: what cards are called in receipts, and what number a card has."""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from station.clock import SystemClock
from station.commands import terminal
from station.commands.receipts.store import looking, state_dir
from station.core.tokens import IdToken
from station.errors import SettingsError
from station.local.client import ask, is_running
from station.storage.card_names import CardNames, fit_name
from station.storage.database import Database

NOT_FOUND: Final = 1
GRACE_S: Final = 5.0
"""How much longer than for the card the answer of the station is waited for."""
HEX: Final = frozenset("0123456789ABCDEF")
BYTES_OF: Final = ("ISO14443", "ISO15693", "MacAddress")
"""Types whose number stands for bytes."""


def learn_(options: argparse.Namespace) -> int:
    """Read the next card, show what it says, and give it a name; it charges nothing."""
    if not 0 < options.wait <= 600:
        options.misuse(f"--wait {options.wait:g}: more than 0 and at most 600 seconds are allowed")
    name = fit_name(options.name) if options.name is not None else ""
    folder = state_dir(options)
    runs = is_running(folder)
    print(f"hold a card to {f'the reader {options.reader}' if options.reader else 'a reader'} ...", flush=True)
    learned = _ask(folder, options) if runs else _read_alone(options)
    token = IdToken(learned["uid"], learned["type"])
    known = learned["name"] if runs else _known(folder, token)
    terminal.fields([("reader", learned["reader"]), *_described(token), ("name", known or "none")])
    if wanted := name or _asked_for(known):
        _give(folder, token, wanted, runs=runs)
        terminal.say(terminal.Styled(f"this card is called {wanted} from now on", "good"))
    return 0


def list_(options: argparse.Namespace) -> int:
    """Print the names that cards have, beside a running station."""
    with looking(options) as database:
        names = CardNames(database).all()
    if not names:
        print("no card has a name; see: station card learn")
        return 0
    terminal.table(("name", "since (UTC)"), [(one.name, f"{one.named_at:%Y-%m-%d %H:%M:%S}") for one in names])
    return 0


def forget_(options: argparse.Namespace) -> int:
    """Forget a name; the station may run."""
    folder = state_dir(options)
    with looking(options) as database:
        called = {one.name.lower(): one.name for one in CardNames(database).all()}
    name = called.get(options.name.strip().lower())
    if name is None:
        print(f"station: no card is called {options.name}; see: station card list", file=sys.stderr)
        return NOT_FOUND
    if is_running(folder):
        ask(folder, "forget_card", name=name)
    else:
        with Database.edit(folder) as database:
            CardNames(database).forget(name)
    print(f"{name} is forgotten")
    return 0


def _ask(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Have the station that runs wait for the card."""
    answer: dict[str, Any] = ask(
        folder, "learn", wait_s=options.wait + GRACE_S, timeout_s=options.wait, reader=options.reader
    )
    return answer


def _read_alone(options: argparse.Namespace) -> dict[str, Any]:
    """Open the readers of the settings and wait for the card."""
    if options.state_dir is not None:
        raise SettingsError(f"no station runs with {options.state_dir}; say --config, it names the readers to open")
    from station.commands.card_reading import next_card
    from station.settings import load

    learned = next_card(load(options.config), reader=options.reader, wait_s=options.wait)
    return {"uid": learned.card.uid, "type": learned.card.type, "reader": learned.reader}


def _known(folder: Path, token: IdToken) -> str:
    with Database.look(folder) as database:
        return CardNames(database).of(token)


def _described(token: IdToken) -> list[tuple[str, str]]:
    """Return what a card said: as it stands in receipts, and as it may be printed on it or known elsewhere."""
    number = token.value
    if token.type not in BYTES_OF or not number or set(number) - HEX or len(number) % 2:
        return [("number", f"{number} ({len(number)} characters)"), ("type", token.type)]
    uid = bytes.fromhex(number)
    return [
        ("number", f"{number} ({len(number)} digits, {len(uid)} bytes)"),
        ("type", token.type),
        ("reversed", uid[::-1].hex().upper()),
        ("decimal", str(int.from_bytes(uid, "big"))),
    ]


def _asked_for(known: str) -> str:
    """Return what the person at the terminal calls the card; empty if nobody sits there, or nothing is to change."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return ""
    try:
        answer = input(f"name (Enter: {f'stays {known}' if known else 'none'}): ")
    except EOFError:  # Ctrl-D: no name either
        print()
        return ""
    return fit_name(answer) if answer.strip() else ""


def _give(folder: Path, token: IdToken, name: str, *, runs: bool) -> None:
    if runs:
        ask(folder, "name_card", uid=token.value, type=token.type, name=name)
        return
    with Database.edit(folder) as database:
        CardNames(database).give(token, name, at=SystemClock().now())
