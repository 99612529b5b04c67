"""Readers of all types, how they write numbers, and the display."""

import pytest

from station.core.presented import Choose
from station.hardware.drivers import BUILT_IN, Role
from station.settings.readers import KINDS
from tests.settings.files import MINIMAL, READER


def reader(**keys):
    """Return a reader with these keys instead of those that the plain one has."""
    lines = {"name": "front", "type": "serial-line", "port": "/dev/ttyREADER"} | keys
    return "[[reader]]\nevses = [1]\n" + "".join(f'{key} = "{value}"\n' for key, value in lines.items())


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
            "reader[1].type: 'serial-lines' is not one of serial-line, serial-keypad, serial-button, keyboard, pn532;"
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
            " type, name, port, baud_rate, evses, choose, token_type, id_token, format, byte_order, prefix, options",
        ),
    ],
)
def test_a_mistake_about_a_reader_is_told(problems, keys, problem):
    assert problem in problems(MINIMAL + reader(**keys))


def test_every_reader_that_comes_along_is_known():
    assert set(KINDS) == set(BUILT_IN[Role.CARD_READER])


@pytest.mark.parametrize(
    ("kind", "baud_rate"),
    [("serial-line", 9600), ("serial-keypad", 9600), ("serial-button", 9600), ("pn532", 115200)],
)
def test_the_speed_is_that_of_the_type_unless_it_is_said(read, kind, baud_rate):
    assert read(MINIMAL + reader(type=kind)).readers[0].baud_rate == baud_rate
    assert read(MINIMAL + reader(type=kind) + "baud_rate = 57600\n").readers[0].baud_rate == 57600


def test_numbers_are_hexadecimal_and_taken_as_they_are_read_unless_it_is_said(read):
    (front,) = read(MINIMAL + READER).readers
    assert (front.format, front.byte_order, front.prefix, dict(front.options)) == ("hex", "as-read", "", {})


@pytest.mark.parametrize("kind", ["serial-line", "keyboard"])
def test_a_reader_may_write_numbers_in_its_own_way(read, kind):
    keys = {"type": kind, "format": "decimal", "byte_order": "reversed", "prefix": "UID="}
    (front,) = read(MINIMAL + reader(**keys)).readers
    assert {key: getattr(front, key) for key in keys} == keys


def test_texts_may_have_a_prefix(read):
    assert read(MINIMAL + reader(token_type="Local", prefix="ID ")).readers[0].prefix == "ID "


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"format": "octal"}, "reader[1].format: 'octal' is not one of hex, decimal"),
        (
            {"byte_order": "reverse"},
            "reader[1].byte_order: 'reverse' is not one of as-read, reversed; did you mean reversed?",
        ),
        ({"prefix": "x" * 17}, "reader[1].prefix: has 17 characters; 1 to 16 are allowed"),
        ({"type": "pn532", "format": "hex"}, "reader[1].format: has no meaning for type = 'pn532'"),
        ({"type": "pn532", "prefix": "x"}, "reader[1].prefix: has no meaning for type = 'pn532'"),
        ({"type": "serial-keypad", "prefix": "x"}, "reader[1].prefix: has no meaning for type = 'serial-keypad'"),
        (
            {"type": "serial-button", "byte_order": "reversed"},
            "reader[1].byte_order: has no meaning for type = 'serial-button'",
        ),
        (
            {"token_type": "KeyCode", "format": "decimal"},
            "reader[1].format: has no meaning for token_type = 'KeyCode', which is taken as it comes",
        ),
        (
            {"type": "pn532", "token_type": "ISO15693"},
            "reader[1].token_type: 'ISO15693' is not one of ISO14443 (pn532); did you mean ISO14443?",
        ),
    ],
)
def test_a_mistake_about_numbers_is_told(problems, keys, problem):
    assert problems(MINIMAL + reader(**keys)) == [problem]


def test_a_keyboard_has_no_speed(problems):
    told = problems(MINIMAL + reader(type="keyboard") + "baud_rate = 9600\n")
    assert told == ["reader[1].baud_rate: is for serial ports; a keyboard is none"]


def test_readers_that_come_along_have_no_options(problems):
    told = problems(MINIMAL + READER + "[reader.options]\nspeed = 3\n")
    assert told == ["reader[1].options.speed: is unknown; a serial-line has no options"]


def test_the_driver_of_another_package_judges_its_options_itself(read, monkeypatch):
    monkeypatch.setattr("station.hardware.drivers._entry_points", lambda _role: [Installed()])
    keys = {"type": "acme-reader", "port": "/dev/acme", "format": "decimal"}
    (front,) = read(MINIMAL + reader(**keys) + "[reader.options]\nspeed = 3\n").readers
    assert (front.type, front.format, dict(front.options)) == ("acme-reader", "decimal", {"speed": 3})


class Installed:
    """An entry point."""

    name, value = "acme-reader", "acme:Reader"


def test_drivers_are_told_in_the_log_unless_it_is_said_otherwise(read, problems):
    assert read(MINIMAL).display.type == "log"
    assert read(MINIMAL + '[display]\ntype = "log"\n').display.type == "log"
    assert problems(MINIMAL + '[display]\ntype = "lcd"\n') == ["display.type: 'lcd' is not one of log"]
