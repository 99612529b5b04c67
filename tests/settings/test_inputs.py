"""Contacts, outputs and lights in the settings."""

import tomllib

import pytest

from station.hardware.light_patterns import STATES, Pattern
from station.hardware.pins import Bias, PinPlace
from station.inputs.meanings import Meaning
from station.settings.inputs import InputSettings, OutputSettings, check_wiring, read_wiring
from station.settings.toml_reader import Problems, Table

EVSES = (1, 2)


@pytest.fixture
def looked(tmp_path):
    """Return what a document says, and what is wrong with it."""

    def looked(text):
        problems = Problems()
        root = Table(tomllib.loads(text), "", problems)
        wiring = read_wiring(root, tmp_path / "station.toml")
        root.close()
        check_wiring(wiring, EVSES, problems)
        return wiring, problems.lines

    return looked


@pytest.fixture
def read(looked):
    def read(text):
        wiring, problems = looked(text)
        assert problems == []
        return wiring

    return read


@pytest.fixture
def problems(looked):
    return lambda text: looked(text)[1]


def an_input(**keys):
    lines = {"name": "stop", "chip": "/dev/gpiochip0", "line": "STOP", "meaning": "emergency-stop"} | keys
    return "[[input]]\n" + "".join(f"{key} = {value!r}\n" for key, value in lines.items())


def an_output(**keys):
    lines = {"chip": "/dev/gpiochip0", "line": "DOE", "meaning": "doe", "evse": 1} | keys
    return "[[output]]\n" + "".join(f"{key} = {value!r}\n" for key, value in lines.items())


LED = '[[led]]\nevse = 1\ncolours = { red = "led1:red", green = "led1:green" }\n'


def test_without_these_sections_nothing_is_wired(read):
    wiring = read("")
    assert (wiring.inputs, wiring.outputs, wiring.leds) == ((), (), ())


def test_an_input_says_where_it_is_and_what_it_means(read):
    (stop,) = read(an_input()).inputs
    assert stop == InputSettings(
        "stop",
        PinPlace("/dev/gpiochip0", "STOP", active_low=False, bias=Bias.AS_IS),
        Meaning.EMERGENCY_STOP,
        (),
        latch=True,
        debounce_ms=50,
    )


def test_everything_about_an_input_can_be_said(read):
    text = an_input(meaning="door", active="low", bias="pull-up", debounce_ms=200, chip="pinctrl", line="17")
    (door,) = read(text + "latch = true\nevses = [2, 1]\n").inputs
    assert door.place == PinPlace("pinctrl", "17", active_low=True, bias=Bias.PULL_UP)
    assert (door.meaning, door.evses, door.latch, door.debounce_ms) == (Meaning.DOOR, (2, 1), True, 200)


@pytest.mark.parametrize(
    ("meaning", "latch"),
    [("emergency-stop", True), ("residual-current", True), ("door", False), ("limit-4200w", False)],
)
def test_what_keeps_people_safe_stays_until_it_is_reset(read, meaning, latch):
    assert read(an_input(meaning=meaning)).inputs[0].latch is latch


def test_a_folder_is_beside_the_file(read, tmp_path):
    chips = ("gpio/", "./wires", "/run/gpio", "/dev/gpiochip0", "gpiochip0")
    text = "".join(an_input(name=f"i{at}", chip=chip) for at, chip in enumerate(chips))
    beside = [str(tmp_path / "gpio"), str(tmp_path / "wires")]
    assert [one.place.chip for one in read(text).inputs] == [*beside, "/run/gpio", "/dev/gpiochip0", "gpiochip0"]


def test_an_input_without_evses_is_about_all_of_them(read):
    wiring = read(an_input() + an_input(name="door", line="DOOR", meaning="door") + "evses = [2]\n")
    assert [wiring.has(Meaning.EMERGENCY_STOP, evse_id) for evse_id in EVSES] == [True, True]
    assert [wiring.has(Meaning.DOOR, evse_id) for evse_id in EVSES] == [False, True]
    assert not wiring.has(Meaning.LIMIT_4200W, 1)


def test_an_output_belongs_to_an_evse(read):
    (doe,) = read(an_output(active="low", evse=2)).outputs
    assert doe == OutputSettings(PinPlace("/dev/gpiochip0", "DOE", active_low=True), "doe", 2)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            an_input(meaning="emergency"),
            "input[1].meaning: 'emergency' is not one of emergency-stop, residual-current, door, limit-4200w",
        ),
        (an_input(active="on"), "input[1].active: 'on' is not one of high, low"),
        (an_input(bias="up"), "input[1].bias: 'up' is not one of as-is, pull-up, pull-down, off"),
        (an_input(chip="/run/gpio", bias="pull-up"), "input[1].bias: is for lines of a chip; a file has none"),
        (an_input(line="../x"), "input[1].line: '../x' is not allowed; write the name of a line"),
        (an_input(line="/x"), "input[1].line: '/x' is not allowed; write the name of a line"),
        (an_input(line=17), "input[1].line: is a whole number; write a text"),
        (an_input(debounce_ms=20000), "input[1].debounce_ms: 20000 is out of range; 0 to 10000 is allowed"),
        (
            an_input(meaning="limit-4200w") + "latch = true\n",
            "input[1].latch: has no meaning for limit-4200w, which lasts as long as the grid operator says",
        ),
        (an_input() + "evses = [3]\n", "input[1].evses: there is no EVSE 3; EVSEs are 1, 2"),
        (an_input() + an_input(line="X"), "input[2].name: stop is taken by input[1].name"),
        (
            an_input() + an_input(name="other"),
            "input[2].line: line STOP of /dev/gpiochip0 is taken by input[1].line",
        ),
        (an_output(meaning="fan"), "output[1].meaning: 'fan' is not one of doe"),
        (an_output(evse=3), "output[1].evse: there is no EVSE 3; EVSEs are 1, 2"),
        (an_output() + an_output(line="X"), "output[2].evse: 1 is taken by output[1].evse"),
        (
            an_input() + an_output(line="STOP"),
            "output[1].line: line STOP of /dev/gpiochip0 is taken by input[1].line",
        ),
        (
            an_output(bias="pull-up"),
            "output[1].bias: is unknown; known here: chip, line, active, meaning, evse",
        ),
        ("[[led]]\nevse = 1\n", "led[1].colours: is missing; write a table"),
        (LED.replace("red =", "pink =", 1), "led[1].colours.pink: is no colour of a lamp"),
        (LED.replace('"led1:red"', "3"), "led[1].colours.red: 3 is not allowed; write the name of a line or LED"),
        (LED + LED.replace("led1", "led2"), "led[2].evse: 1 is taken by led[1].evse"),
        ("[[led]]\nevse = 1\ncolours = {}\n", "led[1].colours: names no lamp; write lamps by their colour"),
        (
            LED + LED.replace("evse = 1", "evse = 2").replace("led1:green", "led2:green"),
            "led[2].colours.red: line led1:red of /sys/class/leds is taken by led[1].colours.red",
        ),
        (LED + '[led.patterns]\ncharging = "blue"\n', "led[1].patterns.charging: blue cannot be shown with"),
        (LED + '[led.patterns]\ncharge = "red"\n', "led[1].patterns.charge: is unknown; did you mean charging?"),
        (LED + "[led.patterns]\nfree = 3\n", "led[1].patterns.free: '3' is no pattern; write off, a colour"),
        (LED + 'active = "low"\n', "led[1].active: is for lines of a chip; chip tells them apart"),
        (LED + 'chip = "/dev/gpiochip0"\nbrightness = 50\n', "led[1].brightness: is for LEDs of the kernel"),
    ],
)
def test_a_mistake_is_told(problems, text, problem):
    told = problems(text)
    assert len(told) == 1, told
    assert told[0].startswith(problem)


def test_a_lamp_of_the_kernel_is_found_where_the_kernel_has_them(read):
    (led,) = read(LED).leds
    assert (led.evse, led.chip, str(led.folder), led.brightness) == (1, "", "/sys/class/leds", 100)
    assert dict(led.colours) == {"red": "led1:red", "green": "led1:green"}
    assert set(led.patterns) == set(STATES)
    assert led.patterns["free"] == Pattern(frozenset({"green"}))


def test_lamps_may_be_lines_of_a_chip_with_patterns_of_their_own(read):
    text = LED + 'chip = "leds/"\nactive = "low"\n[led.patterns]\nfree = "off"\ncharging = "yellow blink 1 Hz"\n'
    (led,) = read(text).leds
    assert led.chip.endswith("/leds")
    assert led.active_low
    assert led.patterns["free"] == Pattern()
    assert led.patterns["charging"] == Pattern(frozenset({"red", "green"}), 1.0, 0.5)
    assert led.patterns["faulted"] == Pattern(frozenset({"red"}))


def test_a_dim_light_is_possible(read, tmp_path):
    (led,) = read(LED + 'folder = "leds"\nbrightness = 20\n').leds
    assert (led.folder, led.brightness) == (tmp_path / "leds", 20)
