"""The device model by name: how a row is called here, and what of it may be shown."""

import re
from collections.abc import Iterator
from typing import Any, Final

from station.core.device_model import DeviceModel
from station.core.variables import WRITE_ONLY, Address, Variable
from station.local.views import VariableView

NAME: Final = re.compile(
    r"(?P<component>\w+)(#(?P<evse>\d{1,9}))?(#(?P<connector>\d{1,9}))?"
    r"\.(?P<variable>\w+)(\[(?P<instance>[^\]]+)\])?"
)
FORM: Final = (
    "Component.Variable, as in OCPPCommCtrlr.HeartbeatInterval; of EVSE 1: EVSE#1.Power; of its connector 1:"
    " Connector#1#1.AvailabilityState; an instance in brackets: OCPPCommCtrlr.MessageTimeout[Default]"
)


def address_of(name: str) -> Address | None:
    """Return the address that a name means, as `str(address)` writes it; None if it is no name (see FORM)."""
    match = NAME.fullmatch(name.strip())
    if match is None:
        return None
    evse, connector = (int(number) if number else None for number in (match["evse"], match["connector"]))
    return Address(match["component"], match["variable"], match["instance"], None, evse, connector)


def variable_views(model: DeviceModel, text: str = "") -> Iterator[VariableView]:
    """Yield the rows whose name holds `text`, whatever the case of its letters, in the order of a report."""
    wanted = text.strip().lower()
    for row in model:
        if wanted in str(row).lower():
            yield variable_view(model, row)


def variable_view(model: DeviceModel, row: Variable[Any]) -> VariableView:
    """Return a row; never the value of one that is write-only."""
    address = row.address
    instance = f"[{address.instance}]" if address.instance else ""
    return VariableView(
        component=address.component,
        variable=f"{address.variable}{instance}",
        evse_id=address.evse_id,
        connector_id=address.connector_id,
        value="" if row.mutability is WRITE_ONLY else model.text(row),
        mutability=row.mutability.value,
        unit=row.unit or "",
        data_type=row.type.data_type.value,
        values=row.type.values,
        name=str(address),
    )
