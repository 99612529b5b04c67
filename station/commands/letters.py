"""`station letters`: messages that were given up (dead letters), to look at, to send once more or to delete."""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Final

from station.commands.receipts.store import looking, state_dir
from station.storage.database import Database
from station.storage.outbox import DeadLetter, Outbox

NOT_FOUND: Final = 1
SHORT: Final = 60
NONE: Final = "no message was given up"


def list_(options: argparse.Namespace) -> int:
    """Print one line a letter, beside a running station."""
    with looking(options) as database:
        letters = Outbox(database).dead_letters()
    if not letters:
        print(NONE)
        return 0
    print(f"{'no':>6}  {'message':26}  {'created (UTC)':19}  {'given up (UTC)':19}  why")
    for letter in letters:
        message = letter.message
        created, buried = (at.strftime("%Y-%m-%d %H:%M:%S") for at in (message.created_at, letter.buried_at))
        print(f"{message.id:>6}  {message.kind:26}  {created}  {buried}  {_short(letter.reason)}")
    return 0


def show_(options: argparse.Namespace) -> int:
    """Print one letter with all that it says, beside a running station."""
    with looking(options) as database:
        letter = _find(Outbox(database), options.number)
    if letter is None:
        return NOT_FOUND
    for line in _described(letter):
        print(line)
    return 0


def retry_(options: argparse.Namespace) -> int:
    """Put letters back into the queue; the station has to be stopped, and sends them when it runs again."""
    with Database.edit(state_dir(options)) as database:
        outbox = Outbox(database)
        wanted = [letter.message.id for letter in outbox.dead_letters()] if options.all else [options.number]
        if not wanted:
            print(NONE)
            return 0
        for number in wanted:
            if _find(outbox, number) is None:
                return NOT_FOUND
            outbox.revive(number)
    print(f"{_letters(len(wanted))} will be sent when the station runs again")
    return 0


def delete_(options: argparse.Namespace) -> int:
    """Say what would be deleted, or delete it for good; the station has to be stopped for the latter."""
    with looking(options) if not options.yes else Database.edit(state_dir(options)) as database:
        outbox = Outbox(database)
        letter = _find(outbox, options.number)
        if letter is None:
            return NOT_FOUND
        if options.yes:
            outbox.forget(letter.message.id)
    if options.yes:
        print(f"letter {options.number} deleted")
    else:
        lost = f"{letter.message.kind} would be deleted, and the CSMS will never have it"
        print(f"{lost}; stop the station and add --yes to do so")
    return 0


def _find(outbox: Outbox, number: int) -> DeadLetter | None:
    letter = outbox.dead_letter(number)
    if letter is None:
        print(f"station: there is no letter {number}; see: station letters list", file=sys.stderr)
    return letter


def _described(letter: DeadLetter) -> Iterator[str]:
    message = letter.message
    yield f"letter       {message.id}, {message.kind}"
    if message.transaction_id is not None:
        yield f"transaction  {message.transaction_id}, message {message.seq_no} of it"
    yield f"created      {message.created_at.isoformat(timespec='seconds')}{', offline' if message.offline else ''}"
    yield f"given up     {letter.buried_at.isoformat(timespec='seconds')}, at attempt {message.attempts + 1}"
    yield f"why          {_plain(letter.reason)}"
    yield ""
    yield _readable(message.body)


def _readable(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2)
    except ValueError:
        return ascii(body)  # it may be a letter because nobody can read it


def _plain(text: str) -> str:
    """Return what the CSMS said without what a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text)


def _short(text: str) -> str:
    reason = _plain(text)
    return reason if len(reason) <= SHORT else reason[: SHORT - 3] + "..."


def _letters(count: int) -> str:
    return f"{count} letter{'' if count == 1 else 's'}"
