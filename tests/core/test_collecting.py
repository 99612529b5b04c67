"""What was collected for the Ended event: between begin and end, and never so much that it cannot be sent."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v201.enums import MeasurandEnumType as Measurand
from ocpp.v201.enums import PhaseEnumType as Phase
from ocpp.v201.enums import ReadingContextEnumType as Context
from ocpp.v201.enums import ReasonEnumType, TransactionEventEnumType, TriggerReasonEnumType

from station.core.collecting import size_of, with_collected
from station.core.records import RecordKind
from station.core.reports import Sample, SampledValue, SignedValue, TransactionReport
from station.core.samples import of_reading, of_record
from station.core.tokens import IdToken
from station.core.variables import MEASURANDS
from station.ocpp import codec, frames
from station.ocpp.blocks.transactions import encode
from tests.core.runs import a_reading
from tests.core.test_samples import full_reading
from tests.fakes import NOON, a_record
from tests.meter.vectors import DEMO_KEY, OCMF

BEGIN = of_record(a_record(RecordKind.TURN_ON, 1), Context.transaction_begin, signed=True, key=None)
END = of_record(a_record(RecordKind.TURN_OFF, 9), Context.transaction_end, signed=True, key=None)
ENDED = TransactionReport(
    event=TransactionEventEnumType.ended,
    transaction_id="5d0b4a3e-6f0c-4a6e-9c7e-1f2a3b4c5d6e",
    seq_no=2**31 - 1,
    happened_at=NOON,
    trigger=TriggerReasonEnumType.abnormal_condition,
    stopped_reason=ReasonEnumType.ev_disconnected,
    remote_start_id=2**31 - 1,
    evse_id=99,
    id_token=IdToken("a" * 36, "ISO14443"),
    samples=(BEGIN, END),
)
PLENTY = 1_000_000


def sample(number):
    reading = a_reading(1500 + number, at=NOON + timedelta(minutes=number))
    found = of_reading(reading, (Measurand.energy_active_import_register,), Context.sample_periodic)
    assert found is not None
    return found


def room_for(report, count):
    """Return how long a message may be that has room for so many of the samples above."""
    nothing = with_collected(report, (), most_bytes=PLENTY)
    return 2048 + sum(map(size_of, nothing.samples)) + count * size_of(sample(0))


@pytest.mark.ocpp("E06.FR.11", "J02.FR.02")
def test_what_was_collected_stands_between_begin_and_end():
    samples = [sample(number) for number in range(3)]
    assert with_collected(ENDED, samples, most_bytes=PLENTY).samples == (BEGIN, *samples, END)


def test_without_a_begin_it_stands_in_front_and_without_an_end_behind():
    assert with_collected(replace(ENDED, samples=(END,)), [sample(1)], most_bytes=PLENTY).samples == (sample(1), END)
    assert with_collected(replace(ENDED, samples=()), [sample(1)], most_bytes=PLENTY).samples == (sample(1),)


def test_nothing_but_the_samples_changes():
    assert replace(with_collected(ENDED, [sample(1)], most_bytes=PLENTY), samples=ENDED.samples) == ENDED


@pytest.mark.ocpp("J02.FR.20", "E06.FR.12")
def test_what_is_too_much_is_thinned_evenly_and_the_first_one_goes_first():
    samples = [sample(number) for number in range(9)]
    halved = with_collected(ENDED, samples, most_bytes=room_for(ENDED, 8))
    assert halved.samples == (BEGIN, *samples[1::2], END)
    quartered = with_collected(ENDED, samples, most_bytes=room_for(ENDED, 3))
    assert quartered.samples == (BEGIN, samples[3], samples[7], END)


@pytest.mark.ocpp("J02.FR.20")
def test_begin_and_end_stay_however_little_room_there_is():
    assert with_collected(ENDED, [sample(number) for number in range(9)], most_bytes=0).samples == (BEGIN, END)


@given(st.integers(0, 400), st.integers(0, 200_000))
def test_there_is_never_more_than_fits(count, most_bytes):
    report = with_collected(ENDED, [sample(number) for number in range(count)], most_bytes=most_bytes)
    assert report.samples[0] is BEGIN
    assert report.samples[-1] is END
    assert len(report.samples) == 2 or message_bytes(report) <= most_bytes


LONGEST = SampledValue(
    Measurand.energy_reactive_export_register,
    -123456789.12345678,
    "kvarh",
    Context.interruption_begin,
    Phase.l1_n,
    SignedValue(max(OCMF.values(), key=len), DEMO_KEY),
)


@pytest.mark.parametrize(
    "samples",
    [
        [],
        [Sample(NOON, (LONGEST,) * 20)],
        [Sample(NOON, (replace(LONGEST, signed=None),) * 20)] * 20,
        [of_reading(full_reading(), MEASURANDS.values, Context.sample_clock, register_phases=True)] * 10,
    ],
)
def test_the_size_is_never_thought_smaller_than_the_message_is(samples):
    report = with_collected(ENDED, samples, most_bytes=PLENTY)
    assert len(report.samples) == len(samples) + 2
    assert message_bytes(report) <= 2048 + sum(map(size_of, report.samples))


def message_bytes(report):
    payload = codec.encode(encode(report, offline=True))
    return len(frames.to_text(frames.Call("i" * 36, "TransactionEvent", payload)).encode())
