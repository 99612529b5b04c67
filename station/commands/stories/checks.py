"""The checks at the end of a story: the CSMS has everything, once, in order, signed, and so has the station. Pure."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from station.commands.stories.story import Check, Expected
from station.storage.receipts import Receipt

Json = Mapping[str, Any]


def of_transaction(transaction: Json, expected: Expected, receipt: Receipt | None) -> Iterator[Check]:
    """Yield what is to be seen of one transaction, as the CSMS shows it and the station keeps it."""
    events = transaction["events"]
    kinds = [event["eventType"] for event in events]
    numbers = [event["seqNo"] for event in events]
    once = kinds.count("Started") == kinds.count("Ended") == 1
    inside = set(kinds[1:-1]) <= {"Updated"}
    yield Check("complete", bool(transaction["complete"]), f"{len(events)} events at EVSE {_evse(transaction)}")
    yield Check("seqNo", numbers == list(range(len(events))), f"0 to {numbers[-1]} without a gap")
    yield Check("order", once and inside and kinds[0] == "Started" and kinds[-1] == "Ended", _order(kinds))
    yield Check("EVSE", _evse(transaction) == expected.evse, str(_evse(transaction)))
    yield _reason(transaction, expected)
    yield _signatures(transaction, expected)
    yield _offline(events, expected)
    yield _receipt(events, receipt, expected)


def of_station(
    *, counts: tuple[int, int], contactors_closed: Mapping[int, bool], problems: Sequence[str]
) -> Iterator[Check]:
    """Yield what is to be seen besides; `counts`: transactions that the CSMS has, and those expected."""
    has, wanted = counts
    closed = [str(evse) for evse, is_closed in contactors_closed.items() if is_closed]
    yield Check("transactions", has == wanted, f"{has}, expected {wanted}")
    yield Check("contactors", not closed, f"closed at EVSE {', '.join(closed)}" if closed else "all open")
    yield Check("messages", not problems, "; ".join(problems) or "all by the standard")


def signed_data(events: Iterable[Json]) -> set[bytes]:
    """Return the signed records that came with events, as bytes."""
    return {
        base64.b64decode(sample["signedMeterValue"]["signedMeterData"])
        for event in events
        for meter_value in event["payload"].get("meterValue", ())
        for sample in meter_value["sampledValue"]
        if "signedMeterValue" in sample
    }


def _evse(transaction: Json) -> int | None:
    return None if transaction["evse"] is None else int(transaction["evse"]["id"])


def _order(kinds: Sequence[str]) -> str:
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("Started", "Updated", "Ended"))


def _reason(transaction: Json, expected: Expected) -> Check:
    trigger = transaction["events"][-1]["triggerReason"]
    seen = f"{transaction['stoppedReason']}, {trigger}"
    return Check("ended by", seen == f"{expected.stopped}, {expected.trigger}", seen)


def _signatures(transaction: Json, expected: Expected) -> Check:
    """Both as the CSMS verified them; what it remarks is what was foreseen, and nothing else."""
    begin, end = (transaction[what]["signature"] if transaction[what] else "missing" for what in ("begin", "end"))
    remarks = tuple(transaction["problems"])
    holds = (begin, end, remarks) == ("valid", "valid" if expected.signed_end else "missing", expected.remarks)
    foreseen = " (foreseen)" if remarks and remarks == expected.remarks else ""
    return Check("signatures", holds, f"{'; '.join((f'begin {begin}, end {end}', *remarks))}{foreseen}")


def _offline(events: Sequence[Json], expected: Expected) -> Check:
    """What happened offline says so, and it is all that happened from then on, until the station was back."""
    numbers = [event["seqNo"] for event in events if event["offline"]]
    in_a_row = not numbers or numbers == list(range(numbers[0], numbers[-1] + 1))
    ended = bool(events[-1]["offline"])
    holds = not events[0]["offline"] and in_a_row and expected.offline in (None, ended)
    if expected.offline is False:
        holds = not numbers
    told = f"{len(numbers)} events, seqNo {numbers[0]} to {numbers[-1]}" if numbers else "nothing"
    return Check("offline", holds, told)


def _receipt(events: Sequence[Json], receipt: Receipt | None, expected: Expected) -> Check:
    """The station keeps what it sent, to the byte, and knows that it was received."""
    if receipt is None:
        return Check("receipt", holds=False, seen="the station has none")
    got = signed_data(events)
    sent = {kept.record.ocmf for kept in receipt.kept if kept.sent_at is not None}
    records = len(receipt.records)
    holds = got == sent and records == 2 and len(sent) == (2 if expected.signed_end else 1)
    same = "the CSMS has the same bytes" if got == sent else "the CSMS has OTHER bytes"
    lack = "" if len(sent) == records else f"; it has {len(sent)} of them"
    sizes = ", ".join(str(len(ocmf)) for ocmf in sorted(got, key=len))
    return Check("receipt", holds, f"{records} records kept, {same} ({sizes}){lack}")
