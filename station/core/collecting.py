"""The Ended event with what was collected for it on the way, as much as fits into one message."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Final

from ocpp.v201.enums import ReadingContextEnumType

from station.core.reports import Sample, TransactionReport

# Upper bounds of what stands in JSON around the parts of a message: names, enums, braces and the longest numbers.
_EVENT_BYTES: Final = 2048
_SAMPLE_BYTES: Final = 64
_VALUE_BYTES: Final = 256
_SIGNED_BYTES: Final = 128


def with_collected(report: TransactionReport, samples: Sequence[Sample], *, most_bytes: int) -> TransactionReport:
    """Return an Ended event with `samples`, oldest first, between its begin and its end.

    If the message would be longer than `most_bytes`, every second of them is left out, the first one first, until it
    fits (J02.FR.20); begin and end stay, whatever their size, for the bill rests on them.
    """
    begins = tuple(takewhile(_is_begin, report.samples))
    room = most_bytes - _EVENT_BYTES - sum(map(size_of, report.samples))
    kept = tuple(samples)
    while kept and sum(map(size_of, kept)) > room:
        kept = kept[1::2]
    return replace(report, samples=(*begins, *kept, *report.samples[len(begins) :]))


def size_of(sample: Sample) -> int:
    """Return how many bytes a sample takes in a message at most."""
    signed = [value.signed for value in sample.values if value.signed is not None]
    evidence = sum(_SIGNED_BYTES + _base64(len(one.ocmf)) + _key(one.public_key) for one in signed)
    return _SAMPLE_BYTES + _VALUE_BYTES * len(sample.values) + evidence


def _is_begin(sample: Sample) -> bool:
    return all(value.context is ReadingContextEnumType.transaction_begin for value in sample.values)


def _base64(length: int) -> int:
    return (length + 2) // 3 * 4


def _key(public_key: bytes | None) -> int:
    """The key is written in hexadecimal, with what it is in front, and that in Base64 (application note, 3.2.2)."""
    return _base64(32 + 2 * len(public_key)) if public_key else 0
