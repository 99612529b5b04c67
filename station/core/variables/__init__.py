"""The variables of this station's device model: one typed row each (OCPP 2.0.1 Part 2, referenced variables).

A row is also the key to its value: `model[HEARTBEAT_INTERVAL]` is an `int`. Rows of an EVSE or a connector are
addressed with `at`: `model[EVSE_AVAILABILITY_STATE.at(1)]`.
"""

# ruff: noqa: F403 - every row by its name, from one place
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from ocpp.v201.enums import MutabilityEnumType

from station.core.variables import (
    authorization,
    clock,
    communication,
    device_data,
    hardware,
    metering,
    security,
    transactions,
)
from station.core.variables.authorization import *
from station.core.variables.clock import *
from station.core.variables.communication import *
from station.core.variables.communication import MESSAGE_TIMEOUT
from station.core.variables.device_data import *
from station.core.variables.hardware import *
from station.core.variables.metering import *
from station.core.variables.row import *
from station.core.variables.row import Variable
from station.core.variables.security import *
from station.core.variables.transactions import *

GROUPS = (
    communication,
    device_data,
    security,
    clock,
    authorization,
    transactions,
    metering,
    hardware,
)


def _rows_of(group: ModuleType) -> Iterator[Variable[Any]]:
    for name, value in vars(group).items():
        if name.isupper():
            yield from (row for row in (value if isinstance(value, tuple) else (value,)) if isinstance(row, Variable))


TABLE: tuple[Variable[Any], ...] = tuple(row for group in GROUPS for row in _rows_of(group))
"""Every row, group by group; those of an EVSE or a connector not yet addressed."""

PRESETTABLE = {
    row.address.key: row for row in TABLE if row.mutability is MutabilityEnumType.read_write or row is MESSAGE_TIMEOUT
}
"""What the configuration may preset: the behaviour, not the facts."""
