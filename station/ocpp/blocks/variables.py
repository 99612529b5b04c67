"""Block B, variables: SetVariables and GetVariables (B05, B06)."""

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import GetVariableDataType, GetVariableResultType, SetVariableDataType, SetVariableResultType
from ocpp.v201.enums import GetVariableStatusEnumType, SetVariableStatusEnumType

from station.core import variables as var
from station.core.device_model import ACTUAL, Accepted, DeviceModel, Refusal, Rejected
from station.errors import StorageError
from station.ocpp.model_words import address_of, refuse_too_much, status_info
from station.ocpp.router import on
from station.secret import MASK

log = structlog.get_logger("station.variables")


class Variables:
    """Lets the CSMS read and set what the device model holds; one result for each item, in their order."""

    def __init__(self, model: DeviceModel) -> None:
        self._model = model

    @on("GetVariables")
    async def get_variables(self, request: call.GetVariables) -> call_result.GetVariables:
        items = request.get_variable_data
        refuse_too_much(
            request,
            len(items),
            most_items=self._model[var.ITEMS_PER_MESSAGE_GET_VARIABLES],
            most_bytes=self._model[var.BYTES_PER_MESSAGE_GET_VARIABLES],
        )
        return call_result.GetVariables(get_variable_result=[self._get(item) for item in items])

    @on("SetVariables")
    async def set_variables(self, request: call.SetVariables) -> call_result.SetVariables:
        items = request.set_variable_data
        refuse_too_much(
            request,
            len(items),
            most_items=self._model[var.ITEMS_PER_MESSAGE_SET_VARIABLES],
            most_bytes=self._model[var.BYTES_PER_MESSAGE_SET_VARIABLES],
        )
        return call_result.SetVariables(set_variable_result=[self._set(item) for item in items])

    def _get(self, item: GetVariableDataType) -> GetVariableResultType:
        attribute = item.attribute_type or ACTUAL  # B06.FR.11
        found = self._model.get_actual(address_of(item.component, item.variable), attribute)
        result = GetVariableResultType(
            attribute_status=GetVariableStatusEnumType.accepted,
            component=item.component,
            variable=item.variable,
            attribute_type=attribute,
        )
        if isinstance(found, Rejected):
            result.attribute_status = GetVariableStatusEnumType(found.status)
            result.attribute_status_info = status_info(found.reason_code, found.text)
        else:
            result.attribute_value = found.text
        return result

    def _set(self, item: SetVariableDataType) -> SetVariableResultType:
        attribute = item.attribute_type or ACTUAL  # B05.FR.12
        done = self._change(item)
        result = SetVariableResultType(
            attribute_status=SetVariableStatusEnumType.accepted,
            component=item.component,
            variable=item.variable,
            attribute_type=attribute,
        )
        if isinstance(done, Rejected):
            result.attribute_status = SetVariableStatusEnumType(done.status)
            result.attribute_status_info = status_info(done.reason_code, done.text)
        elif done.reboot_required:
            result.attribute_status = SetVariableStatusEnumType.reboot_required
        return result

    def _change(self, item: SetVariableDataType) -> Accepted | Rejected:
        address = address_of(item.component, item.variable)
        try:
            done = self._model.set_actual(address, item.attribute_value, item.attribute_type or ACTUAL)
        except StorageError as error:  # B05.FR.09: technical problems
            log.error("variable_not_saved", variable=str(address), error=str(error))
            return Rejected(Refusal.REJECTED, "InternalError", "the station could not save it")
        if isinstance(done, Rejected):
            log.info("variable_set_refused", variable=str(address), status=done.status.value, why=done.reason_code)
        else:
            secret = done.variable.mutability is var.WRITE_ONLY
            value = MASK if secret else item.attribute_value
            log.info("variable_set", variable=str(address), value=value, reboot_required=done.reboot_required)
        return done
