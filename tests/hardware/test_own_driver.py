"""docs/hardware.md shows how to write a driver: what it shows charges a vehicle, in a whole station."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.bench.settings import Settings, plain
from station.hardware import drivers
from station.hardware.drivers import BUILT_IN, Role
from tests.flows.house import SETTINGS, House
from tests.hardware.distributions import install

PAGE = Path("docs/hardware.md").read_text("utf-8")
CONTROLLER = 'type = "phoenix-ev-cc"\nline = "controller"\n'


@pytest.fixture
def my_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Install the example of the page as pip would; returns its name."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    group, name, target = re.findall(r'\[project.entry-points."(.+)"\]\n(\S+) = "(\S+)"', PAGE)[0]
    install(tmp_path / "site", monkeypatch, group=group, name=name, target=target, code=code)
    yield name
    sys.modules.pop(target.partition(":")[0], None)


def bench(folder: Path) -> Settings:
    """A controller with the registers of the example, and a fixed cable."""
    settings = plain(folder, energy_scale=60)
    row = settings.evses[0]
    return replace(
        settings,
        evses=(replace(row, cable="fixed", controller=replace(row.controller, type="evse-wb")),),
    )


async def test_the_example_of_the_page_charges(tmp_path: Path, my_box: str) -> None:
    controller = (
        f'type = "{my_box}"\nline = "controller"\nfixed_cable = true\n[evse.controller.options]\nlargest_a = 10\n'
    )
    house = House(tmp_path, bench=bench(tmp_path), settings=SETTINGS.replace(CONTROLLER, controller))
    async with house:
        house.plug()
        house.swipe()
        await house.power()
        assert house.bench.evse(1).meter.measuring.currents_a[0] == 10
        house.swipe()
        await house.event(kind="Ended")
        assert house.transactions_whole() == [True]
        assert not house.contactor_closed


def test_the_page_names_every_controller_and_its_options() -> None:
    for name in BUILT_IN[Role.CHARGE_CONTROLLER]:
        assert f"`{name}`" in PAGE
        for option in drivers.charge_controller(name).traits.options:
            assert f"# {option} = " in PAGE


def test_the_page_shows_the_wiring() -> None:
    picture = Path("docs/wiring.svg").read_text("utf-8")
    assert "](wiring.svg)" in PAGE
    for part in ("DOE", "DI", "DO", "Emergency stop", "Contactor", "Charge controller", "RS-485"):
        assert part in picture
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
