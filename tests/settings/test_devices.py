"""Readers, bay sensors, the display and up to eight EVSEs on one or more lines."""

import pytest

from station.core.presented import Choose
from station.core.variables import TX_START_POINT
from station.settings import BaySettings
from tests.settings.files import MINIMAL, READER, SECOND_EVSE, changed

BAY = '[evse.bay]\ntype = "value-file"\npath = "bay1/value"\n'


def reader(**keys):
    """Return a reader with these keys instead of those that the plain one has."""
    lines = {"name": "front", "type": "serial-line", "port": "/dev/ttyREADER"} | keys
    return "[[reader]]\nevses = [1]\n" + "".join(f'{key} = "{value}"\n' for key, value in lines.items())


def evse(number, line="rs485"):
    text = changed("id = 2", f"id = {number}", SECOND_EVSE)
    text = changed("unit = 43", f"unit = {41 + number}", text)
    return changed("unit = 2", f"unit = {number}", text).replace('"rs485"', f'"{line}"')


def test_a_reader_that_says_no_more_takes_the_newest_plug_and_any_card(read):
    (front,) = read(MINIMAL + READER).readers
    assert (front.choose, front.token_type, front.id_token, front.selects) == (Choose.NEWEST_PLUG, "", "", False)


@pytest.mark.parametrize("choose", Choose)
def test_a_reader_may_choose_in_each_way(read, choose):
    (front,) = read(MINIMAL + reader(choose=choose.value)).readers
    assert Choose(front.choose) is choose


@pytest.mark.parametrize(
    ("keys", "selects"),
    [
        ({"type": "serial-line", "token_type": "MacAddress"}, False),
        ({"type": "serial-line", "token_type": "Local"}, False),
        ({"type": "serial-keypad"}, True),
        ({"type": "serial-keypad", "token_type": "KeyCode"}, True),
        ({"type": "serial-button"}, False),
        ({"type": "serial-button", "token_type": "NoAuthorization"}, False),
        ({"type": "serial-button", "token_type": "Local", "id_token": "BUTTON-1"}, False),
    ],
)
def test_a_reader_reads_what_its_type_can_read(read, keys, selects):
    (front,) = read(MINIMAL + reader(**keys)).readers
    assert {key: getattr(front, key) for key in keys} == keys
    assert front.selects is selects
    assert "BUTTON-1" not in repr(front)


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        (
            {"type": "serial-lines"},
            "reader[1].type: 'serial-lines' is not one of serial-line, serial-keypad, serial-button;"
            " did you mean serial-line?",
        ),
        (
            {"choose": "newest"},
            "reader[1].choose: 'newest' is not one of newest-plug, ask, only-free; did you mean newest-plug?",
        ),
        (
            {"token_type": "Mac"},
            "reader[1].token_type: 'Mac' is not one of ISO14443, ISO15693, MacAddress, KeyCode, Local (serial-line)",
        ),
        (
            {"token_type": "macaddress"},
            "reader[1].token_type: 'macaddress' is not one of ISO14443, ISO15693, MacAddress, KeyCode, Local"
            " (serial-line); did you mean MacAddress?",
        ),
        (
            {"type": "serial-keypad", "token_type": "Local"},
            "reader[1].token_type: 'Local' is not one of KeyCode (serial-keypad)",
        ),
        (
            {"type": "serial-button", "token_type": "ISO14443"},
            "reader[1].token_type: 'ISO14443' is not one of NoAuthorization, Local (serial-button)",
        ),
        (
            {"type": "serial-button", "token_type": "Local"},
            "reader[1].id_token: is missing; write what a press of this start button stands for",
        ),
        (
            {"type": "serial-button", "id_token": "B1"},
            'reader[1].id_token: is only for type = "serial-button" with token_type = "Local"',
        ),
        (
            {"id_token": "B1"},
            'reader[1].id_token: is only for type = "serial-button" with token_type = "Local"',
        ),
        (
            {"type": "serial-button", "token_type": "Local", "id_token": "B 1"},
            "reader[1].id_token: 'B 1' is not allowed; 1 to 36 letters, digits and * - _ = : + | @ . are",
        ),
        (
            {"token": "B1"},
            "reader[1].token: is unknown; did you mean id_token?; known here:"
            " name, type, port, baud_rate, evses, choose, token_type, id_token",
        ),
    ],
)
def test_a_mistake_about_a_reader_is_told(problems, keys, problem):
    assert problem in problems(MINIMAL + reader(**keys))


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


def test_drivers_are_told_in_the_log_unless_it_is_said_otherwise(read, problems):
    assert read(MINIMAL).display.type == "log"
    assert read(MINIMAL + '[display]\ntype = "log"\n').display.type == "log"
    assert problems(MINIMAL + '[display]\ntype = "lcd"\n') == ["display.type: 'lcd' is not one of log"]


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
