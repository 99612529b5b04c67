"""An Ended event gets the end that was signed late, and stays what it was otherwise."""

from dataclasses import replace

from ocpp.v201.enums import MeasurandEnumType, ReadingContextEnumType, ReasonEnumType, TriggerReasonEnumType

from station.core import samples
from station.core.amending import with_end
from station.core.policy import ENERGY
from station.core.records import RecordKind
from station.core.reports import TransactionReport
from station.core.session import ChargingStateEnumType
from tests.core.runs import ANNA, ENDED, a_reading
from tests.fakes import NOON, a_record

BEGIN_CONTEXT, END_CONTEXT = ReadingContextEnumType.transaction_begin, ReadingContextEnumType.transaction_end
BEGIN = samples.of_record(a_record(RecordKind.TURN_ON, 100), BEGIN_CONTEXT, signed=True, key=b"key")
PLAIN_BEGIN = samples.of_record(a_record(RecordKind.TURN_ON, 100), BEGIN_CONTEXT, signed=False, key=None)
PERIODIC = samples.of_reading(a_reading(), (ENERGY,), ReadingContextEnumType.sample_periodic)
STAND_IN = samples.of_reading(a_reading(), (ENERGY, MeasurandEnumType.voltage), END_CONTEXT)
END = samples.of_record(a_record(RecordKind.TURN_OFF, 101), END_CONTEXT, signed=True, key=None)
REPORT = TransactionReport(
    event=ENDED,
    transaction_id="t1",
    seq_no=7,
    happened_at=NOON,
    trigger=TriggerReasonEnumType.stop_authorized,
    charging_state=ChargingStateEnumType.ev_connected,
    stopped_reason=ReasonEnumType.local,
    remote_start_id=3,
    evse_id=2,
    id_token=ANNA,
)


def ended(*found):
    return replace(REPORT, samples=found)


def test_the_signed_end_takes_the_place_of_the_unsigned_one():
    assert with_end(ended(BEGIN, STAND_IN), END) == ended(BEGIN, END)
    assert with_end(ended(STAND_IN, PERIODIC), END) == ended(END, PERIODIC)


def test_without_an_unsigned_end_it_stands_behind_all_others():
    assert with_end(ended(), END) == ended(END)
    assert with_end(ended(BEGIN), END) == ended(BEGIN, END)


def test_values_of_the_begin_and_of_in_between_stay():
    assert with_end(ended(PLAIN_BEGIN, PERIODIC), END) == ended(PLAIN_BEGIN, PERIODIC, END)


def test_a_signed_end_is_never_replaced():
    other = samples.of_record(a_record(RecordKind.TURN_OFF, 102), END_CONTEXT, signed=True, key=None)
    assert with_end(ended(END), other) == ended(END, other)


def test_an_end_that_is_there_already_is_not_put_in_again():
    assert with_end(ended(BEGIN, END), END) == ended(BEGIN, END)
