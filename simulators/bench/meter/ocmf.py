"""The OCMF text as this meter writes it (METER.md section 4)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from simulators.bench.meter.firmware import Firmware
from simulators.bench.meter.values import Values, number
from simulators.bench.meter.values import text as text_of

LONGEST: Final = 992
"""Bytes that fit into the meter's OCMF block."""

_TX: Final = {0: "C", 1: "B", 2: "E", 3: "B", 4: "E"}
_ESCAPED: Final = {'"': '\\"', "\\": "\\\\"}


def payload(values: Values, *, maker: str, model: str, firmware: Firmware, clock_flag: str) -> str:
    """Return what is signed: the part between the first and the second bar.

    `values` are those of the snapshot by point name; `clock_flag` is TM's last letter.
    """
    fields = _head(values, maker=maker, model=model, firmware=firmware)
    reading = _reading(values, firmware=firmware, clock_flag=clock_flag)
    return "{" + _joined(fields) + ',"RD":[{' + _joined(reading) + "}]}"


def text(signed: str, signature: bytes) -> str | None:
    """Return the whole text, or None if the block cannot hold it."""
    whole = f'OCMF|{signed}|{{"SA":"ECDSA-secp256r1-SHA256","SD":"{signature.hex()}"}}'
    return whole if len(whole) <= LONGEST else None


def _head(values: Values, *, maker: str, model: str, firmware: Firmware) -> Iterator[tuple[str, str]]:
    yield "FV", _quoted("1.0")
    yield "GI", _quoted(f"{maker} {model}")
    yield "GS", _quoted(text_of(values, "MA1"))
    yield "GV", _quoted(f"{firmware.meter}, {firmware.communication}")
    yield "PG", _quoted(f"T{number(values, 'RCnt')}")
    yield "MV", _quoted(maker)
    yield "MM", _quoted(model)
    yield "MS", _quoted(text_of(values, "MA1"))
    yield "IS", "true" if values["Meta1"] else "false"
    yield "IT", _quoted("UNDEFINED")
    yield "ID", _quoted(text_of(values, "Meta1"))
    for key, point in (("X2", "Meta2"), ("X3", "Meta3")):
        if firmware.kwh_texts and values[point]:
            yield key, _quoted(text_of(values, point))


def _reading(values: Values, *, firmware: Firmware, clock_flag: str) -> Iterator[tuple[str, str]]:
    unit = _quoted("kWh" if firmware.kwh_texts else "Wh")
    typ = number(values, "Typ")
    yield "TM", _quoted(_time(values, clock_flag))
    yield "TX", _quoted(_TX[typ])
    yield "RV", _energy(number(values, "RCR"), firmware)
    yield "RI", _quoted("1-0:1.8.0*198")
    yield "RU", unit
    yield "XV", _energy(number(values, "TotWhImp"), firmware)
    yield "XI", _quoted("1-0:1.8.0*255")
    yield "XU", unit
    yield "XT", str(typ)
    yield "RT", _quoted("AC")
    yield "EF", _quoted("Et" if values["Evt"] else "")
    yield "ST", _quoted("E" if values["Evt"] else "G")


def _joined(fields: Iterator[tuple[str, str]]) -> str:
    return ",".join(f'"{key}":{value}' for key, value in fields)


def _quoted(value: str) -> str:
    return '"' + "".join(_character(one) for one in value) + '"'


def _character(one: str) -> str:
    # OCMF forbids the bare bar, and beyond ASCII a reader's encoding would decide about the signature.
    if one == "|" or not 0x20 <= ord(one) < 0x7F:
        return f"\\u{ord(one):04x}"
    return _ESCAPED.get(one, one)


def _energy(steps: int, firmware: Firmware) -> str:
    wh: int = steps * 10**firmware.energy_exponent
    return f"{wh // 1000}.{wh % 1000 // 10:02}" if firmware.kwh_texts else str(wh)


def _time(values: Values, flag: str) -> str:
    is_set = values["Epoch"] is not None
    epoch, offset = (number(values, "Epoch"), number(values, "TZO")) if is_set else (0, 0)
    local = datetime.fromtimestamp(epoch + 60 * offset, UTC)
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset), 60)
    return f"{local:%Y-%m-%dT%H:%M:%S},000{sign}{hours:02}{minutes:02} {flag}"
