"""The queue that is drained looks like one of real sessions."""

from ocpp.v201.enums import TransactionEventEnumType

from benchmarks.events import EVENTS, OCMF, PER_TRANSACTION, reports
from station.ocpp import codec, validation
from station.ocpp.blocks.transactions import encode
from station.ocpp.schemas import Kind


def test_each_tenth_of_a_thousand_events_is_an_ended_with_two_signed_values() -> None:
    queue = list(reports())
    assert len(queue) == EVENTS == 1000
    for number, report in enumerate(queue, start=1):
        signed = [value.signed for sample in report.samples for value in sample.values if value.signed]
        ends = number % PER_TRANSACTION == 0
        assert (report.event is TransactionEventEnumType.ended, len(signed)) == (ends, 2 if ends else 0)


def test_every_event_is_valid_ocpp() -> None:
    for report in reports(2 * PER_TRANSACTION):
        payload = codec.encode(encode(report, offline=True))
        assert validation.check("TransactionEvent", Kind.REQUEST, payload) is None


def test_a_record_is_as_long_as_a_meters() -> None:
    text = OCMF.format(
        number=1, time="2026-03-01T12:00:00,000+0000", mark="B", kwh=0, total_kwh=20, signature="0" * 140
    )
    assert 650 < len(text) < 750
