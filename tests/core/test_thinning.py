"""What may be missing from a queue is told by the event alone."""

from dataclasses import replace

import pytest
from ocpp.v201.enums import (
    ChargingStateEnumType,
    MeasurandEnumType,
    ReadingContextEnumType,
    ReasonEnumType,
    TransactionEventEnumType,
    TriggerReasonEnumType,
)

from station.core.reports import Sample, SampledValue, SignedValue, TransactionReport
from station.core.thinning import Candidates, is_passing, is_signed
from station.core.tokens import IdToken
from tests.fakes_clock import START

Trigger = TriggerReasonEnumType
Event = TransactionEventEnumType
Context = ReadingContextEnumType
SIGNED = SignedValue(b"OCMF|{}|{}", None)


def sample(context=Context.sample_periodic, signed=None):
    value = SampledValue(MeasurandEnumType.energy_active_import_register, 1000.0, "Wh", context, signed=signed)
    return Sample(START, (value,))


PERIODIC = TransactionReport(
    event=Event.updated,
    transaction_id="t1",
    seq_no=3,
    happened_at=START,
    trigger=Trigger.meter_value_periodic,
    samples=(sample(),),
)


@pytest.mark.ocpp("E04.FR.07", "E11.FR.04", "E12.FR.04", "J02.FR.12")
@pytest.mark.parametrize("trigger", [Trigger.meter_value_periodic, Trigger.meter_value_clock])
def test_what_tells_how_the_meter_stood_on_the_way_may_be_missing(trigger):
    assert is_passing(replace(PERIODIC, trigger=trigger))


@pytest.mark.ocpp("E04.FR.07", "E11.FR.04", "E12.FR.04", "J02.FR.12")
@pytest.mark.parametrize(
    "changes",
    [
        {"event": Event.started},
        {"event": Event.ended},
        {"id_token": IdToken("04A1B2C3", "ISO14443")},
        {"evse_id": 1},
        {"remote_start_id": 7},
        {"number_of_phases_used": 3},
        {"charging_state": ChargingStateEnumType.suspended_ev},
        {"stopped_reason": ReasonEnumType.remote},
        {"samples": (sample(), sample(Context.transaction_begin))},
        {"samples": (sample(Context.transaction_begin, SIGNED),)},
        *(
            {"trigger": trigger}
            for trigger in Trigger
            if trigger not in (Trigger.meter_value_periodic, Trigger.meter_value_clock)
        ),
    ],
)
def test_nothing_that_is_told_once_may_be_missing(changes):
    assert not is_passing(replace(PERIODIC, **changes))


def noted(*reports):
    candidates = Candidates()
    for number, report in enumerate(reports):
        candidates.note(100 + number, replace(report, seq_no=number))
    chosen = candidates.chosen()
    return {name: [(one.message_id, one.seq_no) for one in those] for name, those in chosen.items()}


@pytest.mark.ocpp("E04.FR.08", "E11.FR.05", "E12.FR.05", "J02.FR.13")
def test_of_each_transaction_the_first_the_third_the_fifth_go():
    other = replace(PERIODIC, transaction_id="t2")
    started, ended = replace(PERIODIC, event=Event.started), replace(PERIODIC, event=Event.ended)
    assert noted(started, PERIODIC, PERIODIC, other, PERIODIC, PERIODIC, PERIODIC, ended) == {
        "t1": [(101, 1), (104, 4), (106, 6)],
        "t2": [(103, 3)],
    }


def test_signed_values_go_last():
    signed = replace(PERIODIC, samples=(sample(signed=SIGNED),))
    assert (is_signed(signed), is_signed(PERIODIC)) == (True, False)
    assert noted(signed, PERIODIC, signed) == {"t1": [(101, 1)]}
    assert noted(signed, signed, signed) == {"t1": [(100, 0), (102, 2)]}


def test_where_nothing_may_go_nothing_is_chosen():
    assert noted(replace(PERIODIC, event=Event.started)) == {}
