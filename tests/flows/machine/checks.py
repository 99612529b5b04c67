"""What holds after every step, told by bench, CSMS and database alone; each check yields problems."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from simulators.mock_csms.transactions import Transaction
from station.storage.database import Database
from station.storage.outbox import Outbox
from station.storage.receipts import Receipts
from tests.flows.machine.site import EVSES, Site
from tests.flows.machine.told import Told, arrived, deliveries, waiting
from tests.flows.machine.watch import Watch

EXPECTED_OF_A_SILENT_CSMS = ("was answered", "comes too late")
"""Who gets no answer goes on after a while."""
TIMES = ("has an earlier timestamp", "before the begin", "was taken before")
"""What somebody's clock makes of the order of things."""

FORGOTTEN = ("different identifications", "the meter's clock was not set")
"""What a meter cannot sign any more that lost its power."""


@dataclass(slots=True)
class Excuses:
    """What happened that makes some problems none."""

    clock_moved: bool = False
    """That of the station, or that of a meter."""
    meter_lost_power: bool = False
    """And with it its time, and the words that it was to sign along."""
    unsigned: bool = False
    """The CSMS wanted no signed values for a while."""
    connections: dict[int, int] = field(default_factory=dict)
    """How often the station had connected by the time of a message, looked at after every step."""


@dataclass(slots=True)
class Look:
    """How everything stands at one moment."""

    site: Site
    watch: Watch
    excuses: Excuses
    database: Database
    told: dict[str, list[Told]]
    """The events of each transaction by number, delivered or not."""
    unfinished: list[Told]


def look(site: Site, watch: Watch, excuses: Excuses, database: Database) -> Look:
    excuses.connections[site.seen.messages.last] = site.seen.connections
    watch.look()
    still = waiting(database)
    told: dict[str, list[Told]] = defaultdict(list)
    for event in sorted(arrived(site.seen) | still, key=lambda event: event.seq_no):
        told[event.transaction_id].append(event)
    return Look(site, watch, excuses, database, told, [*still])


Check = Callable[[Look], Iterator[str]]


def no_current_without_a_signed_start(now: Look) -> Iterator[str]:
    yield from now.watch.seen


def numbers_have_no_gap(now: Look) -> Iterator[str]:
    for transaction_id, events in now.told.items():
        numbers = [event.seq_no for event in events]
        if numbers != list(range(len(numbers))):
            yield f"transaction {transaction_id} has the events {numbers}"


def each_begins_and_ends_once(now: Look) -> Iterator[str]:
    for transaction_id, events in now.told.items():
        kinds = [event.kind for event in events]
        if kinds[0] != "Started" or kinds.count("Started") > 1 or "Ended" in kinds[:-1]:
            yield f"transaction {transaction_id} is told as {kinds}"


def one_transaction_at_an_evse(now: Look) -> Iterator[str]:
    running: Counter[int | None] = Counter()
    for events in now.told.values():
        if events[-1].kind != "Ended":
            running[events[0].evse_id] += 1
    opened = Counter(
        receipt.evse_id for receipt in Receipts(now.database).list() if receipt.ended_at is None and receipt.records
    )
    for number in EVSES:
        if running[number] > 1 or opened[number] > 1:
            yield f"EVSE {number} has {running[number]} transactions, {opened[number]} of them measuring"
    if running[None]:
        yield "a transaction is at no EVSE"


def nothing_is_given_up(now: Look) -> Iterator[str]:
    for letter in Outbox(now.database).dead_letters():
        yield f"given up: {letter.message.kind} {letter.message.transaction_id} ({letter.reason})"


def what_was_accepted_is_not_sent_again(now: Look) -> Iterator[str]:
    """Unless the connection ended around its answer: who did not hear it has to ask again."""
    accepted: dict[tuple[str, int], int] = {}
    for delivery in deliveries(now.site.seen.messages):
        before = accepted.get(delivery.key)
        if before is not None and _connections(now, before, first=True) == _connections(now, delivery.number):
            yield f"event {delivery.key} came again, though it was accepted"
        if delivery.accepted is not None:
            accepted[delivery.key] = delivery.accepted
    for key in {(event.transaction_id, event.seq_no) for event in arrived(now.site.seen)}:
        if key not in accepted and key not in {(event.transaction_id, event.seq_no) for event in now.unfinished}:
            yield f"event {key} is not kept though nobody accepted it"


def the_standard_is_kept(now: Look) -> Iterator[str]:
    for problem in now.site.seen.problems:
        if not problem.endswith(EXPECTED_OF_A_SILENT_CSMS):
            yield problem


def what_was_told_fits_together(now: Look) -> Iterator[str]:
    for transaction in now.site.seen.transactions.values():
        for problem in transaction.problems:
            if not _is_excused(now, transaction, problem):
                yield f"transaction {transaction.id}: {problem}"


def what_is_delivered_is_what_the_meter_signed(now: Look) -> Iterator[str]:
    stored = {(receipt.id, record.ocmf) for receipt in Receipts(now.database).list() for record in receipt.records}
    for transaction in now.site.seen.transactions.values():
        for number, value in transaction.signed:
            if (transaction.id, value.data) not in stored:
                yield f"transaction {transaction.id}, event {number}: a record that is not in the receipts"


STEP: tuple[Check, ...] = (
    no_current_without_a_signed_start,
    numbers_have_no_gap,
    each_begins_and_ends_once,
    one_transaction_at_an_evse,
    nothing_is_given_up,
    what_was_accepted_is_not_sent_again,
    the_standard_is_kept,
    what_was_told_fits_together,
    what_is_delivered_is_what_the_meter_signed,
)
"""After every step."""


def problems(now: Look, checks: Iterable[Check]) -> list[str]:
    return [f"{check.__name__}: {problem}" for check in checks for problem in check(now)]


def _connections(now: Look, number: int, *, first: bool = False) -> int:
    """Return how often the station had connected after the step of a message; with `first`, before that step."""
    known = now.excuses.connections
    if first:
        return known[max((one for one in known if one < number), default=min(known))]
    return known[min(one for one in known if one >= number)]


def _is_excused(now: Look, transaction: Transaction, problem: str) -> bool:
    if re.fullmatch(r"only Transaction\.\w+ is signed", problem):
        return now.excuses.unsigned or is_marked(now.site, transaction.id)
    if any(words in problem for words in FORGOTTEN):
        return now.excuses.meter_lost_power
    return now.excuses.clock_moved and any(words in problem for words in TIMES)


def is_marked(site: Site, transaction_id: str) -> bool:
    """Tell whether the CSMS was told that the signed end of a transaction is missing."""
    return any(
        event.get("techCode") in ("SignedEndMissing", "MeterChanged") and event.get("transactionId") == transaction_id
        for payload in site.seen.received("NotifyEvent")
        for event in payload["eventData"]
    )
