"""Samples of the core as MeterValueType."""

import base64

from ocpp.v201.datatypes import MeterValueType, SampledValueType, SignedMeterValueType, UnitOfMeasureType
from ocpp.v201.enums import LocationEnumType

from station.core.reports import Sample, SampledValue, SignedValue
from station.meter.keys import oca_public_key
from station.ocpp.words import timestamp


def meter_value(sample: Sample) -> MeterValueType:
    return MeterValueType(
        timestamp=timestamp(sample.taken_at), sampled_value=[_sampled_value(value) for value in sample.values]
    )


def _sampled_value(value: SampledValue) -> SampledValueType:
    return SampledValueType(
        value=value.value,
        context=value.context,
        measurand=value.measurand,
        phase=value.phase,
        # J01.FR.09: each EVSE's meter sits behind the contactor; there is none at the station's inlet.
        location=LocationEnumType.outlet,
        signed_meter_value=_signed(value.signed) if value.signed else None,
        unit_of_measure=UnitOfMeasureType(unit=value.unit) if value.unit else None,
    )


def _signed(signed: SignedValue) -> SignedMeterValueType:
    """OCA application note on signed meter values: the method stands inside the OCMF, so it is left empty here."""
    return SignedMeterValueType(
        signed_meter_data=base64.b64encode(signed.ocmf).decode("ascii"),
        signing_method="",
        encoding_method="OCMF",
        public_key=oca_public_key(signed.public_key) if signed.public_key else "",
    )
