"""DeviceDataCtrlr and CustomizationCtrlr: how much one message about variables may hold, and whose hooks are on."""

from typing import Final

from station.core.datatypes import LONGEST_LIST, Boolean, Integer
from station.core.variables.row import Variable

MOST_ITEMS: Final = 100
MOST_BYTES: Final = 64 * 1024
LONGEST_REPORTED: Final = 2500  # GetVariableResultType.attributeValue, VariableAttributeType.value


def _limit(name: str, value: int, *, instance: str | None = None) -> Variable[int]:
    return Variable("DeviceDataCtrlr", name, Integer(1, value), value, instance=instance).fixed(value)


ITEMS_PER_MESSAGE_GET_REPORT = _limit("ItemsPerMessage", MOST_ITEMS, instance="GetReport")
ITEMS_PER_MESSAGE_GET_VARIABLES = _limit("ItemsPerMessage", MOST_ITEMS, instance="GetVariables")
ITEMS_PER_MESSAGE_SET_VARIABLES = _limit("ItemsPerMessage", MOST_ITEMS, instance="SetVariables")
BYTES_PER_MESSAGE_GET_REPORT = _limit("BytesPerMessage", MOST_BYTES, instance="GetReport")
BYTES_PER_MESSAGE_GET_VARIABLES = _limit("BytesPerMessage", MOST_BYTES, instance="GetVariables")
BYTES_PER_MESSAGE_SET_VARIABLES = _limit("BytesPerMessage", MOST_BYTES, instance="SetVariables")
CONFIGURATION_VALUE_SIZE = _limit("ConfigurationValueSize", LONGEST_LIST)
REPORTING_VALUE_SIZE = _limit("ReportingValueSize", LONGEST_REPORTED)


def custom_implementation_enabled(vendor_id: str) -> Variable[bool]:
    """Return the row that switches what a vendor added; a station has one for each vendor it is configured for."""
    return Variable("CustomizationCtrlr", "CustomImplementationEnabled", Boolean(), default=True, instance=vendor_id)
