"""The station in numbers: in Prometheus' format, with units, and right."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from station.local.views import (
    Activity,
    CsmsView,
    LineView,
    LiveView,
    MeterView,
    OperatorOutlet,
    OutletView,
    StationView,
)
from station.web.metrics import exposition
from tests.fakes_clock import START
from tests.web.house import house

NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")
UNITS = ("watts", "watt_hours", "amperes", "volts", "seconds", "bytes", "info", "total")

OUTLET = OutletView(
    1,
    "DE*ABC*E1",
    "sType2",
    32,
    3,
    "Occupied",
    Activity.CHARGING,
    offered_a=16.0,
    live=LiveView(11040.5, (16.0, 15.9, 16.1), (230.0, 231.0, 229.5), 12345.678),
    energy_wh=1500.0,
)
METER = MeterView(
    1, 'S"1\\2\n3', "BSM", "1.9", "1.3", "", (), "", True, "rs485", 42, {"frames": 7, "bytes_in": 99}, 0.5
)
STATION = StationView(
    identity="CS001",
    vendor_name="Example",
    model="Bench",
    serial_number="",
    version="0.1.0",
    started_at=START,
    now=START,
    clock_trusted=True,
    process_id=1,
    memory_mib=50.5,
    csms=CsmsView("ws://csms", 1, 2, True, "Accepted", True, "", 3, 4),
    outlets=(
        OperatorOutlet(
            OUTLET, ("ConnectorLockFailure",), True, "C", 32.0, None, False, True, "tx-1", "Charging", "on", ""
        ),
    ),
    meters=(METER,),
    lines=(LineView("rs485", "/dev/ttyMETER", 19200, "E", {"frames": 8, "crc_errors": 2, "bytes_out": 5}),),
    card_test_allowed=False,
)


@dataclass(frozen=True)
class Sample:
    name: str
    labels: tuple[tuple[str, str], ...]
    value: float
    type: str


def parsed(text: str) -> Iterator[Sample]:
    """Read the format as strictly as it is written down."""
    assert text.endswith("\n")
    types: dict[str, str] = {}
    helped: set[str] = set()
    seen: set[str] = set()
    current = ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            assert name not in helped, f"{name} is described twice"
            helped.add(name)
            current = name
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == current
            types[name] = kind
        else:
            found = SAMPLE.fullmatch(line)
            assert found is not None, line
            assert found[1] == current, f"{found[1]} stands among the samples of {current}"
            assert line.rpartition(" ")[0] not in seen, f"{line} is there twice"
            seen.add(line.rpartition(" ")[0])
            labels = tuple((name, value) for name, value in re.findall(LABEL, found[2] or ""))
            yield Sample(found[1], labels, float(found[found.lastindex or 0]), types[found[1]])


def samples(station: StationView = STATION) -> list[Sample]:
    return list(parsed(exposition(station, listeners=2)))


def value(name: str, station: StationView = STATION, **labels: str) -> float | None:
    """Return the value of a sample; None if there is none."""
    wanted = tuple(labels.items())
    return next((each.value for each in samples(station) if (each.name, each.labels) == (name, wanted)), None)


def test_names_begin_with_the_station_and_what_grows_ends_with_total() -> None:
    for sample in samples():
        assert sample.name.startswith("station_")
        assert (sample.type == "counter") == sample.name.endswith("_total")


def test_what_has_a_unit_says_so_at_its_end() -> None:
    measured = {sample.name.removesuffix("_total") for sample in samples() if not sample.value.is_integer()}
    assert measured
    assert {name for name in measured if not name.endswith(UNITS)} == set()


def test_outlets_are_told() -> None:
    assert value("station_outlet_power_watts", evse="1") == 11040.5
    assert value("station_outlet_session_watt_hours", evse="1") == 1500
    assert value("station_outlet_register_watt_hours_total", evse="1") == 12345.678
    assert value("station_outlet_offered_amperes", evse="1") == 16
    assert value("station_outlet_current_amperes", evse="1", phase="L3") == 16.1
    assert value("station_outlet_voltage_volts", evse="1", phase="L1") == 230
    assert value("station_outlet_plugged", evse="1") == 1


def test_one_activity_is_one_and_all_others_are_zero() -> None:
    told = {dict(each.labels)["activity"]: each.value for each in samples() if each.name == "station_outlet_activity"}
    assert told == {activity.value: float(activity is Activity.CHARGING) for activity in Activity}


def test_faults_are_told_by_name_and_number() -> None:
    assert value("station_outlet_fault", evse="1", fault="ConnectorLockFailure") == 1
    assert value("station_outlet_faults", evse="1") == 1


def test_the_way_to_the_csms_is_told() -> None:
    assert value("station_csms_connected") == 1
    assert value("station_csms_online") == 1
    assert value("station_csms_queued_messages") == 3
    assert value("station_csms_dead_letters") == 4
    away = replace(STATION, csms=replace(STATION.csms, connected=False, online=False))
    assert (value("station_csms_connected", away), value("station_csms_online", away)) == (0, 0)


def test_lines_and_meters_are_counted() -> None:
    assert value("station_line_requests_total", line="rs485", port="/dev/ttyMETER") == 8
    assert value("station_line_crc_errors_total", line="rs485", port="/dev/ttyMETER") == 2
    assert value("station_line_sent_bytes_total", line="rs485", port="/dev/ttyMETER") == 5
    assert value("station_meter_reading_age_seconds", evse="1", serial=r"S\"1\\2\n3") == 0.5


def test_labels_are_escaped() -> None:
    (sample,) = [each for each in samples() if each.name == "station_meter_known"]
    assert dict(sample.labels)["serial"] == r"S\"1\\2\n3"


def test_what_is_not_known_is_not_told() -> None:
    silent = replace(OUTLET, live=LiveView(), energy_wh=None)
    quiet = replace(
        STATION,
        memory_mib=None,
        outlets=(replace(STATION.outlets[0], outlet=silent, faults=()),),
        meters=(replace(METER, reading_age_s=None, unfit="error bits"),),
    )
    names = {sample.name for sample in samples(quiet)}
    assert not names & {
        "station_outlet_power_watts",
        "station_outlet_current_amperes",
        "station_outlet_session_watt_hours",
        "station_outlet_fault",
        "station_resident_memory_bytes",
        "station_meter_reading_age_seconds",
    }
    assert value("station_outlet_faults", quiet, evse="1") == 0
    (fit,) = [each.value for each in samples(quiet) if each.name == "station_meter_fit"]
    assert fit == 0


def test_the_station_is_told() -> None:
    who = {"identity": "CS001", "vendor": "Example", "model": "Bench", "serial": "", "version": "0.1.0"}
    assert value("station_info", **who) == 1
    assert value("station_start_time_seconds") == START.timestamp()
    assert value("station_resident_memory_bytes") == 50.5 * 2**20
    assert value("station_web_listeners") == 2


def test_parts_that_crashed_are_told() -> None:
    assert value("station_component_crashed", replace(STATION, crashes={"uplink": "why"}), component="uplink") == 1
    assert not [each for each in samples() if each.name == "station_component_crashed"]


async def test_a_real_station_is_told_in_the_format(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open() as yard:
        await yard.charge(1)
        async with page.ask("GET", "/metrics") as answer:
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            told = list(parsed(await answer.text()))
    assert all(math.isfinite(sample.value) for sample in told)
    assert {sample.name for sample in told} >= {"station_outlet_power_watts", "station_line_requests_total"}
