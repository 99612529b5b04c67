"""What a bench consists of, as frozen values."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from simulators.bench.place import Place

DEFAULT_PORT: Final = 8490


@dataclass(frozen=True, slots=True)
class MeterSettings:
    """One meter twin. The five times take the place of the manual's, which the bench's `time_scale` scales."""

    port: Place
    """Where its line is found: the link of a pseudo terminal or an address. Devices with the same share a line."""
    serial: str
    """MA1, which stands in every record; the last eight digits are the serial of the measuring part."""
    unit: int = 42
    baud: int = 19200
    parity: str = "none"
    """What clients are told to set: `even` as on the real meter, `none` because a pseudo terminal has no parity."""
    firmware: str = "1.3"
    busy: str = "answer"
    """While a snapshot is taken: `answer` (St reads 2) or `hold` (every answer waits until it is done)."""
    refusal: int = 2
    """The exception code for a point written in part and for what is outside the map; 0 gives no answer at all."""
    pacing: bool = False
    """Answer no faster than the line at this speed could carry it (METER.md section 8)."""
    energy_wh: float = 12345.678
    """What the meter has counted before, hidden digits included."""
    turn_on_s: float | None = None
    turn_off_s: float | None = None
    current_s: float | None = None
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class ControllerSettings:
    """One charge controller twin; fields that a meter has as well mean the same."""

    port: Place
    type: str = "phoenix-ev-cc"
    """`phoenix-ev-cc`, `phoenix-em-cp-pp-eth` or `evse-wb`."""
    unit: int = 1
    baud: int = 19200
    parity: str = "none"
    pacing: bool = False
    fine_steps: bool = False
    """An EVSE-WB that counts its limit in hundredths of an ampere."""


@dataclass(frozen=True, slots=True)
class VehicleSettings:
    """The vehicle that comes to an EVSE."""

    wants_power: bool = True
    max_current_a: float = 16.0
    phases: int = 3
    needs_ventilation: bool = False


@dataclass(frozen=True, slots=True)
class EvseSettings:
    """One EVSE: a meter, a charge controller, a cable and a vehicle."""

    id: int
    meter: MeterSettings
    controller: ControllerSettings
    vehicle: VehicleSettings = VehicleSettings()
    cable: str = "socket"
    """`socket` (the driver's own cable, locked while it charges) or `fixed`."""
    cable_rating_a: int = 32
    bay: Path | None = None
    """The value file of the sensor in the parking bay; None: there is no sensor."""
    switched_by: str = "meter"
    """What closes the contactor: `meter` (its DO and the controller's output) or `controller` (its output alone)."""
    doe: str = ""
    """The output of the station's computer that goes to DOE with the controller's, in series; empty for none."""


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """One card reader, keypad or start button."""

    id: int
    port: Path
    type: str = "card"
    """`card`, `keypad`, `button`, `keyboard` (a card reader that plays one) or `pn532`."""


@dataclass(frozen=True, slots=True)
class GpioSettings:
    """Inputs and outputs of the station's computer: files in a folder."""

    folder: Path
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LedSettings:
    """LEDs as the kernel shows them: folders in a folder."""

    folder: Path
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole bench."""

    evses: tuple[EvseSettings, ...]
    readers: tuple[ReaderSettings, ...] = field(default=())
    gpio: GpioSettings | None = None
    leds: LedSettings | None = None
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    """Of the control API; 0 takes a free one."""
    state_folder: Path | None = None
    """Where meters keep their keys and registers; without one every start makes new meters."""
    time_scale: float = 1.0
    """Times of the devices relative to the real ones: 0.1 makes a turn-on of ten seconds take one."""
    energy_scale: float = 1.0
    """How much faster than real the meters count: a demo of ten seconds is to show some kWh."""


def plain(
    folder: Path,
    *,
    evses: int = 1,
    readers: int = 1,
    keypads: int = 0,
    buttons: int = 0,
    bays: bool = False,
    evses_per_line: int = 1,
    time_scale: float = 1.0,
    energy_scale: float = 1.0,
) -> Settings:
    """Return a bench with all ports in `folder`: meter1, controller1, ...; reader1, ...; bay1, ... if there are bays.

    `readers` card readers are numbered first, then `keypads`, then `buttons`. With several `evses_per_line` the first
    ones share the lines meter1 and controller1, the next ones meter2 and controller2; on each line the units run
    from 42 (meters) and 1 (controllers).
    """
    kinds = ["card"] * readers + ["keypad"] * keypads + ["button"] * buttons
    return Settings(
        evses=tuple(_plain_evse(folder, at, bay=bays, per_line=evses_per_line) for at in range(evses)),
        readers=tuple(
            ReaderSettings(number, folder / f"reader{number}", kind) for number, kind in enumerate(kinds, 1)
        ),
        port=0,
        time_scale=time_scale,
        energy_scale=energy_scale,
    )


def _plain_evse(folder: Path, at: int, *, bay: bool, per_line: int) -> EvseSettings:
    number, line, place = at + 1, at // per_line + 1, at % per_line
    return EvseSettings(
        id=number,
        meter=MeterSettings(port=folder / f"meter{line}", serial=f"001BZR152107{number:04}", unit=42 + place),
        controller=ControllerSettings(port=folder / f"controller{line}", unit=1 + place),
        bay=folder / f"bay{number}" if bay else None,
    )
