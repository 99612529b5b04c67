"""Inputs and outputs behind files, on what the bench plays."""

import asyncio
import os

import pytest

from simulators.bench.gpio import Gpio
from station.errors import DeviceError
from station.hardware.gpio_files import POLL_S, FileInput, FileOutput
from station.hardware.pins import PinPlace


@pytest.fixture
def wires(tmp_path):
    wires = Gpio(tmp_path / "gpio", inputs=["stop"], outputs=["doe"])
    wires.open()
    yield wires
    wires.close()


@pytest.mark.parametrize("low", [False, True])
@pytest.mark.parametrize("value", [0, 1])
def test_an_input_is_what_its_file_holds(wires, value, low):
    pin = FileInput(PinPlace(wires.path, "stop", active_low=low))
    pin.open()
    wires.set("stop", value)
    assert pin.active() is (bool(value) is not low)
    pin.close()


async def test_an_input_is_looked_at_again_and_again(wires):
    pin = FileInput(PinPlace(wires.path, "stop"))
    before_s = asyncio.get_running_loop().time()
    await pin.moved()
    assert asyncio.get_running_loop().time() - before_s >= POLL_S


@pytest.mark.parametrize("low", [False, True])
def test_an_output_is_inactive_until_it_is_set_and_when_it_is_let_go(wires, low):
    pin = FileOutput(PinPlace(wires.path, "doe", active_low=low))
    pin.open()
    assert wires.get("doe") == int(low)
    pin.set(True)
    assert wires.get("doe") == int(not low)
    pin.set(False)
    assert wires.get("doe") == int(low)
    pin.set(True)
    pin.close()
    assert wires.get("doe") == int(low)


def test_a_file_that_is_missing_is_told_and_not_made(wires, tmp_path):
    wires.lose("stop")
    with pytest.raises(
        DeviceError, match=r"gpio/stop cannot be read: No such file or directory; is the input set up\?"
    ):
        FileInput(PinPlace(wires.path, "stop")).active()
    with pytest.raises(DeviceError, match=r"gpio/other cannot be written: No such file .*; is the output set up\?"):
        FileOutput(PinPlace(wires.path, "other")).open()
    FileOutput(PinPlace(wires.path, "other")).close()
    assert not (tmp_path / "gpio/other").exists()


@pytest.mark.parametrize("content", ["", "2", "on", "01"])
def test_what_is_no_value_is_told(wires, content):
    (wires.folder / "stop").write_text(content)
    with pytest.raises(DeviceError, match="0 or 1 is expected"):
        FileInput(PinPlace(wires.path, "stop")).active()


def test_a_pipe_that_nobody_fills_does_not_hold_anybody_up(wires):
    (wires.folder / "stop").unlink()
    os.mkfifo(wires.folder / "stop")
    with pytest.raises(DeviceError, match="0 or 1 is expected"):
        FileInput(PinPlace(wires.path, "stop")).active()
    with pytest.raises(DeviceError, match="cannot be written: No such device or address"):
        FileOutput(PinPlace(wires.path, "stop")).set(True)
