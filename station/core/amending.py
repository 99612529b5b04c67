"""Reports that wait to be sent, completed by what the meter signed meanwhile."""

from dataclasses import replace

from ocpp.v201.enums import ReadingContextEnumType

from station.core.reports import Sample, TransactionReport


def with_end(report: TransactionReport, end: Sample) -> TransactionReport:
    """Return an Ended event with the signed end in it: in place of the unsigned one, or behind all others."""
    if end in report.samples:
        return report
    places = [place for place, sample in enumerate(report.samples) if _stands_in(sample)]
    at = places[0] if places else len(report.samples)
    return replace(report, samples=(*report.samples[:at], end, *report.samples[at + 1 :]))


def _stands_in(sample: Sample) -> bool:
    """Say whether these are the live values of an end that was not signed."""
    return all(
        value.context is ReadingContextEnumType.transaction_end and value.signed is None for value in sample.values
    )
