"""Lights of the kernel and of output lines: they show what is going on, and hurt nobody when they fail."""

import asyncio
import contextlib
import itertools

import pytest
from structlog.testing import capture_logs

from simulators.bench.gpio import Gpio
from simulators.bench.leds import MOST, ClassLeds
from station.errors import DeviceError
from station.hardware.gpio_files import FileOutput
from station.hardware.leds import RETRY_S, STATE_OF, ClassLed, Lamps, Leds, state_of
from station.hardware.light_patterns import STATES, pattern
from station.hardware.pins import PinPlace
from station.local.views import Activity

COLOURS = ("red", "green", "blue")


@pytest.fixture
def lights(tmp_path):
    lights = ClassLeds(tmp_path / "leds", [f"led1:{colour}" for colour in COLOURS])
    lights.open()
    return lights


def lamps(lights, **patterns):
    return Lamps(
        1,
        {colour: ClassLed(lights.folder, f"led1:{colour}") for colour in COLOURS},
        {state: pattern(patterns.get(state, "off"), COLOURS) for state in STATES},
    )


class Shown:
    """Lights that follow a state which the test sets."""

    def __init__(self, *lamps):
        self.state = "free"
        self._leds = Leds(lamps, state=lambda _evse_id: self.state)

    @contextlib.asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self._leds.run())
        await asyncio.sleep(0.5)
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_each_state_has_its_light_and_all_are_off_in_the_end(lights):
    shown = Shown(lamps(lights, free="green", charging="blue", faulted="yellow"))
    async with shown.running():
        for state, lit in (("free", "green"), ("charging", "blue"), ("faulted", "red green"), ("paused", "")):
            shown.state = state
            await asyncio.sleep(0.5)
            assert lights.lit == {f"led1:{colour}" for colour in lit.split()}
        shown.state = "charging"
        await asyncio.sleep(0.5)
    assert lights.lit == frozenset()


async def test_a_blink_goes_on_and_off_in_its_rhythm(lights):
    shown = Shown(lamps(lights, free="green blink 1 Hz"))
    async with shown.running():
        seen = []
        for _ in range(400):
            seen.append(bool(lights.lit))
            await asyncio.sleep(0.05)
    runs = [(lit, len(list(group))) for lit, group in itertools.groupby(seen)]
    whole = runs[1:-1]
    assert 36 <= len(whole) <= 42
    assert all(5 <= length <= 15 for _, length in whole), "as steady as a busy computer lets it be"


async def test_what_lit_an_led_before_the_station_has_it_no_more(lights):
    assert lights.brightness("led1:red") == MOST
    async with Shown(lamps(lights, free="green")).running():
        assert lights.brightness("led1:red") == 0
        assert lights.brightness("led1:green") == MOST


def test_an_led_may_be_less_than_fully_bright(lights):
    for percent, brightness in ((100, MOST), (20, 51), (1, 2)):
        led = ClassLed(lights.folder, "led1:red", percent=percent)
        led.open()
        led.set(True)
        assert lights.brightness("led1:red") == brightness
        led.close()
        assert lights.brightness("led1:red") == 0


def test_a_dim_led_is_never_off(lights):
    (lights.folder / "led1:red/max_brightness").write_text("1\n")
    led = ClassLed(lights.folder, "led1:red", percent=10)
    led.open()
    led.set(True)
    assert lights.brightness("led1:red") == 1


def test_an_led_without_triggers_is_one_as_well(lights):
    (lights.folder / "led1:red/trigger").unlink()
    led = ClassLed(lights.folder, "led1:red")
    led.open()
    led.set(True)
    assert (lights.folder / "led1:red/brightness").read_text() == f"{MOST}\n"


def test_what_is_no_led_is_told(lights):
    with pytest.raises(DeviceError, match=r"led9 is no LED; /sys/class/leds lists those that are there"):
        ClassLed(lights.folder, "led9").open()
    (lights.folder / "led1:red/brightness").unlink()
    with pytest.raises(DeviceError, match=r"led1:red/brightness cannot be written: No such file .*\(udev\)\?"):
        ClassLed(lights.folder, "led1:red").open()
    ClassLed(lights.folder, "led1:red").close()
    assert not (lights.folder / "led1:red/brightness").exists()


async def test_output_lines_are_lights_too(tmp_path):
    wires = Gpio(tmp_path / "gpio", outputs=["lamp"])
    wires.open()
    one = Lamps(
        1,
        {"green": FileOutput(PinPlace(wires.path, "lamp"))},
        {state: pattern("green" if state == "free" else "off", ["green"]) for state in STATES},
    )
    shown = Shown(one)
    async with shown.running():
        assert wires.get("lamp") == 1
        shown.state = "charging"
        await asyncio.sleep(0.5)
        assert wires.get("lamp") == 0
        shown.state = "free"
        await asyncio.sleep(0.5)
    assert wires.get("lamp") == 0


async def test_a_light_that_fails_is_told_once_the_others_shine_and_it_comes_back(lights):
    max_brightness = lights.folder / "led1:green/max_brightness"
    max_brightness.unlink()
    with capture_logs() as logs:
        async with Shown(lamps(lights, free="white blink 1 Hz")).running():
            await asyncio.sleep(5 * RETRY_S)
            assert [entry["event"] for entry in logs] == ["led_failed"]
            assert (logs[0]["evse"], logs[0]["colour"]) == (1, "green")
            max_brightness.write_text("255\n")
            await asyncio.sleep(1.5 * RETRY_S)
            while not lights.lit:
                await asyncio.sleep(0.1)
            assert len(lights.lit) == 3
    assert [entry["event"] for entry in logs] == ["led_failed", "led_works_again"]


async def test_all_lights_blink_together(lights, tmp_path):
    others = ClassLeds(tmp_path / "others", lights.names)
    others.open()
    shown = Shown(lamps(lights, free="green blink 1 Hz"), lamps(others, free="green blink 1 Hz"))
    async with shown.running():
        for _ in range(100):
            await asyncio.sleep(0.07)
            assert lights.lit == others.lit


async def test_nothing_to_show_is_no_error():
    async with Shown().running():
        pass


def test_every_activity_is_shown():
    assert set(STATE_OF) == {activity.value for activity in Activity}
    assert {*STATE_OF.values(), "offline"} == set(STATES)


def test_that_the_csms_is_away_is_shown_to_those_who_have_not_begun():
    assert state_of("free", online=True) == "free"
    assert state_of("free", online=False) == "offline"
    assert state_of("charging", online=False) == "charging"
    assert state_of("held", online=True) == "finished"
