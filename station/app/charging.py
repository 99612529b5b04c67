"""Builds what charges: the serial lines, and on them each EVSE with its meter and its charge controller."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from station import __version__
from station.app.metering import with_metering
from station.app.wired import with_doe
from station.clock import Clock
from station.core import variables as var
from station.core.device_model import DeviceModel
from station.core.metadata import fill
from station.core.policy import Policy
from station.evse import Evse, Surroundings
from station.hardware.bay_sensor import ValueFileSensor
from station.hardware.drivers import charge_controller
from station.hardware.places import ControllerPlace, traits_of
from station.hardware.ports import ChargeController
from station.meter.bsm import BsmMeter
from station.meter.lines import DeviceLine, line_at
from station.settings import EvseSettings, Settings

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

SYSTEM_ZONE = "system"


def build_lines(settings: Settings) -> dict[str, DeviceLine]:
    """Return the lines by name, none of them open."""
    return {line.name: line_at(line.port, baud=line.baud_rate, parity=line.parity) for line in settings.lines}


def build_evses(
    settings: Settings, lines: Mapping[str, DeviceLine], *, model: DeviceModel, clock: Clock, around: Surroundings
) -> dict[int, Evse]:
    """Return the EVSEs by id."""
    metadata = partial(fill, settings.metadata, version=__version__)
    return {
        evse.id: Evse(
            evse.id,
            meter=BsmMeter(
                lines[evse.meter.line].device(evse.meter.unit),
                name=f"meter of EVSE {evse.id}",
                clock=clock,
                metadata=metadata,
                switching=evse.meter.switching,
                require_time=evse.meter.require_time,
                zone=_zone(evse.meter.timezone),
            ),
            controller=with_doe(_controller(evse, lines[evse.controller.line]), settings, evse.id),
            policy=partial(policy, evse, model),
            around=around,
            meter_key=evse.meter.public_key,
            bay=ValueFileSensor(evse.bay.path, occupied=evse.bay.occupied) if evse.bay else None,
        )
        for evse in settings.evses
    }


def _controller(evse: EvseSettings, line: DeviceLine) -> ChargeController:
    """Return the charge controller as its driver makes it; SettingsError if that cannot be had."""
    settings = evse.controller
    driver = charge_controller(settings.type)
    device = line.device(settings.unit, gap_s=traits_of(driver).gap_s, urgent=True)
    return driver(
        ControllerPlace(device, f"controller of EVSE {evse.id}", settings.fixed_cable, options=settings.options)
    )


def policy(evse: EvseSettings, model: DeviceModel) -> Policy:
    """Return the rules of a session as settings and variables have them now."""
    plain = Policy(
        evse_id=evse.id,
        evse_name=evse.name,
        max_current_amps=evse.max_current_a,
        fixed_cable=evse.controller.fixed_cable,
        start_points=model[var.TX_START_POINT],
        stop_points=model[var.TX_STOP_POINT],
        ev_connection_timeout_s=model[var.EV_CONNECTION_TIME_OUT],
        stop_on_invalid_id=model[var.STOP_TX_ON_INVALID_ID],
        max_energy_on_invalid_id_wh=model[var.MAX_ENERGY_ON_INVALID_ID],
        stop_on_ev_side_disconnect=model[var.STOP_TX_ON_EV_SIDE_DISCONNECT],
        unlock_on_ev_side_disconnect=model[var.UNLOCK_ON_EV_SIDE_DISCONNECT],
    )
    return with_metering(plain, model)


def _zone(name: str) -> "ZoneInfo | None":
    if name == SYSTEM_ZONE:
        return None
    from zoneinfo import ZoneInfo  # late: few name one

    return ZoneInfo(name)
