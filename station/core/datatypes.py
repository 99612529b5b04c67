"""The data types of the device model: text on the wire, a typed value inside (OCPP 2.0.1 Part 2, 2.1.4 and 3.26)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar, Generic, Protocol, TypeVar

from ocpp.v201.enums import DataEnumType

from station.secret import Secret

T = TypeVar("T")
E = TypeVar("E", bound=str)

INTEGER = re.compile(r"0|-?[1-9][0-9]*")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]{1,6})?")
LONGEST_SHOWN = 50
"""Of a value that is refused, in the reason."""
LONGEST_LIST = 1000
"""VariableCharacteristicsType.valuesList and SetVariableDataType.attributeValue."""


class InvalidValueError(ValueError):
    """A text is no value of its type; `code` is the reasonCode of the standard (appendix 5)."""

    def __init__(self, message: str, *, code: str = "InvalidValue") -> None:
        super().__init__(message)
        self.code = code


class DataType(Protocol[T]):
    """How a variable's values are written and which there are."""

    data_type: ClassVar[DataEnumType]

    @property
    def min_limit(self) -> float | None:
        """The smallest value."""

    @property
    def max_limit(self) -> float | None:
        """The largest value, or the longest text."""

    @property
    def values(self) -> tuple[str, ...]:
        """The values to choose from; empty if they are not listed."""

    def parse(self, text: str) -> T:
        """Return the value that `text` stands for; raises InvalidValueError that says what is allowed."""

    def format(self, value: T) -> str:
        """Return the text of a value."""


@dataclass(frozen=True, slots=True)
class _Limited:
    min_limit: float | None = None
    max_limit: float | None = None

    @property
    def values(self) -> tuple[str, ...]:
        return ()

    def _checked(self, number: float | Decimal) -> None:
        if self.min_limit is not None and number < self.min_limit:
            raise InvalidValueError(f"{number} is less than {self.min_limit:g}", code="ValueTooLow")
        if self.max_limit is not None and number > self.max_limit:
            raise InvalidValueError(f"{number} is more than {self.max_limit:g}", code="ValueTooHigh")


@dataclass(frozen=True, slots=True)
class Integer(_Limited):
    """32 bits, without leading zeros or a plus sign."""

    data_type: ClassVar[DataEnumType] = DataEnumType.integer
    min_limit: float | None = -(2**31)
    max_limit: float | None = 2**31 - 1

    def parse(self, text: str) -> int:
        if not INTEGER.fullmatch(text):
            raise InvalidValueError(f"{_shown(text)} is no integer")
        self._checked(int(text))
        return int(text)

    def format(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class DecimalNumber(_Limited):
    """A number with six decimal places at most."""

    data_type: ClassVar[DataEnumType] = DataEnumType.decimal

    def parse(self, text: str) -> Decimal:
        if not DECIMAL.fullmatch(text):
            raise InvalidValueError(f"{_shown(text)} is no decimal with six places at most")
        self._checked(Decimal(text))
        return Decimal(text)

    def format(self, value: Decimal) -> str:
        return f"{value:f}"


Measurement = Decimal | None
"""None while there is none."""


@dataclass(frozen=True, slots=True)
class Measured(_Limited):
    """A decimal that the station finds out by itself; no text while it cannot (B06.FR.13)."""

    data_type: ClassVar[DataEnumType] = DataEnumType.decimal

    def parse(self, text: str) -> Measurement:
        return DecimalNumber(self.min_limit, self.max_limit).parse(text) if text else None

    def format(self, value: Measurement) -> str:
        return "" if value is None else f"{value:f}"


@dataclass(frozen=True, slots=True)
class Boolean(_Limited):
    """`true` or `false`; other cases of the letters are understood."""

    data_type: ClassVar[DataEnumType] = DataEnumType.boolean

    def parse(self, text: str) -> bool:
        match text.lower():
            case "true":
                return True
            case "false":
                return False
        raise InvalidValueError(f"{_shown(text)} is neither true nor false")

    def format(self, value: bool) -> str:
        return "true" if value else "false"


@dataclass(frozen=True, slots=True)
class Instant(_Limited):
    """An RFC 3339 date and time; written in UTC with milliseconds."""

    data_type: ClassVar[DataEnumType] = DataEnumType.date_time

    def parse(self, text: str) -> datetime:
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            raise InvalidValueError(f"{_shown(text)} is no date and time as of RFC 3339") from None
        if instant.tzinfo is None:
            raise InvalidValueError(f"{_shown(text)} has no offset from UTC")
        return instant.astimezone(UTC)

    def format(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Text(_Limited):
    """A string; the limits are about its length, `pattern` about its characters."""

    data_type: ClassVar[DataEnumType] = DataEnumType.string
    max_limit: float | None = LONGEST_LIST
    pattern: str = r".*"

    def parse(self, text: str) -> str:
        _check_length(text, self.min_limit, self.max_limit)
        if not re.fullmatch(self.pattern, text, re.DOTALL):
            raise InvalidValueError("contains characters that are not allowed")
        return text

    def format(self, value: str) -> str:
        return value


@dataclass(frozen=True, slots=True)
class Password(_Limited):
    """A passwordString: any characters (errata 2025-09, 2.1); never part of a message."""

    data_type: ClassVar[DataEnumType] = DataEnumType.string
    min_limit: float | None = 16
    max_limit: float | None = 64

    def parse(self, text: str) -> Secret:
        _check_length(text, self.min_limit, self.max_limit)
        if not text.isprintable():
            raise InvalidValueError("contains control characters")
        return Secret(text)

    def format(self, value: Secret) -> str:
        return value.reveal()


@dataclass(frozen=True, slots=True)
class _Listed(Generic[E]):
    """Values to choose from."""

    values: tuple[E, ...]

    @property
    def min_limit(self) -> float | None:
        return None

    @property
    def max_limit(self) -> float | None:
        return None

    def _one(self, text: str) -> E:
        for value in self.values:
            if value == text:
                return value
        raise InvalidValueError(f"{_shown(text)} is none of {', '.join(self.values)}")


@dataclass(frozen=True, slots=True)
class OptionList(_Listed[E]):
    """One of the values."""

    data_type: ClassVar[DataEnumType] = DataEnumType.option_list

    def parse(self, text: str) -> E:
        return self._one(text)

    def format(self, value: E) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class _Several(_Listed[E]):
    """Some of the values, separated by commas, none of them twice; the limit is about the length of the text."""

    may_be_empty: bool = True
    max_limit: float | None = LONGEST_LIST

    def _items(self, text: str) -> list[E]:
        _check_length(text, None, self.max_limit)
        items = [self._one(item.strip()) for item in text.split(",")] if text.strip() else []
        for item in items:
            if items.count(item) > 1:
                raise InvalidValueError(f"{str(item)!r} is there twice")
        if not items and not self.may_be_empty:
            raise InvalidValueError(f"needs one of {', '.join(self.values)} at least")
        return items

    def _joined(self, items: Iterable[E]) -> str:
        return ",".join(str(item) for item in items)


@dataclass(frozen=True, slots=True)
class MemberList(_Several[E]):
    """A set of the values."""

    data_type: ClassVar[DataEnumType] = DataEnumType.member_list

    def parse(self, text: str) -> frozenset[E]:
        return frozenset(self._items(text))

    def format(self, value: frozenset[E]) -> str:
        return self._joined(item for item in self.values if item in value)


@dataclass(frozen=True, slots=True)
class SequenceList(_Several[E]):
    """Some of the values, in an order that means something."""

    data_type: ClassVar[DataEnumType] = DataEnumType.sequence_list

    def parse(self, text: str) -> tuple[E, ...]:
        return tuple(self._items(text))

    def format(self, value: tuple[E, ...]) -> str:
        return self._joined(value)


def _check_length(text: str, shortest: float | None, longest: float | None) -> None:
    if shortest is not None and len(text) < shortest:
        raise InvalidValueError(f"is shorter than {shortest:g} characters")
    if longest is not None and len(text) > longest:
        raise InvalidValueError(f"is longer than {longest:g} characters")


def _shown(text: str) -> str:
    return repr(text) if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]!r}..."
