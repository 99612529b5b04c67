"""The sections about contacts, outputs and lights: `[[input]]`, `[[output]]` and `[[led]]`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.hardware.light_patterns import (
    CHANNELS,
    CLASS_FOLDER,
    FULL_PERCENT,
    STATES,
    Pattern,
    default,
    pattern,
)
from station.hardware.pins import Bias, PinPlace, is_folder
from station.inputs.meanings import Meaning
from station.settings.toml_reader import MISSING, Problems, Table, listed, meant

HIGH, LOW = "high", "low"
LINE: Final = r"(?!.*\.\.)[^/\s][^\s]*"
LINE_ALLOWED: Final = "write the name of a line, its number, or in a folder the name of a file"
DOE: Final = "doe"
OUTPUTS: Final = (DOE,)
"""What outputs may mean."""
LATCHED: Final = frozenset({Meaning.EMERGENCY_STOP, Meaning.RESIDUAL_CURRENT})
"""What stays until it is reset, if nothing else is said."""


@dataclass(frozen=True, slots=True)
class InputSettings:
    """A contact that is wired to the station."""

    name: str
    place: PinPlace
    meaning: Meaning
    evses: tuple[int, ...]
    """Which EVSEs it is about; none: all of them."""
    latch: bool
    debounce_ms: int


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """Something that the station switches."""

    place: PinPlace
    meaning: str
    """One of OUTPUTS; `doe`: the DOE input of the meter, while the vehicle asks for power and may have it."""
    evse: int


@dataclass(frozen=True, slots=True)
class LedSettings:
    """The lights of an EVSE."""

    evse: int
    chip: str
    """Where its lines are; empty: they are LEDs of the kernel."""
    folder: Path
    """Of LEDs of the kernel."""
    colours: Mapping[str, str]
    """By colour of the lamp, the name of its line or LED."""
    active_low: bool
    brightness: int
    """Of LEDs of the kernel, in percent."""
    patterns: Mapping[str, Pattern]
    """For each of light_patterns.STATES."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What is wired to the station's own computer."""

    inputs: tuple[InputSettings, ...] = ()
    outputs: tuple[OutputSettings, ...] = ()
    leds: tuple[LedSettings, ...] = ()

    def has(self, meaning: Meaning, evse_id: int) -> bool:
        """Say whether an input of this meaning is about an EVSE."""
        return any(one.meaning is meaning and (not one.evses or evse_id in one.evses) for one in self.inputs)


def read_wiring(root: Table, path: Path) -> Wiring:
    """Return what the sections of the whole document `root` say; relative folders are beside `path`."""
    return Wiring(
        inputs=tuple(read_input(table, path) for table in root.tables("input")),
        outputs=tuple(read_output(table, path) for table in root.tables("output")),
        leds=tuple(read_led(table, path) for table in root.tables("led")),
    )


def read_input(table: Table, path: Path) -> InputSettings:
    """Return what an `[[input]]` says; a relative folder is beside `path`."""
    text = table.text("meaning", choices=[meaning.value for meaning in Meaning])
    meaning = Meaning(text) if text in list(Meaning) else Meaning.EMERGENCY_STOP
    settings = InputSettings(
        name=table.text("name", longest=50),
        place=_place(table, path, biased=True),
        meaning=meaning,
        evses=table.integers("evses") if table.has("evses") else (),
        latch=table.flag("latch", default=meaning in LATCHED),
        debounce_ms=table.integer("debounce_ms", 50, lowest=0, highest=10_000),
    )
    if settings.latch and meaning is Meaning.LIMIT_4200W:
        table.wrong("latch", f"has no meaning for {meaning.value}, which lasts as long as the grid operator says")
    table.close()
    return settings


def read_output(table: Table, path: Path) -> OutputSettings:
    """Return what an `[[output]]` says; a relative folder is beside `path`."""
    settings = OutputSettings(
        place=_place(table, path),
        meaning=table.text("meaning", choices=OUTPUTS),
        evse=table.integer("evse", lowest=1),
    )
    table.close()
    return settings


def read_led(table: Table, path: Path) -> LedSettings:
    """Return what an `[[led]]` says; a relative folder is beside `path`."""
    lines = table.has("chip")
    colours = _colours(table.table("colours", required=True))
    if not colours and table.has("colours"):
        table.wrong("colours", 'names no lamp; write lamps by their colour, such as green = "led1:green"')
    settings = LedSettings(
        evse=table.integer("evse", lowest=1),
        chip=_chip(table, path) if lines else "",
        folder=path.parent / table.text("folder", str(CLASS_FOLDER)),
        colours=colours,
        active_low=table.text("active", HIGH, choices=(HIGH, LOW)) == LOW,
        brightness=table.integer("brightness", FULL_PERCENT, lowest=1, highest=FULL_PERCENT),
        patterns=_patterns(table.table("patterns"), colours),
    )
    for name in ("folder", "brightness") if lines else ("active",):
        if table.has(name):
            table.wrong(name, f"is for {'LEDs of the kernel' if lines else 'lines of a chip'}; chip tells them apart")
    table.close()
    return settings


def check_wiring(wiring: Wiring, evse_ids: Sequence[int], problems: Problems) -> None:
    """Note where these sections contradict each other, or name an EVSE that is not there."""
    named = [(f"input[{number}].evses", one.evses) for number, one in enumerate(wiring.inputs, 1)]
    named += [(f"output[{number}].evse", (one.evse,)) for number, one in enumerate(wiring.outputs, 1)]
    named += [(f"led[{number}].evse", (one.evse,)) for number, one in enumerate(wiring.leds, 1)]
    for key, evses in named:
        if unknown := [evse_id for evse_id in evses if evse_id not in evse_ids and evse_id != MISSING]:
            problems.add(key, f"there is no EVSE {unknown[0]}; EVSEs are {listed(evse_ids)}")
    _only_once(problems, ((f"input[{at}].name", one.name) for at, one in enumerate(wiring.inputs, 1)))
    _only_once(problems, ((f"output[{at}].evse", one.evse) for at, one in enumerate(wiring.outputs, 1)))
    _only_once(problems, ((f"led[{at}].evse", one.evse) for at, one in enumerate(wiring.leds, 1)))
    _only_once(problems, _lines(wiring))


def _lines(wiring: Wiring) -> Iterable[tuple[str, str]]:
    """Return every line that is named, with its key."""
    for number, one in enumerate(wiring.inputs, 1):
        yield f"input[{number}].line", str(one.place)
    for number, output in enumerate(wiring.outputs, 1):
        yield f"output[{number}].line", str(output.place)
    for number, led in enumerate(wiring.leds, 1):
        for colour, line in led.colours.items():
            yield f"led[{number}].colours.{colour}", str(PinPlace(led.chip or str(led.folder), line))


def _only_once(problems: Problems, named: Iterable[tuple[str, object]]) -> None:
    seen: dict[object, str] = {}
    for key, value in named:
        if value in seen and value not in ("", MISSING):
            problems.add(key, f"{value} is taken by {seen[value]}")
        seen.setdefault(value, key)


def _place(table: Table, path: Path, *, biased: bool = False) -> PinPlace:
    bias = table.text("bias", Bias.AS_IS.value, choices=[bias.value for bias in Bias]) if biased else Bias.AS_IS.value
    place = PinPlace(
        chip=_chip(table, path),
        line=table.text("line", pattern=LINE, allowed=LINE_ALLOWED),
        active_low=table.text("active", HIGH, choices=(HIGH, LOW)) == LOW,
        bias=Bias(bias) if bias in list(Bias) else Bias.AS_IS,
    )
    if place.bias is not Bias.AS_IS and is_folder(place.chip):
        table.wrong("bias", "is for lines of a chip; a file has none")
    return place


def _chip(table: Table, path: Path) -> str:
    """Return a chip as it is named, or the absolute path of a folder."""
    chip = table.text("chip")
    return str(path.parent / chip) if is_folder(chip) else chip


def _colours(table: Table) -> dict[str, str]:
    colours: dict[str, str] = {}
    for colour, line in table.rest().items():
        if colour not in CHANNELS:
            table.wrong(colour, f"is no colour of a lamp{meant(colour, CHANNELS)}; there are {listed(CHANNELS)}")
        elif not isinstance(line, str) or not line:
            table.wrong(colour, f"{line!r} is not allowed; write the name of a line or LED")
        else:
            colours[colour] = line
    return colours


def _patterns(table: Table, lamps: Iterable[str]) -> dict[str, Pattern]:
    lamps = tuple(lamps)
    patterns = {state: default(state, lamps) for state in STATES}
    for state, text in table.rest().items():
        if state not in STATES:
            table.wrong(state, f"is unknown{meant(state, STATES)}; known here: {listed(STATES)}")
            continue
        try:
            patterns[state] = pattern(str(text), lamps)
        except ValueError as error:
            table.wrong(state, str(error))
    return patterns
