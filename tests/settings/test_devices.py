"""Bay sensors, and up to eight EVSEs on one or more lines."""

import pytest

from station.core.variables import TX_START_POINT
from station.settings import BaySettings
from tests.settings.files import MINIMAL, SECOND_EVSE, changed

BAY = '[evse.bay]\ntype = "value-file"\npath = "bay1/value"\n'


def evse(number, line="rs485"):
    text = changed("id = 2", f"id = {number}", SECOND_EVSE)
    text = changed("unit = 43", f"unit = {41 + number}", text)
    return changed("unit = 2", f"unit = {number}", text).replace('"rs485"', f'"{line}"')


def test_a_bay_is_watched_by_a_file_beside_this_one(read, tmp_path):
    settings = read(MINIMAL + BAY + SECOND_EVSE + BAY.replace("bay1/value", "/run/bay2") + "occupied = 0\n")
    assert [evse.bay for evse in settings.evses] == [
        BaySettings("value-file", tmp_path / "bay1/value", occupied=1),
        BaySettings("value-file", tmp_path.__class__("/run/bay2"), occupied=0),
    ]
    assert read(MINIMAL).evses[0].bay is None


@pytest.mark.parametrize(
    ("bay", "problem"),
    [
        ("[evse.bay]\n", "evse[1].bay.type: is missing; write a text"),
        (
            changed('"value-file"', '"gpio"', BAY),
            "evse[1].bay.type: 'gpio' is not one of value-file",
        ),
        (changed('path = "bay1/value"\n', "", BAY), "evse[1].bay.path: is missing; write a text"),
        (BAY + "occupied = 2\n", "evse[1].bay.occupied: 2 is not one of 0, 1"),
        (BAY + "invert = true\n", "evse[1].bay.invert: is unknown; known here: type, path, occupied"),
    ],
)
def test_a_mistake_about_a_bay_is_told(problems, bay, problem):
    assert problem in problems(MINIMAL + bay)


@pytest.mark.parametrize("row", ["TxCtrlr.TxStartPoint", "TxCtrlr.TxStopPoint"])
@pytest.mark.parametrize("points", ['"ParkingBayOccupancy"', '["Authorized", "ParkingBayOccupancy"]'])
def test_nothing_begins_or_ends_with_a_bay_that_nobody_watches(problems, row, points):
    told = problems(MINIMAL + f'[variables]\n"{row}" = {points}\n')
    assert f"variables.{row}: ParkingBayOccupancy needs an EVSE with [evse.bay]" in told


@pytest.mark.ocpp("E01.FR.01")
def test_a_transaction_may_begin_with_a_bay_that_is_watched(read):
    settings = read(MINIMAL + BAY + '[variables]\n"TxCtrlr.TxStartPoint" = "ParkingBayOccupancy"\n')
    assert settings.variables[TX_START_POINT.address] == "ParkingBayOccupancy"


def test_eight_evses_may_be_on_one_line(read):
    settings = read(MINIMAL + "".join(evse(number) for number in range(2, 9)))
    assert [one.id for one in settings.evses] == list(range(1, 9))
    assert {one.meter.line for one in settings.evses} == {one.controller.line for one in settings.evses} == {"rs485"}


def test_eight_evses_may_be_on_lines_of_their_own(read):
    lines = "".join(f'[[line]]\nname = "l{number}"\nport = "/dev/tty{number}"\n' for number in range(2, 9))
    settings = read(MINIMAL + lines + "".join(evse(number, f"l{number}") for number in range(2, 9)))
    assert len({one.meter.line for one in settings.evses}) == 8


def test_a_ninth_evse_is_one_too_many(problems):
    told = problems(MINIMAL + "".join(evse(number) for number in range(2, 10)))
    assert told == ["evse: 9 are there; a station has 8 at most"]
