"""How things stand on the bench, as values for JSON."""

import asyncio
from typing import Any

from simulators.bench import mains
from simulators.bench.leds import ClassLeds
from simulators.bench.line import Line
from simulators.bench.meter.firmware import RESOLUTION_WH
from simulators.bench.readers import AnyReader
from simulators.bench.world import Evse


def evse_state(evse: Evse) -> dict[str, Any]:
    """Return one EVSE's state; energy in Wh with the hidden digits, which no register shows."""
    now_s = asyncio.get_running_loop().time()
    measuring = evse.meter.measuring
    measuring.count(now_s)
    vehicle, controller = evse.vehicle, evse.controller
    return {
        "id": evse.id,
        "plugged": {"station": vehicle.at_station, "vehicle": vehicle.at_vehicle},
        "pilot": controller.state,
        "pwm_limit_a": controller.offered_a if controller.pwm_on else None,
        "contactor_closed": evse.contactor.closed,
        "locked": controller.locked,
        "plug_held": evse.plug_held,
        "bay": None if evse.bay is None else {"path": str(evse.bay.path), "occupied": evse.bay.occupied},
        "power_w": round(sum(mains.powers_w(measuring.currents_a, now_s)), 1),
        "currents_a": list(measuring.currents_a),
        "energy_wh": round(measuring.kept.total_wh, 3),
        "session_wh": round(measuring.kept.session_wh, 3),
        "vehicle": {
            "wants_power": vehicle.wants_power,
            "max_current_a": vehicle.max_current_a,
            "phases": vehicle.phases,
            "needs_ventilation": vehicle.needs_ventilation,
        },
        "meter": _meter_state(evse),
        "controller": {
            "path": controller.path,
            "type": evse.settings.controller.type,
            "powered": controller.powered,
            "unit": controller.unit,
            "baud": controller.baud,
            "parity": evse.settings.controller.parity,
        },
        "faults": list(evse.faults),
    }


def leds_state(leds: ClassLeds) -> dict[str, Any]:
    """Return which LEDs are lit."""
    return {"path": str(leds.folder), "lit": sorted(leds.lit)}


def reader_state(reader: AnyReader) -> dict[str, Any]:
    """Return one reader's state; never a card or code."""
    return {"id": reader.id, "type": reader.kind, "path": reader.path}


def line_state(line: Line) -> dict[str, Any]:
    """Return one line's state: who is asked, who asks, and what nobody could make anything of."""
    return {
        "id": line.id,
        "path": line.address,
        "cut": line.is_cut,
        "requests": line.requests,
        "answers": sum(tap.answers for tap in line.taps),
        "unclaimed": line.unclaimed,
        "broken": line.broken,
        "lost": sum(tap.lost for tap in line.taps),
        "devices": [
            {
                "evse": tap.evse,
                "device": tap.name,
                "unit": tap.device.unit,
                "baud": tap.device.baud,
                "requests": tap.requests,
                "answers": tap.answers,
            }
            for tap in line.taps
        ],
        "clients": [{"path": one.client, "requests": one.requests} for one in line.conversations],
    }


def _meter_state(evse: Evse) -> dict[str, Any]:
    meter = evse.meter
    epoch, tzo = meter.measuring.volatile.clock.read(asyncio.get_running_loop().time())
    return {
        "path": meter.path,
        "unit": meter.unit,
        "baud": meter.baud,
        "parity": evse.settings.meter.parity,
        "serial": meter.serial,
        "public_key": meter.public_key.hex(),
        "firmware": evse.settings.meter.firmware,
        "powered": meter.powered,
        "busy": meter.busy,
        "output_on": bool(meter.lines.output),
        "response_counter": meter.measuring.kept.response_counter,
        "epoch": epoch,
        "tzo_minutes": tzo,
        "resolution_wh": RESOLUTION_WH,
        "snapshots": {name: block.status for name, block in meter.snapshots.blocks.items()},
    }
