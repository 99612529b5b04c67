"""Lines of GPIO chips through the real library, over a kernel that is played."""

import asyncio
import contextlib
import errno
import sys

import pytest

from station.errors import DeviceError
from station.hardware import gpio
from station.hardware.gpio import ChipInput, ChipOutput, input_pin, output_pin
from station.hardware.gpio_files import POLL_S, FileInput, FileOutput
from station.hardware.pins import Bias, PinPlace

gpiod = pytest.importorskip("gpiod")
from tests.hardware.gpio_kernel import Kernel, KernelChip, KernelLine  # noqa: E402 needs the library

STOP = PinPlace("/dev/gpiochip0", "STOP")


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    lines = [KernelLine("STOP"), KernelLine("DOE"), KernelLine("led", holder="led0"), KernelLine("")]
    kernel = Kernel(
        KernelChip("gpiochip0", "pinctrl-board", lines), KernelChip("gpiochip1", "expander", [KernelLine("DOOR")])
    )
    kernel.install(monkeypatch)
    for name in (*kernel.chips, "null"):
        (tmp_path / name).touch()
    monkeypatch.setattr(gpio, "DEVICES", tmp_path)
    return kernel


@pytest.fixture
def chip(kernel):
    return kernel.chips["gpiochip0"]


@contextlib.contextmanager
def opened(pin):
    pin.open()
    try:
        yield pin
    finally:
        pin.close()


def test_an_input_is_as_its_wire(chip):
    with opened(ChipInput(STOP)) as pin:
        assert not pin.active()
        chip.line("STOP").drive(1)
        assert pin.active()
        assert chip.line("STOP").holder == "station"
    assert chip.line("STOP").holder == ""


def test_an_input_may_be_active_while_low(chip):
    with opened(ChipInput(PinPlace("/dev/gpiochip0", "STOP", active_low=True))) as pin:
        assert pin.active()
        chip.line("STOP").drive(1)
        assert not pin.active()


async def test_an_edge_wakes_who_waits(chip):
    with opened(ChipInput(STOP)) as pin:
        waiting = asyncio.create_task(pin.moved())
        await asyncio.sleep(60)
        assert not waiting.done()
        chip.line("STOP").drive(1)
        await waiting
        waiting = asyncio.create_task(pin.moved())
        await asyncio.sleep(60)
        assert not waiting.done(), "an edge counts once"
        waiting.cancel()


async def test_an_edge_that_came_while_nobody_waited_is_not_lost(chip):
    with opened(ChipInput(STOP)) as pin:
        chip.line("STOP").drive(1)
        async with asyncio.timeout(1):
            await pin.moved()


async def test_a_chip_that_tells_no_edges_is_looked_at_again_and_again(chip):
    chip.cannot.add("edges")
    with opened(ChipInput(STOP)) as pin:
        chip.line("STOP").drive(1)
        before_s = asyncio.get_running_loop().time()
        await pin.moved()
        assert asyncio.get_running_loop().time() - before_s >= POLL_S
        assert pin.active()


@pytest.mark.parametrize(("bias", "pull"), [(Bias.PULL_UP, "PULL_UP"), (Bias.OFF, "DISABLED"), (Bias.AS_IS, "AS_IS")])
def test_the_bias_is_that_of_the_settings(chip, bias, pull):
    with opened(ChipInput(PinPlace("/dev/gpiochip0", "STOP", bias=bias))):
        assert chip.line("STOP").request.settings["bias"] == gpiod.line.Bias[pull].value


def test_a_chip_that_cannot_pull_is_told(chip):
    chip.cannot.add("bias")
    with pytest.raises(DeviceError, match=r"line STOP of /dev/gpiochip0 cannot be requested: .*bias included\?"):
        ChipInput(PinPlace("/dev/gpiochip0", "STOP", bias=Bias.PULL_UP)).open()


def test_an_output_is_what_it_is_set_to_and_inactive_before_and_after(chip):
    doe = chip.line("DOE")
    doe.level = 1
    with opened(ChipOutput(PinPlace("/dev/gpiochip0", "DOE"))) as pin:
        assert doe.level == 0
        pin.set(True)
        assert doe.level == 1
    assert doe.level == 0


def test_an_output_may_be_active_while_low(chip):
    with opened(ChipOutput(PinPlace("/dev/gpiochip0", "DOE", active_low=True))) as pin:
        assert chip.line("DOE").level == 1
        pin.set(True)
        assert chip.line("DOE").level == 0
    assert chip.line("DOE").level == 1


@pytest.mark.parametrize("chip_name", ["gpiochip0", "pinctrl-board", "/dev/gpiochip0"])
@pytest.mark.parametrize("line", ["STOP", "0"])
def test_chips_and_lines_may_be_named_or_numbered(chip, chip_name, line):
    with opened(ChipInput(PinPlace(chip_name, line))) as pin:
        chip.line("STOP").drive(1)
        assert pin.active()


def test_a_chip_that_has_no_such_name_is_told_with_those_that_there_are(kernel):
    kernel.chips["gpiochip1"].error = errno.EACCES
    with pytest.raises(DeviceError) as told:
        ChipInput(PinPlace("relays", "STOP")).open()
    assert str(told.value) == "there is no GPIO chip 'relays'; there are gpiochip0 (pinctrl-board)"


def test_a_line_that_somebody_has_is_told_with_who_has_it(kernel):
    with pytest.raises(DeviceError, match=r"line led of /dev/gpiochip0 is in use by 'led0'; gpioinfo"):
        ChipInput(PinPlace("/dev/gpiochip0", "led")).open()


@pytest.mark.parametrize("line", ["STOPS", "4", "-1"])
def test_a_line_that_is_not_there_is_told(kernel, line):
    with pytest.raises(
        DeviceError, match=rf"line {line} of .*: there is no such line; gpiochip0 \(pinctrl-board\) has 4"
    ):
        ChipInput(PinPlace("/dev/gpiochip0", line)).open()


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EACCES, r"/dev/gpiochip0 may not be opened; add the user of the station to the group"),
        (errno.ENOTTY, r"/dev/gpiochip0 is no GPIO chip: Inappropriate ioctl"),
    ],
)
def test_a_chip_that_cannot_be_opened_is_told(chip, number, remedy):
    chip.error = number
    with pytest.raises(DeviceError, match=remedy):
        ChipInput(STOP).open()


def test_a_chip_that_is_not_there_is_told_by_the_real_library_as_well():
    with pytest.raises(DeviceError, match=r"/dev/gpiochip77 does not exist; gpiodetect lists the chips"):
        ChipInput(PinPlace("/dev/gpiochip77", "STOP")).open()
    with pytest.raises(DeviceError, match=r"/dev/null is no GPIO chip"):
        ChipInput(PinPlace("/dev/null", "STOP")).open()


async def test_a_chip_that_goes_away_is_told_and_comes_back(chip):
    pin = ChipInput(STOP)
    pin.open()
    waiting = asyncio.create_task(pin.moved())
    await asyncio.sleep(1)
    chip.line("STOP").request.unplug()
    with pytest.raises(DeviceError, match=r"line STOP of /dev/gpiochip0 does not work any more: No such device"):
        await waiting
    with pytest.raises(DeviceError, match="does not work any more"):
        pin.active()
    with pytest.raises(DeviceError, match=r"/dev/gpiochip0 is no GPIO chip: No such device"):
        pin.open()
    with pytest.raises(DeviceError, match="is not open"):
        pin.active()
    chip.gone = False
    with opened(pin):
        assert not pin.active()


def test_an_output_whose_chip_went_away_can_be_closed(chip):
    pin = ChipOutput(PinPlace("/dev/gpiochip0", "DOE"))
    pin.open()
    chip.gone = True
    with pytest.raises(DeviceError, match="does not work any more"):
        pin.set(True)
    pin.close()
    pin.close()


@pytest.mark.parametrize(("version", "shown"), [(None, "1"), ("1.6.3", "1.6.3")])
def test_the_old_library_of_the_same_name_is_told_apart(monkeypatch, version, shown):
    if version is None:
        monkeypatch.delattr(gpiod, "__version__")
    else:
        monkeypatch.setattr(gpiod, "__version__", version)
    with pytest.raises(DeviceError, match=rf"gpiod {shown} is too old, version 2 or newer .*Debian 12"):
        ChipInput(STOP).open()


def test_a_library_that_is_missing_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpiod", None)
    with pytest.raises(
        DeviceError, match=r"need the package gpiod, version 2 or newer: pip install 'bsm-station\[gpio\]'"
    ):
        ChipOutput(STOP).open()


@pytest.mark.parametrize(
    ("chip_name", "folder"),
    [
        ("/dev/gpiochip0", False),
        ("gpiochip0", False),
        ("pinctrl-board", False),
        ("/run/gpio", True),
        ("/tmp/x", True),
    ],
)
def test_a_folder_is_no_chip(chip_name, folder):
    place = PinPlace(chip_name, "STOP")
    assert isinstance(input_pin(place), FileInput if folder else ChipInput)
    assert isinstance(output_pin(place), FileOutput if folder else ChipOutput)
