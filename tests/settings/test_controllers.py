"""Charge controllers by the name of their driver, their options, and lines over a network."""

import pytest

from tests.hardware.distributions import install
from tests.settings.files import MINIMAL, changed

FIXED = "fixed_cable = true"
OPTIONS = "[evse.controller.options]"
NO_LOCK = (
    "evse[1].controller.fixed_cable: must be true: this controller locks no plug and tells no cable from another;"
    " with a socket take another controller"
)
OTHER_LINE = '"r2"\nport = "tcp://a:502"\n[[line]]\nname = "rs485"'


def controller(*lines, kind="evse-wb"):
    """Return settings whose controller is of this kind and has these lines more."""
    text = changed('type = "phoenix-ev-cc"', f'type = "{kind}"')
    return text.rstrip() + "\n" + "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(("kind", "unit"), [("phoenix-ev-cc", 1), ("phoenix-em-cp-pp-eth", 180), ("evse-wb", 1)])
def test_a_controller_has_the_unit_of_its_maker_unless_it_is_said_otherwise(read, kind, unit):
    (one,) = read(controller(FIXED, kind=kind)).evses
    assert (one.controller.type, one.controller.unit, one.controller.options) == (kind, unit, {})
    (other,) = read(controller(FIXED, "unit = 7", kind=kind)).evses
    assert other.controller.unit == 7


def test_options_of_a_controller_are_passed_on(read):
    text = controller(OPTIONS, "contactor_monitor = true", "ventilation = false", kind="phoenix-ev-cc")
    (one,) = read(text).evses
    assert one.controller.options == {"contactor_monitor": True, "ventilation": False}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            controller(kind="phoenix"),
            "evse[1].controller.type: 'phoenix' is not one of phoenix-ev-cc, phoenix-em-cp-pp-eth, evse-wb;"
            " did you mean phoenix-ev-cc?",
        ),
        (controller(), NO_LOCK),
        (controller("fixed_cable = false", kind="phoenix-em-cp-pp-eth"), NO_LOCK),
        (
            controller(OPTIONS, "contactor_monitr = true", kind="phoenix-ev-cc"),
            "evse[1].controller.options.contactor_monitr: is unknown; did you mean contactor_monitor?; known here:"
            " contactor_monitor, ventilation, residual_current_monitor",
        ),
        (
            controller(OPTIONS, "ventilation = 1", kind="phoenix-ev-cc"),
            "evse[1].controller.options.ventilation: 1 is not allowed; write true or false",
        ),
        (controller(FIXED, OPTIONS, "x = 1"), "evse[1].controller.options.x: is unknown; known here: none"),
        (controller("options = 5"), "evse[1].controller.options: is a whole number; write a table"),
        (
            changed("/dev/ttyMETER", "tcp://192.0.2.1"),
            "line[1].port: 'tcp://192.0.2.1' is not allowed; write the path of a serial port, such as /dev/ttyMETER,"
            " or tcp://host:502 for Modbus TCP",
        ),
        (
            changed("/dev/ttyMETER", "rtu+tcp://192.0.2.1:502"),
            "line[1].port: 'rtu+tcp://192.0.2.1:502' is not allowed; write the path of a serial port, such as"
            " /dev/ttyMETER, or tcp://host:502 for Modbus TCP",
        ),
        (
            changed("/dev/ttyMETER", "tcp://192.0.2.1:65536"),
            "line[1].port: 'tcp://192.0.2.1:65536' is not allowed; ports end at 65535",
        ),
        (
            changed('"/dev/ttyMETER"', '"tcp://192.0.2.1:502"\nbaud_rate = 9600'),
            "line[1].baud_rate: is for serial ports; a gateway is set to the speed of the line behind it by itself",
        ),
        (
            changed('"/dev/ttyMETER"', '"tcp://192.0.2.1:502"\nparity = "none"'),
            "line[1].parity: is for serial ports; a gateway is set to the speed of the line behind it by itself",
        ),
        (
            changed("/dev/ttyMETER", "tcp://a:502", changed('"rs485"', OTHER_LINE)),
            "line[2].port: 'tcp://a:502' is taken by line[1].port; devices on one line share one [[line]]",
        ),
    ],
)
def test_a_mistake_about_a_controller_or_its_line_is_told(problems, text, problem):
    assert problem in problems(text)


@pytest.mark.parametrize(
    "port", ["tcp://192.0.2.1:502", "tcp://charger-7.example.org:1502", "tcp://[2001:db8::7]:502"]
)
def test_a_line_may_be_behind_an_address(read, port):
    assert read(changed("/dev/ttyMETER", port, MINIMAL)).lines[0].port == port


def test_a_driver_of_another_package_is_a_type_like_any_other(read, problems, tmp_path, monkeypatch):
    code = (
        "from station.hardware.places import ControllerTraits\n"
        "class Box:\n"
        "    traits = ControllerTraits(unit=9, options={'colour': str})\n"
        "    def __init__(self, place): ...\n"
        "Plain = lambda place: None\n"
    )
    for name in ("Box", "Plain", "Gone"):
        group, target = "bsm_station.charge_controllers", f"boxes_{name.lower()}:{name}"
        install(tmp_path / name, monkeypatch, group=group, name=name.lower(), target=target, code=code)
    (one,) = read(controller(OPTIONS, 'colour = "green"', kind="box")).evses
    assert (one.controller.unit, one.controller.options) == (9, {"colour": "green"})
    (one,) = read(controller(OPTIONS, "whatever = [1]", kind="plain")).evses
    assert (one.controller.unit, one.controller.options) == (1, {"whatever": [1]})
    told = problems(controller(OPTIONS, "colour = 5", kind="box"))
    assert told == ["evse[1].controller.options.colour: 5 is not allowed; write a text"]
    assert "phoenix-em-cp-pp-eth, evse-wb, box, gone, plain" in problems(controller(kind="bx"))[0]
    (told,) = problems(controller(kind="gone"))
    assert told.startswith("evse[1].controller.type: the driver 'gone' (boxes_gone:Gone) cannot be loaded: ")
