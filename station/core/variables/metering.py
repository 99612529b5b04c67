"""SampledDataCtrlr and AlignedDataCtrlr: which meter values are sent, when, and which of them are signed."""

from dataclasses import replace

from ocpp.v201.enums import MeasurandEnumType

from station.core.datatypes import Boolean, MemberList
from station.core.policy import ENERGY
from station.core.variables.row import NEVER, SECONDS, Variable

MEASURANDS = MemberList(
    (
        ENERGY,
        MeasurandEnumType.power_active_import,
        MeasurandEnumType.power_factor,
        MeasurandEnumType.current_import,
        MeasurandEnumType.voltage,
        MeasurandEnumType.frequency,
    )
)
"""What the meter measures (core.samples)."""
SIGNED_MEASURANDS = MemberList((ENERGY,))
"""What stands in a signed record, and begin and end are told by records alone."""
NO_MEASURANDS = replace(MEASURANDS, max_limit=0)
"""Only the empty text is short enough."""
NOTHING: frozenset[MeasurandEnumType] = frozenset()

SAMPLED_DATA_AVAILABLE = Variable("SampledDataCtrlr", "Available", Boolean(), default=True).fixed(value=True)
SAMPLED_DATA_ENABLED = Variable("SampledDataCtrlr", "Enabled", Boolean(), default=True).fixed(value=True)
"""What is not wanted is left out of the lists below."""
TX_STARTED_MEASURANDS = Variable("SampledDataCtrlr", "TxStartedMeasurands", SIGNED_MEASURANDS, frozenset({ENERGY}))
TX_UPDATED_MEASURANDS = Variable("SampledDataCtrlr", "TxUpdatedMeasurands", MEASURANDS, frozenset({ENERGY}))
TX_UPDATED_INTERVAL = Variable("SampledDataCtrlr", "TxUpdatedInterval", SECONDS, 60, unit="s")
TX_ENDED_MEASURANDS = Variable("SampledDataCtrlr", "TxEndedMeasurands", SIGNED_MEASURANDS, frozenset({ENERGY}))
TX_ENDED_INTERVAL = Variable("SampledDataCtrlr", "TxEndedInterval", NEVER, 0, unit="s")
"""Ended holds the begin and the end, which are signed, and nothing in between."""
SIGN_READINGS = Variable("SampledDataCtrlr", "SignReadings", Boolean(), default=True)
SIGN_STARTED_READINGS = Variable("SampledDataCtrlr", "SignStartedReadings", Boolean(), default=False)
SIGN_UPDATED_READINGS = Variable("SampledDataCtrlr", "SignUpdatedReadings", Boolean(), default=False).fixed(
    value=False
)
"""Whitepaper "Signed Meter Values" 4.3.7; this meter signs begin and end, nothing in between."""
REGISTER_VALUES_WITHOUT_PHASES = Variable(
    "SampledDataCtrlr", "RegisterValuesWithoutPhases", Boolean(), default=True
).fixed(value=True)
"""The meter counts the energy of all phases together."""

ALIGNED_DATA_AVAILABLE = Variable("AlignedDataCtrlr", "Available", Boolean(), default=False).fixed(value=False)
"""Nothing is sampled by the clock; the rows below are there because every station has to have them."""
ALIGNED_DATA_ENABLED = Variable("AlignedDataCtrlr", "Enabled", Boolean(), default=False).fixed(value=False)
ALIGNED_DATA_MEASURANDS = Variable("AlignedDataCtrlr", "Measurands", NO_MEASURANDS, NOTHING)
ALIGNED_DATA_INTERVAL = Variable("AlignedDataCtrlr", "Interval", NEVER, 0, unit="s")
ALIGNED_DATA_TX_ENDED_MEASURANDS = Variable("AlignedDataCtrlr", "TxEndedMeasurands", NO_MEASURANDS, NOTHING)
ALIGNED_DATA_TX_ENDED_INTERVAL = Variable("AlignedDataCtrlr", "TxEndedInterval", NEVER, 0, unit="s")
