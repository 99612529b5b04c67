"""One EVSE of the bench: cable, vehicle, charge controller, contactor and meter, and how they act on each other."""

import structlog

from simulators.bench.bay import Bay
from simulators.bench.contactor import Contactor
from simulators.bench.controllers import KINDS
from simulators.bench.errors import RefusedError, RequestError
from simulators.bench.faults import DEFAULT_CODE, DEFAULT_LATE_S, Faults
from simulators.bench.gpio import Gpio
from simulators.bench.meter.twin import Meter
from simulators.bench.settings import EvseSettings, Settings
from simulators.bench.timing import Timer
from simulators.bench.vehicle import Vehicle
from simulators.bench.wiring import Outlet

log = structlog.get_logger("bench")

MOST_A = 80
DOE_LOOK_S = 0.02
"""How often to look at an output of the station's computer, which tells nobody that it changed."""


class Evse:
    """Whatever a person at the station can do, and what the devices make of it. Needs the running loop."""

    def __init__(self, settings: EvseSettings, bench: Settings, *, gpio: Gpio | None = None) -> None:
        self.id = settings.id
        self.settings = settings
        scale = bench.time_scale
        self.faults = Faults(self.update)
        self.vehicle = Vehicle(settings.vehicle, cable=settings.cable, time_scale=scale, changed=self.update)
        self.contactor = Contactor(time_scale=scale, changed=self.update, switched_by=settings.switched_by)
        kind = KINDS[settings.controller.type]
        self.controller = kind(settings, time_scale=scale, faults=self.faults, changed=self.update)
        self.meter = Meter(settings.meter, bench, contactor=self.contactor, faults=self.faults)
        self.bay = None if settings.bay is None else Bay(settings.bay)
        self._gpio = gpio
        self._watching_doe = Timer(self._watch_doe)
        self.update()

    @property
    def outlets(self) -> tuple[Outlet, ...]:
        """Where its devices hang."""
        meter, controller = self.settings.meter, self.settings.controller
        return (
            Outlet(self.id, "meter", self.meter, meter.port, meter.pacing, self.faults),
            Outlet(self.id, "controller", self.controller, controller.port, controller.pacing, self.faults),
        )

    @property
    def plug_held(self) -> bool:
        """There is a plug in the socket, and nobody can pull it out."""
        return self.vehicle.at_station and self.controller.locked

    def open(self) -> None:
        """Put the sensor of the parking bay there; BenchError if it cannot be."""
        if self.bay is not None:
            self.bay.open()
        if self.settings.doe:
            self._watch_doe()

    async def close(self) -> None:
        """End every timer and what the meter does."""
        if self.bay is not None:
            self.bay.close()
        for part in (self.vehicle, self.contactor, self.controller, self._watching_doe):
            part.stop()
        await self.meter.close()

    def plug(self, side: str = "both") -> None:
        """Plug in the cable: `both` ends, at the `station` or at the `vehicle`."""
        self.vehicle.plug(side)
        log.info("cable_plugged", evse=self.id, side=side)
        self.update()

    def unplug(self, side: str = "both") -> None:
        """Pull the cable; a locked plug comes out of the station as soon as it is released."""
        self.vehicle.unplug(side)
        log.info("cable_pulled", evse=self.id, side=side)
        self.update()

    def occupy_bay(self, occupied: bool) -> None:
        """Let a vehicle come into the parking bay, or leave it; RefusedError if no sensor watches the bay."""
        if self.bay is None:
            raise RefusedError(f"EVSE {self.id} has no bay: name one in the settings")
        self.bay.occupy(occupied)
        log.info("bay_changed", evse=self.id, occupied=occupied)

    def set_vehicle(
        self,
        *,
        wants_power: bool | None = None,
        max_current_a: float | None = None,
        phases: int | None = None,
        needs_ventilation: bool | None = None,
    ) -> None:
        """Change what the vehicle wants or can; what is left out stays. RequestError for a value that is none."""
        if max_current_a is not None and not 0 <= max_current_a <= MOST_A:
            raise RequestError(f"max_current_a {max_current_a} is not allowed, 0 to {MOST_A} is")
        if phases is not None and phases not in (1, 2, 3):
            raise RequestError(f"phases {phases} is not allowed, 1, 2 and 3 are")
        changes = {
            "wants_power": wants_power,
            "max_current_a": max_current_a,
            "phases": phases,
            "needs_ventilation": needs_ventilation,
        }
        for name, value in changes.items():
            if value is not None:
                setattr(self.vehicle, name, value)
        self.update()

    def fault(self, name: str, on: bool, *, seconds: float = DEFAULT_LATE_S, code: int = DEFAULT_CODE) -> None:
        """Put a fault on or take it off; RequestError for a name that is none."""
        self.faults.put(name, on, seconds=seconds, code=code)
        log.info("fault_changed", evse=self.id, fault=name, on=on)

    def update(self) -> None:
        """Let everything that changed act on everything else; called after every change."""
        self.contactor.weld("contactor_welded" in self.faults)
        self._supply_meter()
        self.controller.supply("controller_power_cycle" not in self.faults)
        self.vehicle.sense(pwm_on=self.controller.pwm_on, locked=self.controller.locked)
        self.controller.sense(
            self.vehicle.letter,
            plugged=self.vehicle.at_station,
            contactor_closed=self.contactor.closed,
        )
        # PWM may have come or gone by what the controller has just seen.
        self.vehicle.sense(pwm_on=self.controller.pwm_on, locked=self.controller.locked)
        self.contactor.enable(self.controller.output and self._allowed_by_doe)
        self.meter.update()
        powered = self.contactor.closed and self.controller.pwm_on
        self.meter.load(self.vehicle.currents_a(self.controller.offered_a, powered=powered))

    @property
    def _allowed_by_doe(self) -> bool:
        """The station's own output, in series with the controller's, lets it through."""
        return not self.settings.doe or (self._gpio is not None and bool(self._gpio.get(self.settings.doe)))

    def _watch_doe(self) -> None:
        self.update()
        self._watching_doe.start(DOE_LOOK_S)

    def _supply_meter(self) -> None:
        supplied = "meter_power_cycle" not in self.faults
        if supplied and not self.meter.powered:
            self.meter.power_up()
        elif self.meter.powered and not supplied:
            self.meter.power_down()
