"""The station in numbers: Prometheus' text format, version 0.0.4; pure.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from station.local.views import Activity, LineView, MeterView, OperatorOutlet, OutletView, StationView

MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, str | int]
Value = float | bool | None
"""None: there is none at the moment, and nothing is told."""

_COUNTERS: Final = {
    "frames": ("requests", "Requests sent."),
    "retries": ("retries", "Requests that were repeated."),
    "timeouts": ("timeouts", "Requests without an answer, or without its end."),
    "crc_errors": ("crc_errors", "Answers with a bad checksum."),
    "wrong_answers": ("wrong_answers", "Answers of another unit, to another function or of another length."),
    "refusals": ("refusals", "Modbus exceptions."),
    "drained_bytes": ("drained_bytes", "Bytes that belonged to no request any more."),
    "bytes_out": ("sent_bytes", "Bytes sent."),
    "bytes_in": ("received_bytes", "Bytes received."),
}
"""What the counters of station.meter.counters are called here."""


@dataclass(frozen=True, slots=True)
class Family:
    """A metric with all its samples."""

    name: str
    """Without `station_`; with its unit, and `_total` if it only grows."""
    about: str
    samples: tuple[tuple[Labels, Value], ...]

    def lines(self) -> Iterator[str]:
        name = f"station_{self.name}"
        samples = [(labels, value) for labels, value in self.samples if value is not None]
        if samples:
            yield f"# HELP {name} {self.about}"
            yield f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}"
        for labels, value in samples:
            yield f"{name}{_written(labels)} {_number(value)}"


def exposition(station: StationView, *, listeners: int) -> str:
    """Return everything that is measured."""
    families = (
        *_station(station, listeners),
        *_csms(station),
        *_outlets(station.outlets),
        *_meters(station.meters),
        *_lines(station.lines),
    )
    return "".join(f"{line}\n" for family in families for line in family.lines())


def _station(station: StationView, listeners: int) -> Iterator[Family]:
    who = _labels(
        identity=station.identity,
        vendor=station.vendor_name,
        model=station.model,
        serial=station.serial_number,
        version=station.version,
    )
    yield _one("info", "Which station this is.", 1, who)
    yield _one("start_time_seconds", "When the daemon started, as Unix time.", station.started_at.timestamp())
    yield _one("clock_time_seconds", "What time the station thinks it is, as Unix time.", station.now.timestamp())
    yield _one("clock_trusted", "1 if its clock follows a better one.", station.clock_trusted)
    memory = None if station.memory_mib is None else station.memory_mib * 2**20
    yield _one("resident_memory_bytes", "Memory of the daemon.", memory)
    crashed = tuple((_labels(component=name), 1) for name in station.crashes)
    yield Family("component_crashed", "1 for each part of the daemon that crashed a moment ago.", crashed)
    yield _one("web_listeners", "Pages that are told live what happens.", listeners)


def _csms(station: StationView) -> Iterator[Family]:
    csms = station.csms
    yield _one("csms_connected", "1 if the WebSocket to the CSMS is open.", csms.connected)
    yield _one("csms_online", "1 if it is open and the CSMS has accepted the station.", csms.online)
    yield _one("csms_security_profile", "Of the connection in use.", csms.security_profile)
    yield _one("csms_queued_messages", "Messages that wait for the CSMS.", csms.queued)
    yield _one("csms_dead_letters", "Messages that were given up.", csms.dead_letters)


def _outlets(outlets: tuple[OperatorOutlet, ...]) -> Iterator[Family]:
    each = [outlet.outlet for outlet in outlets]
    whose = [_labels(evse=outlet.evse_id) for outlet in each]
    yield Family(
        "outlet_activity",
        "1 for what goes on at the outlet, 0 for everything else.",
        tuple((_labels(evse=at.evse_id, activity=one.value), at.activity is one) for at in each for one in Activity),
    )
    yield Family(
        "outlet_fault",
        "1 for each fault that there is.",
        tuple((_labels(evse=at.outlet.evse_id, fault=fault), 1) for at in outlets for fault in at.faults),
    )

    def of_each(name: str, about: str, values: Iterable[Value]) -> Family:
        return Family(name, about, tuple(zip(whose, values, strict=True)))

    yield of_each("outlet_faults", "How many faults there are.", [len(at.faults) for at in outlets])
    yield of_each("outlet_plugged", "1 if a cable or vehicle is there.", [at.plugged for at in outlets])
    yield of_each("outlet_offered_amperes", "Current offered to the vehicle.", [at.offered_a for at in each])
    yield of_each("outlet_power_watts", "Power that flows.", [at.live.power_w for at in each])
    yield of_each("outlet_session_watt_hours", "Energy of the transaction.", [at.energy_wh for at in each])
    register = [at.live.register_wh for at in each]
    yield of_each("outlet_register_watt_hours_total", "The meter's register, unsigned.", register)
    yield _phases("outlet_current_amperes", "Current by phase.", each, [at.live.currents_a for at in each])
    yield _phases("outlet_voltage_volts", "Voltage by phase.", each, [at.live.voltages_v for at in each])


def _phases(name: str, about: str, each: list[OutletView], values: list[tuple[float, ...]]) -> Family:
    samples = (
        (_labels(evse=at.evse_id, phase=f"L{number}"), value)
        for at, phases in zip(each, values, strict=True)
        for number, value in enumerate(phases, 1)
    )
    return Family(name, about, tuple(samples))


def _meters(meters: tuple[MeterView, ...]) -> Iterator[Family]:
    whose = [_labels(evse=meter.evse_id, serial=meter.serial) for meter in meters]

    def of_each(name: str, about: str, values: Iterable[Value]) -> Family:
        return Family(name, about, tuple(zip(whose, values, strict=True)))

    yield of_each("meter_known", "1 if the meter answered since the start.", [meter.known for meter in meters])
    unfit = [not meter.unfit for meter in meters]
    yield of_each("meter_fit", "0 if the meter says that it must not be used.", unfit)
    yield of_each("meter_reading_age_seconds", "Since the last reading.", [meter.reading_age_s for meter in meters])
    yield from _counters("meter", [(labels, meter.counters) for labels, meter in zip(whose, meters, strict=True)])


def _lines(lines: tuple[LineView, ...]) -> Iterator[Family]:
    yield from _counters("line", [(_labels(line=line.name, port=line.port), line.counters) for line in lines])


def _counters(what: str, counted: list[tuple[Labels, Mapping[str, int]]]) -> Iterator[Family]:
    for key, (name, about) in _COUNTERS.items():
        samples = tuple((labels, counters.get(key)) for labels, counters in counted)
        yield Family(f"{what}_{name}_total", about, samples)


def _one(name: str, about: str, value: Value, labels: Labels | None = None) -> Family:
    return Family(name, about, ((labels or {}, value),))


def _labels(**labels: str | int) -> Labels:
    return labels


def _written(labels: Labels) -> str:
    pairs = ",".join(f'{name}="{_escaped(str(value))}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n").replace("\r", " ")


def _number(value: float | bool) -> str:
    return repr(float(value)) if isinstance(value, float) else str(int(value))
