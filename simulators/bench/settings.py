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
    """One charge controller twin; the fields are those of a meter."""

    port: Place
    unit: int = 1
    baud: int = 19200
    parity: str = "none"
    pacing: bool = False


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
    switched_by: str = "meter"
    """What closes the contactor: `meter` (its DO and the controller's output) or `controller` (its output alone)."""


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """One card reader."""

    id: int
    port: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole bench."""

    evses: tuple[EvseSettings, ...]
    readers: tuple[ReaderSettings, ...] = field(default=())
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
    folder: Path, *, evses: int = 1, readers: int = 1, time_scale: float = 1.0, energy_scale: float = 1.0
) -> Settings:
    """Return a bench with all ports in `folder`: meter1, controller1, ... and reader1, ..."""
    numbers = range(1, evses + 1)
    return Settings(
        evses=tuple(
            EvseSettings(
                id=number,
                meter=MeterSettings(port=folder / f"meter{number}", serial=f"001BZR152107{number:04}"),
                controller=ControllerSettings(port=folder / f"controller{number}"),
            )
            for number in numbers
        ),
        readers=tuple(ReaderSettings(number, folder / f"reader{number}") for number in range(1, readers + 1)),
        port=0,
        time_scale=time_scale,
        energy_scale=energy_scale,
    )
