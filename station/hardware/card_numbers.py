"""The number of a card, as a reader writes it: digits of either kind, byte order, prefix; and which are no use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from station.hardware.ports import CardRead

HEX: Final = "hex"
DECIMAL: Final = "decimal"
FORMATS: Final = (HEX, DECIMAL)
AS_READ: Final = "as-read"
REVERSED: Final = "reversed"
BYTE_ORDERS: Final = (AS_READ, REVERSED)

TYPES: Final = {4: "ISO14443", 7: "ISO14443", 10: "ISO14443", 8: "ISO15693"}
"""IdTokenEnumType by the length of the UID in bytes, where the configuration does not tell."""
SIZES: Final[Mapping[str, tuple[int, ...]]] = {"ISO14443": (4, 7, 10), "ISO15693": (8,), "MacAddress": (6,)}
"""How many bytes the number of each type may have."""

RANDOM: Final = 0x08
"""First byte of four: the card makes up another number each time (ISO/IEC 14443-3)."""
ISO15693_FIRST: Final = 0xE0
"""First byte of every ISO/IEC 15693 number."""

_SEPARATORS: Final = re.compile(r"[:\-]")


@dataclass(frozen=True, slots=True)
class RandomNumber:
    """A card or phone that shows another number each time: no list can hold it, no bill can name it."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How a reader writes numbers."""

    format: str = HEX
    """One of FORMATS."""
    byte_order: str = AS_READ
    """One of BYTE_ORDERS; `reversed` where a reader sends the last byte first, as many do with ISO 15693."""
    prefix: str = ""
    """What stands before each number and is no part of it."""

    def number(self, text: str, *, token_type: str = "") -> CardRead | RandomNumber | None:
        """Return the card whose number was written as `text`, without its prefix; None if it is no number.

        A type that is not given follows from the length. A decimal number has as many bytes as the shortest
        card number that can hold it; what it lacks are zeros in front.
        """
        sizes = SIZES[token_type] if token_type else tuple(TYPES)
        uid = _of_decimal(text, sizes) if self.format == DECIMAL else _of_hex(text)
        if uid is None or len(uid) not in sizes:
            return None
        if self.byte_order == REVERSED:
            uid = uid[::-1]
        kind = token_type or TYPES[len(uid)]
        if kind == "ISO14443" and len(uid) == min(SIZES[kind]) and uid[0] == RANDOM:
            return RandomNumber()
        return CardRead(uid.hex().upper(), kind)


def looks_reversed(card: CardRead) -> bool:
    """Say whether the number can only be meant the other way round."""
    if card.type != "ISO15693":
        return False
    uid = bytes.fromhex(card.uid)
    return uid[0] != ISO15693_FIRST and uid[-1] == ISO15693_FIRST


def _of_hex(text: str) -> bytes | None:
    digits = _SEPARATORS.sub("", text)
    if len(digits) % 2 or not re.fullmatch(r"[0-9A-Fa-f]+", digits):
        return None
    return bytes.fromhex(digits)


def _of_decimal(text: str, sizes: tuple[int, ...]) -> bytes | None:
    if not re.fullmatch(r"[0-9]+", text):
        return None
    value = int(text)
    return next((value.to_bytes(size, "big") for size in sorted(sizes) if value < 256**size), None)
