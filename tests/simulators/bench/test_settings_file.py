"""The settings file: what is in it, and what an error says."""

from dataclasses import replace
from pathlib import Path

import pytest

from simulators.bench import settings_file
from simulators.bench.errors import SettingsError
from simulators.bench.meter.kinds import KINDS
from simulators.bench.settings import (
    ControllerSettings,
    EvseSettings,
    GpioSettings,
    LedSettings,
    MeterSettings,
    ReaderSettings,
    Settings,
    VehicleSettings,
)

LEAST = """
[[evse]]
id = 1
[evse.meter]
port = "m"
serial = "001BZR1521070101"
[evse.controller]
port = "c"
"""


def load(folder: Path, text: str) -> Settings:
    file = folder / "bench.toml"
    file.write_text(text, "utf-8")
    return settings_file.load(file)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    assert load(tmp_path, LEAST) == Settings(
        evses=(
            EvseSettings(
                id=1,
                meter=MeterSettings(port=tmp_path / "m", serial="001BZR1521070101"),
                controller=ControllerSettings(port=tmp_path / "c"),
            ),
        )
    )


def test_every_key_is_taken(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        """
[bench]
host = "::1"
port = 0
folder = "ports"
state_folder = "/state"
time_scale = 0.5
energy_scale = 60
[[evse]]
id = 7
cable = "fixed"
bay = "b"
cable_rating_a = 63
switched_by = "controller"
doe = "d"
[evse.meter]
port = "/elsewhere/m"
serial = "001BZR1521070101"
unit = 9
baud = 115200
parity = "even"
firmware = "1.2"
busy = "hold"
refusal = 0
pacing = true
energy_wh = 5
turn_on_s = 1
turn_off_s = 2
current_s = 3
start_s = 4
end_s = 5
[evse.controller]
port = "c"
unit = 2
baud = 9600
parity = "even"
pacing = true
type = "evse-wb"
fine_steps = true
[evse.vehicle]
wants_power = false
max_current_a = 32
phases = 1
needs_ventilation = true
[[reader]]
id = 3
port = "r"
type = "keypad"
[gpio]
folder = "g"
inputs = ["stop", "door"]
outputs = ["d"]
[leds]
folder = "l"
names = ["green"]
""",
    )
    (evse,) = settings.evses
    assert (settings.host, settings.port, settings.time_scale, settings.energy_scale) == ("::1", 0, 0.5, 60)
    assert settings.state_folder == Path("/state")
    assert evse.meter == MeterSettings(
        Path("/elsewhere/m"), "001BZR1521070101", 9, 115200, "even", "1.2", "hold", 0, True, 5, 1, 2, 3, 4, 5
    )
    assert evse.controller == ControllerSettings(
        tmp_path / "ports/c", "evse-wb", 2, 9600, "even", pacing=True, fine_steps=True
    )
    assert evse.vehicle == VehicleSettings(False, 32, 1, True)
    assert (evse.id, evse.cable, evse.cable_rating_a, evse.switched_by) == (7, "fixed", 63, "controller")
    assert evse.bay == tmp_path / "ports/b"
    assert evse.doe == "d"
    assert settings.readers == (ReaderSettings(3, tmp_path / "ports/r", "keypad"),)
    assert settings.gpio == GpioSettings(tmp_path / "ports/g", ("stop", "door"), ("d",))
    assert settings.leds == LedSettings(tmp_path / "ports/l", ("green",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("id = 1", "id = 0"), r"bench.toml: evse\[1\].id: 0 is not allowed, a whole number from 1 to 99 is"),
        (("id = 1", "id = true"), r"evse\[1\].id: True is not allowed"),
        (
            ("id = 1", "number = 1"),
            r"evse\[1\].number is unknown, allowed are id, cable,.* meter, controller, vehicle",
        ),
        (("id = 1\n", ""), r"evse\[1\].id is missing, a whole number from 1 to 99 is expected"),
        (('port = "m"', "port = 5"), r"evse\[1\].meter.port: 5 is not allowed, a path, or tcp"),
        (('port = "m"\n', ""), r"evse\[1\].meter.port is missing"),
        (
            ('port = "m"', 'port = "m"\nspeed = 1'),
            r"evse\[1\].meter.speed is unknown, allowed are unit, baud, .*port",
        ),
        (('port = "m"', 'port = "m"\nbaud = 300'), r"meter.baud: 300 is not allowed, one of 1200, 2400,"),
        (('port = "m"', 'port = "m"\nbusy = "yes"'), r"meter.busy: 'yes' is not allowed, one of answer, hold is"),
        (('port = "m"', 'port = "m"\npacing = 1'), r"meter.pacing: 1 is not allowed, true or false is"),
        (('port = "m"', 'port = "m"\nturn_on_s = "1"'), r"meter.turn_on_s: '1' is not allowed, a number from 0.01"),
        (('serial = "001BZR1521070101"', 'serial = "1"'), r"meter.serial: '1' is not allowed, 16 digits"),
        (
            ('port = "m"', 'port = "tcp://192.0.2.1:502"'),
            r"meter.port: 'tcp://192.0.2.1:502' is not allowed, a path, or",
        ),
        (
            ('port = "m"', 'port = "m"\nrefusal = 5'),
            r"meter.refusal: 5 is not allowed, a whole number from 0 to 4 is",
        ),
        (('port = "c"', 'port = "m"\nunit = 42'), r"bench.toml: port .*/m: the meter of EVSE 1 and .* have unit 42"),
        (('port = "c"', 'port = "m"\nbaud = 9600'), r"bench.toml: port .*/m: .* differ in baud, 19200 and 9600"),
        (("[[evse]]", '[[reader]]\nid = 1\nport = "m"\n[[evse]]'), r"bench.toml: port .*/m is there twice"),
        (
            ("[[evse]]", '[[reader]]\nid = 1\nport = "r"\ntype = "k"\n[[evse]]'),
            r"reader\[1\].type: 'k' .* one of card, k",
        ),
        (("id = 1", 'id = 1\nbay = "m"'), r"bench.toml: port .*/m is there twice"),
        (
            ("id = 1", 'id = 1\nbay = "tcp://127.0.0.1:0"'),
            r"evse\[1\].bay: 'tcp://127.0.0.1:0' is not allowed, a path is",
        ),
        (("[[evse]]", '[[reader]]\nid = 1\nport = "tcp://127.0.0.1:0"\n[[evse]]'), r"reader\[1\].port: .* a path is"),
        (
            ("[[evse]]", "[bench]\nhost = '0.0.0.0'\n[[evse]]"),
            r"bench.host: '0.0.0.0' is not allowed, one of 127.0.0.1",
        ),
        (("[[evse]]", "[bench]\ncolour = 1\n[[evse]]"), r"bench.colour is unknown, allowed are host, .*state_folder"),
        (
            ("[[evse]]", "colour = 1\n[[evse]]"),
            r"bench.toml.colour is unknown, allowed are bench, evse, reader, gpio, leds",
        ),
        (("id = 1", 'id = 1\ndoe = "d"'), r"evse.doe d is no output of \[gpio\], there are none"),
        (("[[evse]]", "[gpio]\ninputs = []\n[[evse]]"), r"gpio.folder is missing, a path is expected"),
        (
            ("[[evse]]", '[gpio]\nfolder = "g"\ninputs = ["a", "a"]\n[[evse]]'),
            r"gpio.inputs: .* is not allowed, a list of names, each of them once is",
        ),
        (("[[evse]]", '[leds]\nfolder = "l"\nnames = "a"\n[[evse]]'), r"leds.names: 'a' is not allowed, a list"),
        (('port = "c"', 'port = "c"\ntype = "x"'), r"controller.type: 'x' .* one of phoenix-ev-cc, phoenix-em-cp"),
        (("[[evse]]", "bench = 1\n[[evse]]"), r"bench is not a table"),
        (("[[evse]]", "reader = 1\n[[evse]]"), r"reader is not a list of tables, \[\[reader\]\] is expected"),
        (("[[evse]]", "[[evse]"), r"bench.toml is not TOML: "),
        ((LEAST, ""), r"evse is missing, at least one \[\[evse\]\] is expected"),
        ((LEAST, LEAST + LEAST.replace('"m"', '"n"').replace('"c"', '"d"')), r"evse.id 1 is there twice"),
    ],
)
def test_an_error_names_file_key_and_what_is_allowed(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load(tmp_path, LEAST.replace(*change, 1))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none.toml cannot be read: No such file"):
        settings_file.load(tmp_path / "none.toml")


def test_the_shipped_file_is_good_and_its_comments_show_the_defaults(tmp_path: Path) -> None:
    shipped = Path("config/bench.toml")
    plain = settings_file.load(shipped)
    lines = [
        line.removeprefix("# ") if " = " in line and line[2:3].islower() else line
        for line in shipped.read_text("utf-8").splitlines()
    ]
    full = load(tmp_path, "\n".join(line for line in lines if not line.startswith("state_folder")))
    meter = full.evses[0].meter
    shown = (meter.current_s, meter.turn_on_s, meter.turn_off_s, meter.start_s, meter.end_s)
    assert shown == tuple(kind.duration_s for kind in KINDS.values())
    timeless = replace(meter, current_s=None, turn_on_s=None, turn_off_s=None, start_s=None, end_s=None)
    assert replace(full, evses=(replace(full.evses[0], meter=timeless), *full.evses[1:])) == plain
