"""What devices on one port have to agree in, and what not."""

from itertools import combinations
from typing import Final, TypeAlias

from simulators.bench.errors import SettingsError
from simulators.bench.place import Place
from simulators.bench.settings import ControllerSettings, MeterSettings, Settings

_Device: TypeAlias = tuple[str, MeterSettings | ControllerSettings]

SHARED: Final = ("baud", "parity", "pacing")


def check(settings: Settings, *, where: str = "") -> None:
    """SettingsError, headed by `where`, if devices on one port have the same unit or are set differently."""
    for place, devices in _by_place(settings).items():
        for (name, row), (other_name, other) in combinations(devices, 2):
            head = f"{where}port {place}: {name} and {other_name}"
            if row.unit == other.unit:
                raise SettingsError(
                    f"{head} both have unit {row.unit}: give each a unit or a port of its own "
                    "(tcp://127.0.0.1:0/a and tcp://127.0.0.1:0/b are two ports)"
                )
            for key in SHARED:
                first, second = getattr(row, key), getattr(other, key)
                if first != second:
                    raise SettingsError(
                        f"{head} differ in {key}, {first} and {second}: {', '.join(SHARED)} of a port are the same"
                    )


def _by_place(settings: Settings) -> dict[Place, list[_Device]]:
    found: dict[Place, list[_Device]] = {}
    for evse in settings.evses:
        found.setdefault(evse.meter.port, []).append((f"the meter of EVSE {evse.id}", evse.meter))
        found.setdefault(evse.controller.port, []).append((f"the controller of EVSE {evse.id}", evse.controller))
    return found
