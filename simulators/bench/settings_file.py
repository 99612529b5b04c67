"""The bench's settings file: TOML to frozen values, strictly."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from simulators.bench import line_rules, rules
from simulators.bench.controllers import KINDS
from simulators.bench.errors import SettingsError
from simulators.bench.meter.firmware import FIRMWARES
from simulators.bench.meter.identity import BAUD_RATES
from simulators.bench.place import LOOPBACK
from simulators.bench.readers import KINDS as KINDS_OF_READERS
from simulators.bench.rules import Rules, build
from simulators.bench.settings import (
    ControllerSettings,
    EvseSettings,
    GpioSettings,
    LedSettings,
    MeterSettings,
    ReaderSettings,
    Settings,
    VehicleSettings,
)

_BENCH: Final[Rules] = {
    "host": rules.choice(*LOOPBACK),
    "port": rules.integer(0, 65535),
    "time_scale": rules.number(0.001, 100),
    "energy_scale": rules.number(0, 10_000),
}
_BENCH_PATHS: Final = ("folder", "state_folder")
_LINE: Final[Rules] = {
    "unit": rules.integer(1, 247),
    "baud": rules.choice(*BAUD_RATES),
    "parity": rules.choice("none", "even"),
    "pacing": rules.flag(),
}
_CONTROLLER: Final[Rules] = _LINE | {"type": rules.choice(*KINDS), "fine_steps": rules.flag()}
_DURATION: Final = rules.number(0.01, 600)
_METER: Final[Rules] = _LINE | {
    "serial": rules.text("[0-9A-Z]{16}", meaning="16 digits or capital letters"),
    "firmware": rules.choice(*FIRMWARES),
    "busy": rules.choice("answer", "hold"),
    "refusal": rules.integer(0, 4),
    "energy_wh": rules.number(0, 40_000_000_000),
    "turn_on_s": _DURATION,
    "turn_off_s": _DURATION,
    "current_s": _DURATION,
    "start_s": _DURATION,
    "end_s": _DURATION,
}
_VEHICLE: Final[Rules] = {
    "wants_power": rules.flag(),
    "max_current_a": rules.number(0, 80),
    "phases": rules.integer(1, 3),
    "needs_ventilation": rules.flag(),
}
_EVSE: Final[Rules] = {
    "id": rules.integer(1, 99),
    "cable": rules.choice("socket", "fixed"),
    "cable_rating_a": rules.choice(13, 20, 32, 63),
    "switched_by": rules.choice("meter", "controller"),
    "doe": rules.text("[0-9A-Za-z_:-]*", meaning="the name of an output of [gpio]"),
}
_READER: Final[Rules] = {"id": rules.integer(1, 99), "type": rules.choice(*KINDS_OF_READERS)}
_NAMES: Final = rules.texts(r"[0-9A-Za-z_:-]+", meaning="a list of names, each of them once")
_GPIO: Final[Rules] = {"inputs": _NAMES, "outputs": _NAMES}
_LEDS: Final[Rules] = {"names": _NAMES}


def load(file: Path) -> Settings:
    """Return the settings in a file; SettingsError names file, key and what is allowed.

    A relative `folder` or `state_folder` stands beside the file, a relative port in `folder`.
    """
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not TOML: {error}") from error
    _only(document, ("bench", "evse", "reader", "gpio", "leds"), where=str(file))
    return _bench(document, file)


def _bench(document: dict[str, Any], file: Path) -> Settings:
    head = document.get("bench", {})
    if not isinstance(head, dict):
        raise SettingsError(f"{file}: bench is not a table, [bench] is expected")
    known = dict.fromkeys(_BENCH_PATHS, rules.path(file.resolve().parent))
    _only(head, (*_BENCH, *known), where=f"{file}: bench")
    places = {
        key: rules.apply(rule, head[key], where=f"{file}: bench.{key}") for key, rule in known.items() if key in head
    }
    folder = places.get("folder", file.resolve().parent)
    settings: Settings = build(
        Settings,
        {key: value for key, value in head.items() if key in _BENCH},
        _BENCH,
        where=f"{file}: bench",
        state_folder=places.get("state_folder"),
        evses=tuple(_evse(row, where, folder) for row, where in _rows(document, "evse", file)),
        readers=tuple(
            build(ReaderSettings, row, _READER | {"port": rules.path(folder)}, where=where)
            for row, where in _rows(document, "reader", file)
        ),
        gpio=_lines(GpioSettings, document, "gpio", _GPIO, folder, file),
        leds=_lines(LedSettings, document, "leds", _LEDS, folder, file),
    )
    _check_whole(settings, file)
    return settings


def _evse(row: dict[str, Any], where: str, folder: Path) -> EvseSettings:
    known = _EVSE | {"bay": rules.path(folder)}
    _only(row, (*known, "meter", "controller", "vehicle"), where=where)
    port = rules.port(folder)
    meter = build(MeterSettings, row.get("meter", {}), _METER | {"port": port}, where=f"{where}.meter")
    controller = build(
        ControllerSettings, row.get("controller", {}), _CONTROLLER | {"port": port}, where=f"{where}.controller"
    )
    vehicle = build(VehicleSettings, row.get("vehicle", {}), _VEHICLE, where=f"{where}.vehicle")
    own = {key: value for key, value in row.items() if key in known}
    return build(EvseSettings, own, known, where=where, meter=meter, controller=controller, vehicle=vehicle)


def _lines(kind: type[Any], document: dict[str, Any], key: str, known: Rules, folder: Path, file: Path) -> Any:
    """Return what a table about the computer's own lines says; None if it is not there."""
    if key not in document:
        return None
    return build(kind, document[key], known | {"folder": rules.path(folder)}, where=f"{file}: {key}")


def _rows(document: dict[str, Any], key: str, file: Path) -> Iterable[tuple[dict[str, Any], str]]:
    rows = document.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SettingsError(f"{file}: {key} is not a list of tables, [[{key}]] is expected")
    return ((row, f"{file}: {key}[{at}]") for at, row in enumerate(rows, start=1))


def _only(table: dict[str, Any], allowed: Iterable[str], *, where: str) -> None:
    for key in table:
        if key not in allowed:
            raise SettingsError(f"{where}.{key} is unknown, allowed are {', '.join(allowed)}")


def _check_whole(settings: Settings, file: Path) -> None:
    if not settings.evses:
        raise SettingsError(f"{file}: evse is missing, at least one [[evse]] is expected")
    ports = {place.port for row in settings.evses for place in (row.meter, row.controller)}
    bays = [row.bay for row in settings.evses if row.bay is not None]
    unique: tuple[tuple[str, list[Any]], ...] = (
        ("evse.id", [row.id for row in settings.evses]),
        ("reader.id", [row.id for row in settings.readers]),
        ("evse.meter.serial", [row.meter.serial for row in settings.evses]),
        ("port", [*ports, *(row.port for row in settings.readers), *bays]),
    )
    for what, values in unique:
        for value in values:
            if values.count(value) > 1:
                raise SettingsError(f"{file}: {what} {value} is there twice, each may be there once")
    outputs = () if settings.gpio is None else settings.gpio.outputs
    known = ", ".join(outputs) or "none"
    for row in settings.evses:
        if row.doe and row.doe not in outputs:
            raise SettingsError(f"{file}: evse.doe {row.doe} is no output of [gpio], there are {known}")
    line_rules.check(settings, where=f"{file}: ")
