"""Plays a story and shows its table: what the CSMS got, beside what should be."""

import time
from collections.abc import Iterable, Iterator
from typing import Final

from station.commands.demo_parts import DemoError
from station.commands.demo_stage import Stage
from station.commands.demo_story import Acts, Json, Teller
from station.commands.stories import checks
from station.commands.stories.story import Check, Story
from station.storage.database import Database
from station.storage.receipts import Receipt, Receipts

CONFIRMED_S: Final = 5.0
"""How long the station may take to note that the CSMS has the last record, or the CSMS to hear the last status."""
LOOK_S: Final = 0.5

Tables = list[tuple[str, list[Check]]]


def play(story: Story, stage: Stage) -> bool:
    """Play a story and print its table; tell whether all of it holds."""
    acts = Acts(stage, Teller())
    acts.boot()
    acts.available(story.site.evses)
    try:
        own = story.play(acts)
    except DemoError as error:
        own = (Check("to its end", holds=False, seen=str(error)),)
    until = time.monotonic() + CONFIRMED_S
    while not _all_hold(tables := _tables(story, stage, own)) and time.monotonic() < until:
        time.sleep(LOOK_S)
    for line in _lines(tables):
        print(line)
    holds = _all_hold(tables)
    print(f"\n{story.name}: {'all of it holds' if holds else f'NOT ALL OF IT HOLDS, see {stage.folder}'}", flush=True)
    return holds


def _tables(story: Story, stage: Stage, own: Iterable[Check]) -> Tables:
    transactions = sorted(stage.csms.transactions(), key=_began)
    receipts = _receipts(stage)
    tables = [
        (
            f"transaction {transaction['transactionId']}",
            list(checks.of_transaction(transaction, expected, receipts.get(transaction["transactionId"]))),
        )
        for transaction, expected in zip(transactions, story.expected, strict=False)
    ]
    evses = range(1, story.site.evses + 1)
    general = checks.of_station(
        counts=(len(transactions), len(story.expected)),
        contactors_closed={evse: stage.bench.evse(evse)["contactor_closed"] for evse in evses},
        problems=stage.csms.problems(),
    )
    return [*tables, ("station", [*own, *general])]


def _receipts(stage: Stage) -> dict[str, Receipt]:
    with Database.look(stage.state_dir) as database:
        return {receipt.id: receipt for receipt in Receipts(database).list()}


def _began(transaction: Json) -> str:
    return str(transaction["events"][0]["timestamp"])


def _all_hold(tables: Tables) -> bool:
    return all(check.holds for _, rows in tables for check in rows)


def _lines(tables: Tables) -> Iterator[str]:
    yield "\nWhat the CSMS got"
    for title, rows in tables:
        yield f"\n  {title}"
        for check in rows:
            yield f"    {'ok    ' if check.holds else 'FAILED'}  {check.what:18} {check.seen}"
