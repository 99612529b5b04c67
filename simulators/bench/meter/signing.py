"""What a snapshot signs: its values as the meter hashes them (METER.md section 2)."""

from typing import Final

from simulators.bench.meter.values import Values, number, text

_NO_UNIT = 255
_WH = 30
_W = 27
_SECONDS = 7
_MINUTES = 6

HASHED: Final[tuple[tuple[str, int | None, str | None], ...]] = (
    ("Typ", _NO_UNIT, None),
    ("RCR", _WH, "Wh_SF"),
    ("TotWhImp", _WH, "Wh_SF"),
    ("W", _W, "W_SF"),
    ("MA1", None, None),
    ("RCnt", _NO_UNIT, None),
    ("OS", _SECONDS, None),
    ("Epoch", _SECONDS, None),
    ("TZO", _MINUTES, None),
    ("EpochSetCnt", _NO_UNIT, None),
    ("EpochSetOS", _SECONDS, None),
    ("DI", _NO_UNIT, None),
    ("DO", _NO_UNIT, None),
    ("Meta1", None, None),
    ("Meta2", None, None),
    ("Meta3", None, None),
    ("Evt", _NO_UNIT, None),
)
"""Point, DLMS code of its unit (None: a string) and the point with its exponent, in the order of the hash."""

_NOT_AVAILABLE: Final = {"Epoch": 0xFFFFFFFF, "TZO": -0x8000}


def hash_input(values: Values) -> bytes:
    """Return the bytes over which a snapshot's signature goes."""
    parts = []
    for name, unit, exponent in HASHED:
        if unit is None:
            parts.append(_string(text(values, name)))
        else:
            parts.append(_number(name, values) + _exponent(exponent, values) + bytes((unit,)))
    return b"".join(parts)


def _string(value: str) -> bytes:
    data = value.encode("latin-1").rstrip(b"\0")
    return len(data).to_bytes(4, "big") + data


def _number(name: str, values: Values) -> bytes:
    value = _NOT_AVAILABLE[name] if values[name] is None else number(values, name)
    return (value & 0xFFFFFFFF).to_bytes(4, "big")


def _exponent(name: str | None, values: Values) -> bytes:
    exponent = 0 if name is None else number(values, name)
    return exponent.to_bytes(1, "big", signed=True)
