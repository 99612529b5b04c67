"""SampledDataCtrlr and AlignedDataCtrlr: which meter values are sent, when, and which of them are signed."""

from typing import Final

from ocpp.v201.enums import MeasurandEnumType

from station.core.datatypes import Boolean, Integer, MemberList
from station.core.policy import ENERGY
from station.core.variables.row import SECONDS, Tier, Variable

MEASURANDS = MemberList(
    (
        ENERGY,
        MeasurandEnumType.power_active_import,
        MeasurandEnumType.power_reactive_import,
        MeasurandEnumType.power_reactive_export,
        MeasurandEnumType.power_factor,
        MeasurandEnumType.current_import,
        MeasurandEnumType.voltage,
        MeasurandEnumType.frequency,
    )
)
"""What the meter measures (core.samples); it counts no energy back from the vehicle. Only ENERGY can be signed."""
ENERGY_ALONE: Final = frozenset({ENERGY})
OF_A_DAY = Integer(0, 24 * 3600)
"""Clock-aligned intervals begin anew at midnight, so that none is longer than a day."""

SAMPLED_DATA_AVAILABLE = Variable("SampledDataCtrlr", "Available", Boolean(), default=True).fixed(value=True)
SAMPLED_DATA_ENABLED = Variable("SampledDataCtrlr", "Enabled", Boolean(), default=True).fixed(value=True)
"""What is not wanted is left out of the lists below."""
TX_STARTED_MEASURANDS = Variable("SampledDataCtrlr", "TxStartedMeasurands", MEASURANDS, ENERGY_ALONE)
TX_UPDATED_MEASURANDS = Variable("SampledDataCtrlr", "TxUpdatedMeasurands", MEASURANDS, ENERGY_ALONE)
TX_UPDATED_INTERVAL = Variable("SampledDataCtrlr", "TxUpdatedInterval", SECONDS, 60, unit="s")
TX_ENDED_MEASURANDS = Variable("SampledDataCtrlr", "TxEndedMeasurands", MEASURANDS, ENERGY_ALONE)
TX_ENDED_INTERVAL = Variable("SampledDataCtrlr", "TxEndedInterval", SECONDS, 0, unit="s")
"""0, as the standard recommends: Ended holds the begin and the end, and nothing in between."""
SIGN_READINGS = Variable("SampledDataCtrlr", "SignReadings", Boolean(), default=True)
SIGN_STARTED_READINGS = Variable("SampledDataCtrlr", "SignStartedReadings", Boolean(), default=False)
SIGN_UPDATED_READINGS = Variable("SampledDataCtrlr", "SignUpdatedReadings", Boolean(), default=False)
"""Application note "Signed Meter Values", 4.3.6 and 4.3.7: both without effect unless SignReadings is true."""
REGISTER_VALUES_WITHOUT_PHASES = Variable("SampledDataCtrlr", "RegisterValuesWithoutPhases", Boolean(), default=True)

ALIGNED_DATA_AVAILABLE = Variable("AlignedDataCtrlr", "Available", Boolean(), default=True).fixed(value=True)
ALIGNED_DATA_ENABLED = Variable("AlignedDataCtrlr", "Enabled", Boolean(), default=True)
ALIGNED_DATA_MEASURANDS = Variable("AlignedDataCtrlr", "Measurands", MEASURANDS, ENERGY_ALONE)
ALIGNED_DATA_INTERVAL = Variable("AlignedDataCtrlr", "Interval", OF_A_DAY, 0, unit="s")
ALIGNED_DATA_TX_ENDED_MEASURANDS = Variable("AlignedDataCtrlr", "TxEndedMeasurands", MEASURANDS, ENERGY_ALONE)
ALIGNED_DATA_TX_ENDED_INTERVAL = Variable("AlignedDataCtrlr", "TxEndedInterval", OF_A_DAY, 0, unit="s")
EVSE_ALIGNED_DATA_SEND_DURING_IDLE = Variable(
    "AlignedDataCtrlr", "SendDuringIdle", Boolean(), default=False, tier=Tier.EVSE
)
"""J01.FR.19: silent for an EVSE while a transaction runs there."""
ALIGNED_DATA_SEND_DURING_IDLE = Variable("AlignedDataCtrlr", "SendDuringIdle", Boolean(), default=False)
"""J01.FR.20: silent for all EVSEs while any transaction runs."""
ALIGNED_DATA_SIGN_READINGS = Variable("AlignedDataCtrlr", "SignReadings", Boolean(), default=False)
"""Each signature takes the meter seconds, and there are CSMSs that answer a signed MeterValues with SecurityError."""
ALIGNED_DATA_SIGN_UPDATED_READINGS = Variable("AlignedDataCtrlr", "SignUpdatedReadings", Boolean(), default=False)
"""Application note 4.3.4: without effect unless SignReadings is true."""
