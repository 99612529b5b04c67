"""Drivers are found by name: those that are built in, and those that other packages bring."""

import subprocess
import sys

import pytest

from station.errors import SettingsError
from station.hardware import drivers
from station.hardware.displays import Displays, NoDisplay
from station.hardware.drivers import BUILT_IN, Role
from station.hardware.places import ControllerPlace, ControllerTraits, DisplayPlace, ReaderPlace, probe_of, traits_of
from station.hardware.ports import CardRead, DriverNotice, Notice
from tests.hardware.distributions import install
from tests.hardware.fake_modbus import Unit

LOADERS = {
    Role.CHARGE_CONTROLLER: drivers.charge_controller,
    Role.CARD_READER: drivers.card_reader,
    Role.DISPLAY: drivers.display,
}
BOXES = Role.CHARGE_CONTROLLER


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, names in BUILT_IN.items() for name in names])
def test_every_built_in_driver_can_be_loaded(role, name):
    assert callable(LOADERS[role](name))
    assert drivers.is_known(role, name)
    assert name in drivers.names(role)


@pytest.mark.parametrize("name", BUILT_IN[BOXES])
def test_a_controller_is_made_without_touching_it(name):
    unit = Unit()
    driver = drivers.charge_controller(name)
    driver(ControllerPlace(unit, "c", fixed_cable=True))
    assert not unit.requests
    assert probe_of(driver) is not None
    assert traits_of(driver).options is not None


def test_no_driver_is_loaded_before_it_is_asked_for():
    """A station without cards of others looks for no packages either."""
    code = (
        "import sys\n"
        "from station.hardware import drivers\n"
        "from station.hardware.drivers import Role\n"
        "assert drivers.is_known(Role.CHARGE_CONTROLLER, 'evse-wb')\n"
        "drivers.charge_controller('evse-wb')\n"
        "print([name for name in ('importlib.metadata', 'station.hardware.phoenix') if name in sys.modules])\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


def test_a_driver_of_another_package_is_found_and_told_who_it_is(tmp_path, monkeypatch):
    code = "class Box:\n    traits = probe = 'its own'\n    def __init__(self, place): self.place = place\n"
    install(tmp_path, monkeypatch, group=BOXES, name="their-box", target="their_box:Box", code=code)
    assert drivers.is_known(BOXES, "their-box")
    assert drivers.names(BOXES) == (*BUILT_IN[BOXES], "their-box")
    place = ControllerPlace(Unit(), "controller of EVSE 1", fixed_cable=False, options={"colour": "green"})
    driver = drivers.charge_controller("their-box")
    assert driver(place).place is place
    assert (traits_of(driver), probe_of(driver)) == ("its own", "its own")


def test_a_driver_may_be_a_function_that_says_nothing_of_itself(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, group=BOXES, name="f", target="some_functions:make", code="def make(place): ...\n")
    driver = drivers.charge_controller("f")
    assert traits_of(driver) == ControllerTraits()
    assert probe_of(driver) is None


def test_what_is_built_in_cannot_be_replaced(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, group=BOXES, name="evse-wb", target="other_wb:Wb", code="Wb = 1\n")
    assert drivers.charge_controller("evse-wb").__module__ == "station.hardware.evse_wb"
    assert drivers.names(BOXES) == tuple(BUILT_IN[BOXES])


@pytest.mark.parametrize("role", Role)
def test_a_driver_that_is_not_there_is_told_with_those_that_are(role):
    with pytest.raises(SettingsError, match="there is no driver 'no-such'; installed are ") as caught:
        LOADERS[role]("no-such")
    assert all(name in str(caught.value) for name in BUILT_IN[role])
    assert not drivers.is_known(role, "no-such")


@pytest.mark.parametrize(
    ("target", "code", "why"),
    [
        ("not_there:Box", None, "ModuleNotFoundError"),
        ("no_attribute:Box", "", "has no attribute 'Box'"),
        ("broken:Box", "1 / 0", "ZeroDivisionError"),
        ("no_class:Box", "Box = 5", "is no class or function"),
    ],
)
def test_a_driver_that_cannot_be_loaded_says_why(tmp_path, monkeypatch, target, code, why):
    install(tmp_path, monkeypatch, group=BOXES, name="box", target=target, code=code)
    with pytest.raises(SettingsError, match=f"the driver 'box' \\({target}\\).*{why}"):
        drivers.charge_controller("box")


async def test_a_reader_of_another_package_reads(tmp_path, monkeypatch):
    code = (
        "from station.hardware.ports import CardRead\n"
        "class Reader:\n"
        "    def __init__(self, place): self.place = place\n"
        "    async def cards(self): yield CardRead(self.place.options['uid'], 'ISO14443')\n"
    )
    install(tmp_path, monkeypatch, group=Role.CARD_READER, name="glass", target="glass:Reader", code=code)
    reader = drivers.card_reader("glass")(ReaderPlace("/dev/glass", 9600, "front", options={"uid": "04A2B3C4"}))
    assert [card async for card in reader.cards()] == [CardRead("04A2B3C4", "ISO14443")]


def test_a_display_of_another_package_shows(tmp_path, monkeypatch, capsys):
    code = "class Panel:\n    def __init__(self, place): ...\n    def show(self, notice): print(notice.notice)\n"
    install(tmp_path, monkeypatch, group=Role.DISPLAY, name="panel", target="panel:Panel", code=code)
    drivers.display("panel")(DisplayPlace(now=lambda: None)).show(DriverNotice(Notice.PLUG_IN))
    assert capsys.readouterr().out == "plug_in\n"


def test_a_display_that_fails_does_not_keep_the_others_from_showing():
    class Broken:
        def show(self, _notice):
            raise OSError("glass is broken")

    class Kept:
        def __init__(self):
            self.shown = []

        def show(self, notice):
            self.shown.append(notice)

    kept, notice = Kept(), DriverNotice(Notice.REFUSED, 1)
    Displays(Broken(), NoDisplay(DisplayPlace(now=lambda: None)), kept).show(notice)
    assert kept.shown == [notice]
