"""The language in which a station and a signing meter speak: transactions, responses and data sets.

The words are those of EVerest's powermeter types, so that a driver that is written here can serve there: `to_json`
writes their names and values, `from_json` reads them. Energies in Wh, powers in W, currents in A, voltages in V.
Power factors are an addition; who does not know the member passes it over.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from station.core.records import SignedRecord

T = TypeVar("T")


class IdentificationStatus(StrEnum):
    """OCMF IS: is the transaction assigned to somebody."""

    ASSIGNED = "ASSIGNED"
    NOT_ASSIGNED = "NOT_ASSIGNED"


class IdentificationLevel(StrEnum):
    """OCMF IL: how far the assignment can be relied on."""

    NONE = "NONE"
    HEARSAY = "HEARSAY"
    """Unsecured, such as the UID of a card."""
    TRUSTED = "TRUSTED"
    """To some extent, such as the word of a CSMS."""
    VERIFIED = "VERIFIED"
    CERTIFIED = "CERTIFIED"
    SECURE = "SECURE"
    MISMATCH = "MISMATCH"
    INVALID = "INVALID"
    OUTDATED = "OUTDATED"
    UNKNOWN = "UNKNOWN"


class IdentificationFlag(StrEnum):
    """OCMF IF: by which means the assignment came about."""

    RFID_NONE = "RFID_NONE"
    RFID_PLAIN = "RFID_PLAIN"
    RFID_RELATED = "RFID_RELATED"
    RFID_PSK = "RFID_PSK"
    OCPP_NONE = "OCPP_NONE"
    OCPP_RS = "OCPP_RS"
    """By a remote start."""
    OCPP_AUTH = "OCPP_AUTH"
    """By Authorize."""
    OCPP_RS_TLS = "OCPP_RS_TLS"
    OCPP_AUTH_TLS = "OCPP_AUTH_TLS"
    OCPP_CACHE = "OCPP_CACHE"
    """By the authorization cache."""
    OCPP_WHITELIST = "OCPP_WHITELIST"
    """By the local list."""
    OCPP_CERTIFIED = "OCPP_CERTIFIED"
    ISO15118_NONE = "ISO15118_NONE"
    ISO15118_PNC = "ISO15118_PNC"
    PLMN_NONE = "PLMN_NONE"
    PLMN_RING = "PLMN_RING"
    PLMN_SMS = "PLMN_SMS"


class IdentificationType(StrEnum):
    """OCMF IT: what kind of identification it is."""

    NONE = "NONE"
    DENIED = "DENIED"
    UNDEFINED = "UNDEFINED"
    ISO14443 = "ISO14443"
    ISO15693 = "ISO15693"
    EMAID = "EMAID"
    EVCCID = "EVCCID"
    EVCOID = "EVCOID"
    ISO7812 = "ISO7812"
    CARD_TXN_NR = "CARD_TXN_NR"
    CENTRAL = "CENTRAL"
    CENTRAL_1 = "CENTRAL_1"
    CENTRAL_2 = "CENTRAL_2"
    LOCAL = "LOCAL"
    LOCAL_1 = "LOCAL_1"
    LOCAL_2 = "LOCAL_2"
    PHONE_NUMBER = "PHONE_NUMBER"
    KEY_CODE = "KEY_CODE"


class ResponseStatus(StrEnum):
    """How a start or stop went."""

    OK = "OK"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    UNEXPECTED_ERROR = "UNEXPECTED_ERROR"


@dataclass(frozen=True, slots=True)
class TransactionReq:
    """What a meter is asked to sign a transaction for."""

    evse_id: str
    """The public name, such as DE*ABC*E1234*1."""
    transaction_id: str
    identification_status: IdentificationStatus = IdentificationStatus.NOT_ASSIGNED
    identification_flags: tuple[IdentificationFlag, ...] = ()
    """At most four."""
    identification_type: IdentificationType = IdentificationType.NONE
    identification_level: IdentificationLevel | None = None
    identification_data: str | None = None
    """Who: the UID of a card, for instance."""
    tariff_text: str | None = None


@dataclass(frozen=True, slots=True)
class SignedMeterValue:
    """A signed record as other systems take it."""

    signed_meter_data: str
    """The OCMF text, exactly as the meter wrote it."""
    signing_method: str
    encoding_method: str
    public_key: str | None = None
    """Hexadecimal DER."""
    timestamp: datetime | None = None


@dataclass(frozen=True, slots=True)
class TransactionStartResponse:
    """The answer to a start. A meter's driver raises DeviceError instead of an answer that is not OK."""

    status: ResponseStatus = ResponseStatus.OK
    error: str | None = None
    transaction_min_stop_time: datetime | None = None
    transaction_max_stop_time: datetime | None = None
    signed_meter_value: SignedMeterValue | None = None
    """The record of the begin. An addition: the types know it in the answer to the stop only."""
    record: SignedRecord | None = None
    """The same, with what was read out of it; stays in this house and is no part of the JSON."""
    discarded: tuple[SignedRecord, ...] = ()
    """Begins that the meter signed on the way and that must not be used: evidence, and no part of the JSON."""


@dataclass(frozen=True, slots=True)
class TransactionStopResponse:
    """The answer to a stop; see TransactionStartResponse."""

    status: ResponseStatus = ResponseStatus.OK
    error: str | None = None
    start_signed_meter_value: SignedMeterValue | None = None
    signed_meter_value: SignedMeterValue | None = None
    record: SignedRecord | None = None


@dataclass(frozen=True, slots=True)
class Phases:
    """One quantity in total and per phase; None is what the meter does not measure."""

    total: float | None = None
    l1: float | None = None
    l2: float | None = None
    l3: float | None = None

    @property
    def each(self) -> tuple[float | None, float | None, float | None]:
        """L1, L2 and L3."""
        return self.l1, self.l2, self.l3


@dataclass(frozen=True, slots=True)
class Powermeter:
    """One data set: unsigned live values of one instant."""

    timestamp: datetime
    """When they were read, aware UTC: their age is what shows whether they are news."""
    energy_wh_import: Phases
    meter_id: str | None = None
    phase_seq_error: bool | None = None
    energy_wh_export: Phases | None = None
    power_w: Phases | None = None
    voltage_v: Phases | None = None
    var: Phases | None = None
    current_a: Phases | None = None
    frequency_hz: Phases | None = None
    power_factor: Phases | None = None
    """1 is all active power."""
    signed_meter_value: SignedMeterValue | None = None

    def age_s(self, now: datetime) -> float:
        """Return how old these values are."""
        return (now - self.timestamp).total_seconds()


_NAMES = {
    "energy_wh_import": "energy_Wh_import",
    "energy_wh_export": "energy_Wh_export",
    "power_w": "power_W",
    "voltage_v": "voltage_V",
    "var": "VAR",
    "current_a": "current_A",
    "frequency_hz": "frequency_Hz",
    "l1": "L1",
    "l2": "L2",
    "l3": "L3",
}
"""Members that have another name in JSON."""
_INTERNAL = frozenset({"record", "discarded"})


def signed_value(record: SignedRecord) -> SignedMeterValue:
    """Return a record as other systems take it."""
    return SignedMeterValue(
        signed_meter_data=record.ocmf.decode("latin-1"),
        signing_method="",
        encoding_method="OCMF",
        public_key=record.public_key.hex(),
        timestamp=record.taken_at,
    )


def to_json(value: Any) -> Any:
    """Return a value of this module as JSON data; members that are None are left out."""
    match value:
        case None | bool() | int() | float() | str():
            return value.value if isinstance(value, StrEnum) else value
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case tuple():
            return [to_json(item) for item in value]
    pairs = ((field.name, getattr(value, field.name)) for field in fields(value) if field.name not in _INTERNAL)
    return {_NAMES.get(name, name): to_json(member) for name, member in pairs if member is not None}


def from_json(cls: type[T], data: Any) -> T:
    """Return the value of type `cls` in JSON data; ValueError names the member that is wrong. Others are ignored."""
    return _read(cls, data, cls.__name__)  # type: ignore[no-any-return]


def _read(hint: Any, data: Any, where: str) -> Any:
    if get_origin(hint) is UnionType:
        return None if data is None else _read(get_args(hint)[0], data, where)
    if get_origin(hint) is tuple:
        if not isinstance(data, list):
            raise ValueError(f"{where}: a list is expected, got {data!r}")
        return tuple(_read(get_args(hint)[0], item, f"{where}[{at}]") for at, item in enumerate(data))
    if hint in (str, bool) or hint is float:
        return _plain(hint, data, where)
    try:
        if hint is datetime:
            return _instant(data)
        if issubclass(hint, StrEnum):
            return hint(data)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{where}: {data!r} is not allowed ({error})") from error
    return _members(hint, data, where)


def _instant(data: Any) -> datetime:
    instant = datetime.fromisoformat(data)
    if instant.tzinfo is None:
        raise ValueError("an offset from UTC is missing")
    return instant


def _plain(hint: type, data: Any, where: str) -> Any:
    wanted = (int, float) if hint is float else hint
    if not isinstance(data, wanted) or (hint is float and isinstance(data, bool)):
        raise ValueError(f"{where}: {hint.__name__} expected, got {data!r}")
    return hint(data)


def _members(cls: Any, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{where}: an object is expected, got {data!r}")  # noqa: TRY004 bad data, not a bad call
    hints = get_type_hints(cls)
    known = [name for name in hints if name not in _INTERNAL]
    given = {name: data[_NAMES.get(name, name)] for name in known if _NAMES.get(name, name) in data}
    try:
        return cls(**{name: _read(hints[name], member, f"{where}.{name}") for name, member in given.items()})
    except TypeError as error:
        raise ValueError(f"{where}: {error}") from error
