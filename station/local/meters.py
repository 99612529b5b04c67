"""Meters and lines, for operators."""

from collections.abc import Iterator
from dataclasses import asdict

from station.evse import Evse
from station.local.parts import Parts
from station.local.views import LineView, MeterView
from station.settings import EvseSettings
from station.storage.meters import KnownMeter


def meter_view(parts: Parts, settings: EvseSettings, known: KnownMeter | None) -> MeterView:
    """Return the meter of an EVSE; `known`: the one that it had before, for as long as none has answered."""
    evse, place = parts.evses[settings.id], settings.meter
    identity = evse.identity
    meter = identity or known
    return MeterView(
        evse_id=settings.id,
        serial=meter.serial if meter else "",
        model=f"{identity.manufacturer} {identity.model}".strip() if identity else "",
        meter_firmware=identity.meter_firmware if identity else "",
        communication_firmware=identity.communication_firmware if identity else "",
        public_key=meter.public_key.hex() if meter else "",
        warnings=identity.warnings if identity else (),
        unfit=identity.unfit if identity else "",
        known=identity is not None,
        line=place.line,
        unit=place.unit,
        counters=asdict(parts.lines[place.line].counters_of(place.unit)),
        reading_age_s=_age_s(parts, evse),
        firmware_hash=identity.firmware_hash.hex() if identity else "",
    )


def line_views(parts: Parts) -> Iterator[LineView]:
    """Yield the lines in the order of the settings."""
    for line in parts.settings.lines:
        counters = asdict(parts.lines[line.name].counters)
        yield LineView(line.name, line.port, line.baud_rate, line.parity, counters)


def _age_s(parts: Parts, evse: Evse) -> float | None:
    reading = evse.reading
    return None if reading is None else round(reading.age_s(parts.clock.now()), 1)
