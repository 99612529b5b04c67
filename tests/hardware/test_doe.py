"""A DOE line of this computer: on while the vehicle asks and may have, off before anything else is."""

import pytest

from simulators.bench.gpio import Gpio
from station.errors import DeviceError, LineSilentError
from station.hardware.doe import ControllerWithDoe
from station.hardware.gpio_files import FileOutput
from station.hardware.pins import PinPlace
from station.hardware.ports import PilotLetter
from tests.fakes import FakeController


@pytest.fixture
def wires(tmp_path):
    wires = Gpio(tmp_path / "gpio", outputs=["doe"])
    wires.open()
    return wires


@pytest.fixture
def inner():
    return FakeController()


@pytest.fixture
async def controller(wires, inner):
    controller = ControllerWithDoe(inner, FileOutput(PinPlace(wires.path, "doe")))
    await controller.prepare()
    return controller


async def see(controller, inner, letter):
    inner.hardware.letter = PilotLetter(letter)
    assert (await controller.status()).letter == letter


async def test_the_line_follows_the_vehicle_while_current_is_offered(wires, controller, inner):
    await see(controller, inner, "C")
    assert wires.get("doe") == 0, "nothing is offered"
    await see(controller, inner, "B")
    await controller.offer(16.0)
    assert wires.get("doe") == 0, "the vehicle does not ask"
    for letter, level in (("C", 1), ("B", 0), ("D", 1), ("A", 0), ("C", 1), ("E", 0), ("C", 1), ("F", 0)):
        await see(controller, inner, letter)
        assert wires.get("doe") == level, letter


async def test_a_controller_that_took_the_current_away_by_itself_takes_the_line_along(wires, controller, inner):
    await controller.offer(16.0)
    await see(controller, inner, "C")
    inner.hardware.offered_amps = 0.0
    await see(controller, inner, "C")
    assert wires.get("doe") == 0


async def test_what_withholds_switches_the_line_off_before_it_talks_to_the_controller(wires, controller, inner):
    await controller.offer(16.0)
    await see(controller, inner, "C")
    levels = []
    inner.watch = lambda _name: levels.append(wires.get("doe"))
    await controller.withhold()
    assert levels == [0]
    await see(controller, inner, "C")
    assert wires.get("doe") == 0


async def test_the_line_is_off_when_the_controller_is_silent(wires, controller, inner):
    await controller.offer(16.0)
    await see(controller, inner, "C")
    inner.be_silent()
    with pytest.raises(LineSilentError):
        await controller.status()
    assert wires.get("doe") == 0
    with pytest.raises(LineSilentError):
        await controller.withhold()
    assert wires.get("doe") == 0


async def test_a_controller_that_is_made_ready_anew_begins_with_the_line_off(wires, controller, inner):
    await controller.offer(16.0)
    await see(controller, inner, "C")
    await controller.prepare()
    assert wires.get("doe") == 0
    await see(controller, inner, "C")
    assert wires.get("doe") == 0


async def test_a_line_that_fails_is_a_controller_that_fails_and_current_is_withheld_all_the_same(
    wires, controller, inner
):
    await controller.offer(16.0)
    (wires.folder / "doe").unlink()
    with pytest.raises(DeviceError, match="doe cannot be written"):
        await controller.status()
    with pytest.raises(DeviceError, match="doe cannot be written"):
        await controller.withhold()
    assert inner.hardware.offered_amps == 0
    with pytest.raises(DeviceError, match="doe cannot be written"):
        await controller.prepare()


async def test_the_lock_is_the_controllers(controller, inner):
    await controller.lock()
    assert inner.hardware.locked
    await controller.unlock()
    assert not inner.hardware.locked


async def test_a_line_that_cannot_be_had_does_not_keep_the_controller_from_taking_back_what_it_offers(
    tmp_path, inner
):
    await inner.offer(16.0)
    controller = ControllerWithDoe(inner, FileOutput(PinPlace(tmp_path / "none", "doe")))
    with pytest.raises(DeviceError):
        await controller.prepare()
    assert inner.calls[-1] == "prepare"
