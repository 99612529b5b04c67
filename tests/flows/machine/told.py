"""What is known of each transaction outside of the daemon: what the CSMS has got, and what waits to be sent."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from simulators.mock_csms.frames import Kind
from simulators.mock_csms.messages import Message
from simulators.mock_csms.station import Station as Seen
from simulators.mock_csms.station import is_request
from station.storage.database import Database
from station.storage.outbox import Outbox

EVENT = "TransactionEvent"


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a transaction."""

    transaction_id: str
    seq_no: int
    kind: str
    evse_id: int | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event as it arrived: the numbers of its message and of the answer, if it got one that is no error."""

    key: tuple[str, int]
    number: int
    accepted: int | None


def arrived(seen: Seen) -> set[Told]:
    """Return every event that the CSMS got."""
    return {
        Told(transaction.id, event.seq_no, event.type, event.payload.get("evse", {}).get("id"))
        for transaction in seen.transactions.values()
        for event in transaction.events
    }


def waiting(database: Database) -> set[Told]:
    """Return every event that the station still has to send."""
    outbox, told, after = Outbox(database), set[Told](), 0
    while rows := outbox.head(500, after=after):
        after = rows[-1].id
        for row in rows:
            if row.transaction_id is not None and row.seq_no is not None:
                body = json.loads(row.body)
                told.add(Told(row.transaction_id, row.seq_no, body["event"], body.get("evse_id")))
    return told


def deliveries(messages: Iterable[Message]) -> Iterator[Delivery]:
    """Yield every event that arrived, in order, as often as it did."""
    kept = list(messages)
    answers = {
        message.id: message.number
        for message in kept
        if message.direction == "out" and message.kind is Kind.CALLRESULT and message.action == EVENT
    }
    for message in kept:
        if is_request(message, EVENT):
            info = message.payload["transactionInfo"]["transactionId"]
            yield Delivery((info, int(message.payload["seqNo"])), message.number, answers.get(message.id))
