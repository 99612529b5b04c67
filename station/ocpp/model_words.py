"""The device model in the words of OCPP messages, and back."""

import json

from ocpp.exceptions import FormatViolationError, OccurrenceConstraintViolationError
from ocpp.v201.datatypes import ComponentType, StatusInfoType, VariableType

from station.core.variables import Address
from station.ocpp import codec, words

ADDITIONAL_INFO_LENGTH = 512
"""StatusInfoType.additionalInfo."""


def address_of(component: ComponentType, variable: VariableType) -> Address:
    evse = component.evse
    return Address(
        component.name,
        variable.name,
        variable.instance,
        component.instance,
        evse.id if evse else None,
        evse.connector_id if evse else None,
    )


def component_of(address: Address) -> ComponentType:
    evse = None if address.evse_id is None else words.evse(address.evse_id, address.connector_id)
    return ComponentType(name=address.component, instance=address.component_instance, evse=evse)


def variable_of(address: Address) -> VariableType:
    return VariableType(name=address.variable, instance=address.instance)


def because(reason_code: str, text: str = "") -> StatusInfoType:
    """Return a reason: a code of appendix 5, and words for the operator of the CSMS."""
    return StatusInfoType(reason_code=reason_code, additional_info=text[:ADDITIONAL_INFO_LENGTH] or None)


def status_info(reason_code: str, text: str = "") -> StatusInfoType | None:
    """Return the reason, or None if there is none to give."""
    return because(reason_code, text) if reason_code else None


def refuse_too_much(request: object, items: int, *, most_items: int, most_bytes: int) -> None:
    """Raise what B06.FR.16-17 and B08.FR.17-18 say about a request with too many items or too many bytes.

    The bytes are those of the payload as this station would write it, without blanks.
    """
    action = codec.action_of(request)
    if items > most_items:
        raise OccurrenceConstraintViolationError(  # type: ignore[no-untyped-call]
            f"{action} has {items} items; {most_items} are possible"
        )
    size = json_size(codec.encode(request))
    if size > most_bytes:
        raise FormatViolationError(  # type: ignore[no-untyped-call]
            f"{action} has {size} bytes; {most_bytes} are possible"
        )


def json_size(payload: object) -> int:
    """Return the bytes of a payload on the wire, in UTF-8."""
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False, default=str)
    return len(text.encode(errors="surrogatepass"))
