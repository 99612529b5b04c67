"""Transactions: what a station told about one, put in order and checked; pure bookkeeping.

Events are ordered by seqNo, whatever order they came in: a station that was offline sends the newest first or last.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any, Final

from simulators.mock_csms.keys import KeyRing, KeySource
from simulators.mock_csms.members import Payload
from simulators.mock_csms.verify import SignedValue, Verdict, order_problems, pair_problems, sample_wh, signed_values

BEGIN: Final = "Transaction.Begin"
END: Final = "Transaction.End"
MOST_GAPS: Final = 1000


@dataclass(frozen=True, slots=True)
class Event:
    """One TransactionEventRequest as it came first."""

    payload: Payload
    received_at: datetime
    times_received: int = 1

    @property
    def seq_no(self) -> int:
        return int(self.payload["seqNo"])

    @property
    def type(self) -> str:
        return str(self.payload["eventType"])

    @property
    def timestamp(self) -> datetime:
        return datetime.fromisoformat(self.payload["timestamp"])

    @property
    def offline(self) -> bool:
        return bool(self.payload.get("offline", False))

    @property
    def meter_values(self) -> list[Payload]:
        return list(self.payload.get("meterValue", ()))

    def same_as(self, payload: Payload) -> bool:
        """Tell whether a payload is this event again; `offline` may have become true since (E04.FR.03)."""
        return {**self.payload, "offline": True} == {**payload, "offline": True}


@dataclass(frozen=True, slots=True)
class Conflict:
    """An event with the seqNo of another one, but other content."""

    seq_no: int
    payload: Payload
    received_at: datetime


class Transaction:
    """Everything that was told about one transaction of one station."""

    def __init__(self, transaction_id: str, *, station: str, keys: KeyRing) -> None:
        self.id = transaction_id
        self.station = station
        self._keys = keys
        self._events: dict[int, Event] = {}
        self._conflicts: list[Conflict] = []

    def record(self, payload: Payload, *, at: datetime) -> tuple[str, ...]:
        """Take a valid TransactionEventRequest; returns what is remarkable about it."""
        seq_no = int(payload["seqNo"])
        known = self._events.get(seq_no)
        if known is not None and known.same_as(payload):
            self._events[seq_no] = replace(known, times_received=known.times_received + 1)
            return ("resent",)
        if known is not None:
            self._conflicts.append(Conflict(seq_no, payload, at))
            return (f"conflict: another event has seqNo {seq_no}",)
        event = self._events[seq_no] = Event(payload, at)
        missing = [number for number in self.gaps if number < seq_no]
        late = [f"seqNo {', '.join(map(str, missing))} not seen yet"] if missing else []
        return (*late, *map(describe, self._learn(event)))

    def _learn(self, event: Event) -> Iterator[SignedValue]:
        for value in self._signed_in(event):
            if value.verdict is Verdict.VALID and value.record and value.key:
                self._keys.learn(value.record.meter_serial, self.id, value.key)
            yield value

    def _signed_in(self, event: Event) -> Iterator[SignedValue]:
        return signed_values(event.meter_values, keys=self._keys, transaction_id=self.id)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events by seqNo."""
        return tuple(self._events[seq_no] for seq_no in sorted(self._events))

    @property
    def gaps(self) -> tuple[int, ...]:
        """Every seqNo from 0 that is missing below the highest one, the first thousand of them."""
        missing = (number for number in range(max(self._events, default=0)) if number not in self._events)
        return tuple(islice(missing, MOST_GAPS))

    @property
    def resent(self) -> tuple[int, ...]:
        """Every seqNo that came more than once with the same content."""
        return tuple(event.seq_no for event in self.events if event.times_received > 1)

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        return tuple(self._conflicts)

    def first(self, event_type: str) -> Event | None:
        """Return the event of a type (Started, Updated, Ended) with the lowest seqNo."""
        return next((event for event in self.events if event.type == event_type), None)

    def latest(self, key: str) -> Any:
        """Return what the last event that has this member of `transactionInfo`, or else of the request, says."""
        for event in reversed(self.events):
            for holder in (event.payload["transactionInfo"], event.payload):
                if key in holder:
                    return holder[key]
        return None

    @property
    def ended(self) -> bool:
        return self.first("Ended") is not None

    @property
    def complete(self) -> bool:
        """Started and Ended were seen and everything between them."""
        return self.ended and self.first("Started") is not None and not self.gaps

    @property
    def stopped_reason(self) -> str | None:
        """As told, `Local` being the default of the standard; None before the end."""
        ended = self.first("Ended")
        return None if ended is None else str(ended.payload["transactionInfo"].get("stoppedReason", "Local"))

    @property
    def signed(self) -> tuple[tuple[int, SignedValue], ...]:
        """All signed values with the seqNo of their event, checked with all keys that are known by now."""
        return tuple((event.seq_no, value) for event in self.events for value in self._signed_in(event))

    @property
    def begin(self) -> SignedValue | None:
        """The signed begin; that of the event with the lowest seqNo, if there are several."""
        return next((value for _, value in self.signed if value.context == BEGIN), None)

    @property
    def end(self) -> SignedValue | None:
        return next((value for _, value in reversed(self.signed) if value.context == END), None)

    @property
    def energy_wh(self) -> Decimal | None:
        """From the plain values: the last register less the first one; None without two of them."""
        samples = list(self._register_samples())
        if len(samples) < 2:
            return None
        first = next((wh for context, wh in samples if context == BEGIN), samples[0][1])
        last = next((wh for context, wh in reversed(samples) if context == END), samples[-1][1])
        return last - first

    def _register_samples(self) -> Iterator[tuple[str, Decimal]]:
        for event in self.events:
            for meter_value in sorted(event.meter_values, key=_time_of):
                for sample in meter_value["sampledValue"]:
                    if (wh := sample_wh(sample)) is not None:
                        yield sample.get("context", "Sample.Periodic"), wh

    @property
    def signed_energy_wh(self) -> Decimal | None:
        """From the signed begin and end (RV), if both signatures are valid."""
        begin, end = self.begin, self.end
        if begin is None or end is None or {begin.verdict, end.verdict} != {Verdict.VALID}:
            return None
        assert begin.record is not None
        assert end.record is not None
        return end.record.session_energy_wh - begin.record.session_energy_wh

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with what was told so far."""
        return (*self._order_problems(), *self._signature_problems())

    def _order_problems(self) -> Iterator[str]:
        events = self.events
        if self.gaps:
            yield f"seqNo {', '.join(map(str, self.gaps))} missing"
        for conflict in self._conflicts:
            yield f"seqNo {conflict.seq_no} came with different contents"
        if self.ended and events[-1].type != "Ended":
            yield "events follow after Ended"
        for name in ("Started", "Ended"):
            if sum(event.type == name for event in events) > 1:
                yield f"{name} came with more than one seqNo"
        if events[0].seq_no == 0 and events[0].type != "Started":
            yield f"begins with {events[0].type}, not with Started"
        if len({event.payload["evse"]["id"] for event in events if "evse" in event.payload}) > 1:
            yield "the EVSE changes"
        for before, after in pairwise(events):
            if after.timestamp < before.timestamp:
                yield f"seqNo {after.seq_no} has an earlier timestamp than seqNo {before.seq_no}"

    def _signature_problems(self) -> Iterator[str]:
        signed = self.signed
        for seq_no, value in signed:
            if value.verdict is not Verdict.VALID:
                yield f"seqNo {seq_no}: {value.context} has signature {value.verdict}"
            yield from (f"seqNo {seq_no}: {value.context}: {problem}" for problem in value.problems)
        for context in (BEGIN, END):
            if len({value.data for _, value in signed if value.context == context}) > 1:
                yield f"different records for {context}"
        if any(value.context not in (BEGIN, END) for _, value in signed):
            yield from order_problems(value for _, value in signed)
        begin, end = self.begin, self.end
        if begin and end:
            yield from pair_problems(begin, end)
        elif self.ended and (begin or end):
            yield f"only {BEGIN if begin else END} is signed"


def describe(value: SignedValue) -> str:
    """Tell in a few words what came of a signed value."""
    words = {Verdict.VALID: "signature valid", Verdict.INVALID: "SIGNATURE INVALID", Verdict.NO_KEY: "signed, no key"}
    text = f"{value.context} {words[value.verdict]}"
    if value.key_source is KeySource.CONFIGURED:
        text += " (configured key)"
    return "; ".join((text, *value.problems))


def _time_of(meter_value: Payload) -> datetime:
    return datetime.fromisoformat(meter_value["timestamp"])
