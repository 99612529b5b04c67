"""Who charges, in the words of a signing meter: what a start is asked to be signed for."""

from ocpp.v201.enums import IdTokenEnumType

from station.core.powermeter import (
    IdentificationFlag,
    IdentificationLevel,
    IdentificationStatus,
    IdentificationType,
    TransactionReq,
)
from station.core.tokens import IdToken, Source

_TYPES = {
    IdTokenEnumType.iso14443.value: IdentificationType.ISO14443,
    IdTokenEnumType.iso15693.value: IdentificationType.ISO15693,
    IdTokenEnumType.e_maid.value: IdentificationType.EMAID,
    IdTokenEnumType.mac_address.value: IdentificationType.EVCCID,
    IdTokenEnumType.central.value: IdentificationType.CENTRAL,
    IdTokenEnumType.local.value: IdentificationType.LOCAL,
    IdTokenEnumType.key_code.value: IdentificationType.KEY_CODE,
    IdTokenEnumType.no_authorization.value: IdentificationType.NONE,
}
_CARDS = frozenset({IdentificationType.ISO14443, IdentificationType.ISO15693})
_SOURCES = {
    Source.CSMS: IdentificationFlag.OCPP_AUTH,
    Source.CACHE: IdentificationFlag.OCPP_CACHE,
    Source.LOCAL_LIST: IdentificationFlag.OCPP_WHITELIST,
    Source.NOBODY: IdentificationFlag.OCPP_NONE,
}


def request_of(
    token: IdToken | None,
    source: Source,
    *,
    remote: bool,
    evse_name: str,
    transaction_id: str,
) -> TransactionReq:
    """Return what the meter shall sign for; `remote`: the CSMS started it; `source`: who vouches for the token."""
    kind = _TYPES.get(token.type, IdentificationType.UNDEFINED) if token else IdentificationType.NONE
    assigned = token is not None and kind is not IdentificationType.NONE
    return TransactionReq(
        evse_id=evse_name,
        transaction_id=transaction_id,
        identification_status=IdentificationStatus.ASSIGNED if assigned else IdentificationStatus.NOT_ASSIGNED,
        identification_level=_level(kind, remote=remote),
        identification_flags=_flags(kind, source, remote=remote),
        identification_type=kind,
        identification_data=token.value if token else None,
    )


def _level(kind: IdentificationType, *, remote: bool) -> IdentificationLevel:
    """A card's UID can be copied by anybody; what the CSMS sends it may have checked."""
    if kind is IdentificationType.NONE:
        return IdentificationLevel.NONE
    return IdentificationLevel.TRUSTED if remote else IdentificationLevel.HEARSAY


def _flags(kind: IdentificationType, source: Source, *, remote: bool) -> tuple[IdentificationFlag, ...]:
    if remote:
        asked = (_SOURCES[source],) if source is not Source.NOBODY else ()
        return (IdentificationFlag.OCPP_RS, *asked)
    card = (IdentificationFlag.RFID_PLAIN,) if kind in _CARDS else ()
    return (*card, _SOURCES[source])
