"""What is thought of a meter that no bench can be."""

from dataclasses import replace

import pytest

from station.commands.doctor import meters
from station.commands.doctor.findings import Result
from station.meter.bsm.state import State
from station.meter.port import MeterIdentity

GOOD = State(
    unit=42,
    baud_rate=19200,
    events=0,
    error="00000000",
    session_energy_wh=0.0,
    power_downs=1,
    records=0,
    operating_s=100,
    time=None,
    offset_min=None,
    clock_settings=0,
    clock_set_os=None,
    contactor_open=True,
    output_on=False,
)
WHO = MeterIdentity("BAUER Electronic", "BSM-WS36A", "1", "1.9", "abc", b"key")


def test_an_error_code_without_an_event_bit_is_a_failure():
    seen = meters.Seen(WHO, replace(GOOD, error="00000007"))
    finding = meters.errors("error bits", seen)
    assert (finding.result, finding.found) == (Result.FAILURE, "error code 00000007")
    assert meters.errors("error bits", meters.Seen(WHO, GOOD)).result is Result.OK


def test_firmware_that_nobody_certified_is_a_warning():
    finding = meters.firmware("firmware", replace(WHO, warnings=("Its firmware is not on the list.",)))
    assert (finding.result, finding.found) == (Result.WARNING, "Its firmware is not on the list.")


def test_an_output_that_is_on_while_no_station_runs_is_a_warning():
    finding = meters.output("output", replace(GOOD, output_on=True, contactor_open=False))
    assert (finding.result, finding.remedy.partition(":")[0]) == (Result.WARNING, "start the station")


@pytest.mark.parametrize("text", ["\x1b[2J", "a\nb"])
def test_a_text_of_the_meter_commands_no_terminal(text):
    finding = meters.firmware("firmware", replace(WHO, communication_firmware=text))
    assert finding.found.isprintable()
