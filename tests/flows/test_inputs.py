"""Contacts and lights at a whole station: what they end, what they hold up, what they show."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulators.bench.settings import GpioSettings, LedSettings
from simulators.bench.settings import Settings as BenchSettings
from station.inputs.grid_book import NAME
from station.local.client import ask
from tests.flows.house import SETTINGS, House, is_whole, meter_settings, until

WIRES = """
[[input]]
name = "stop"
chip = "{folder}/gpio"
line = "stop"
meaning = "emergency-stop"
[[input]]
name = "rcm"
chip = "{folder}/gpio"
line = "rcm"
meaning = "residual-current"
evses = [1]
latch = false
[[input]]
name = "door"
chip = "{folder}/gpio"
line = "door"
active = "low"
meaning = "door"
[[input]]
name = "grid"
chip = "{folder}/gpio"
line = "grid"
meaning = "limit-4200w"
[[led]]
evse = 1
folder = "{folder}/leds"
colours = {{ red = "red", green = "green", blue = "blue" }}
"""


def bench(folder: Path) -> BenchSettings:
    return replace(
        meter_settings(folder),
        gpio=GpioSettings(folder / "gpio", inputs=("stop", "rcm", "door", "grid"), outputs=("doe",)),
        leds=LedSettings(folder / "leds", ("red", "green", "blue")),
    )


class WiredHouse(House):
    """A house with an emergency stop, a residual current monitor, a closed door, the grid's contact and lights."""

    def __init__(self, folder: Path, *, settings: str = SETTINGS + WIRES, **more: Any) -> None:
        super().__init__(folder, settings=settings, bench=more.pop("bench", bench(folder)), **more)

    async def start(self, **options: Any) -> None:
        if self.station is None:
            self.set("door", 1)
        await super().start(**options)

    def set(self, line: str, value: int) -> None:
        self.bench.gpio.set(line, value)

    async def limit(self, amps: float) -> None:
        """Return when the vehicle is offered so much."""
        await until(lambda: self.bench.evse(1).controller.offered_a == amps, f"an offer of {amps} A")

    async def told(self, component: str) -> None:
        await until(lambda: any(component in name for name in self.seen.faults), f"a problem of {component}")

    async def nothing_told(self) -> None:
        await until(lambda: not self.seen.faults, "no problem")


@pytest.mark.ocpp("E06.FR.16")
async def test_an_emergency_stop_in_mid_charge_ends_and_signs_and_a_reset_lets_the_next_session_begin(
    tmp_path: Path,
) -> None:
    async with WiredHouse(tmp_path) as house:
        transaction_id = await house.charge()
        house.set("stop", 1)
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.events[-1].payload["triggerReason"] == "AbnormalCondition"
        assert transaction.stopped_reason == "EmergencyStop"
        assert not house.contactor_closed
        await house.status("Faulted")
        await house.told("EmergencyStopSensor")
        house.set("stop", 0)
        house.unplug()
        house.plug()
        await asyncio.sleep(5)
        house.swipe()
        await asyncio.sleep(30)
        assert len(house.csms.transactions) == 1, "it waits for a reset"
        await house.status("Faulted")
        answer = await asyncio.to_thread(ask, tmp_path / "state", "reset_inputs")
        assert (answer["done"], answer["text"]) == (True, "reset: stop")
        await house.status("Occupied")
        await house.nothing_told()
        transaction_id = await house.charge()
        house.swipe()
        assert is_whole(await house.finished(transaction_id))


async def test_what_an_input_is_and_why_can_be_asked(tmp_path: Path) -> None:
    async with WiredHouse(tmp_path) as house:
        house.set("stop", 1)
        await house.status("Faulted")
        inputs = await asyncio.to_thread(ask, tmp_path / "state", "inputs")
        assert {row["name"]: row["active"] for row in inputs} == {
            "stop": True,
            "rcm": False,
            "door": False,
            "grid": False,
        }
        refused = await asyncio.to_thread(ask, tmp_path / "state", "reset_inputs", evse=1)
        assert (refused["done"], refused["text"]) == (False, "still active: stop")
        (why,) = await asyncio.to_thread(ask, tmp_path / "state", "why")
        assert why["first"]["code"] == "emergency_stop"
        assert why["first"]["detail"] == "input stop"
        house.set("stop", 0)
        await asyncio.sleep(1)
        (why,) = await asyncio.to_thread(ask, tmp_path / "state", "why")
        assert why["first"]["detail"] == "input stop was active and waits for a reset"
        reset = await asyncio.to_thread(ask, tmp_path / "state", "reset_inputs", evse=1)
        assert reset["done"]
        await house.status("Available")


async def test_neither_a_restart_nor_a_reset_of_the_evse_lets_a_latch_go(tmp_path: Path) -> None:
    async with WiredHouse(tmp_path) as house:
        house.set("stop", 1)
        await house.status("Faulted")
        await house.stop()
        await house.start(wait=False)
        await asyncio.sleep(30)
        await house.status("Faulted")
        house.set("stop", 0)
        await house.stop()
        await house.start(wait=False)
        await asyncio.sleep(30)
        await house.status("Faulted")
        await asyncio.to_thread(ask, tmp_path / "state", "reset", evse=1)
        await asyncio.sleep(30)
        await house.status("Faulted")
        await asyncio.to_thread(ask, tmp_path / "state", "reset_inputs")
        await house.status("Available")
        await house.nothing_told()


async def test_a_residual_current_ends_it_by_its_name_and_without_a_latch_it_is_over_with_its_contact(
    tmp_path: Path,
) -> None:
    async with WiredHouse(tmp_path) as house:
        transaction_id = await house.charge()
        house.set("rcm", 1)
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "GroundFault"
        await house.told("RCD")
        house.set("rcm", 0)
        await house.status("Occupied")
        await house.nothing_told()


async def test_a_door_that_is_opened_ends_it_and_is_told_as_tampering(tmp_path: Path) -> None:
    async with WiredHouse(tmp_path) as house:
        transaction_id = await house.charge()
        house.set("door", 0)
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "Other"
        await house.told("CaseAccessSensor")
        event = await house.seen.wait_for(
            "SecurityEventNotification", lambda told: told["type"] == "TamperDetectionActivated", timeout_s=60
        )
        assert event["techInfo"] == "input door"
        (alert,) = [one for told in house.seen.received("NotifyEvent") for one in told["eventData"]]
        assert (alert["variable"]["name"], alert["techCode"], alert["actualValue"]) == (
            "Active",
            "EnclosureOpen",
            "true",
        )
        report = await house.call(
            "GetVariables",
            getVariableData=[
                {"component": {"name": "CaseAccessSensor", "evse": {"id": 1}}, "variable": {"name": "Active"}},
                {"component": {"name": "EmergencyStopSensor", "evse": {"id": 1}}, "variable": {"name": "Active"}},
            ],
        )
        assert [row["attributeValue"] for row in report["getVariableResult"]] == ["true", "false"]
        house.set("door", 1)
        await house.status("Occupied")
        await house.nothing_told()


async def test_the_grid_brings_the_offer_down_to_six_amperes_and_back(tmp_path: Path) -> None:
    async with WiredHouse(tmp_path) as house:
        transaction_id = await house.charge()
        await house.limit(16)
        house.set("grid", 1)
        await house.limit(6)
        await house.event(lambda event: event["triggerReason"] == "ChargingRateChanged")
        assert house.bench.state()["evses"][0]["power_w"] < 4200
        assert house.contactor_closed
        house.set("grid", 0)
        await house.limit(16)
        house.swipe()
        assert is_whole(await house.finished(transaction_id))
        book = [json.loads(line) for line in (tmp_path / "state" / NAME).read_text().splitlines()]
        assert [(line["active"], line["limits_amps"]) for line in book] == [
            (False, {}),
            (True, {"1": 6.0}),
            (False, {}),
        ]


async def test_a_session_that_begins_under_the_limit_is_offered_six_amperes(tmp_path: Path) -> None:
    async with WiredHouse(tmp_path) as house:
        house.set("grid", 1)
        await asyncio.sleep(1)
        await house.charge()
        await house.limit(6)
        await house.stop()
        house.set("grid", 0)
        await house.start(wait=False)
        await house.status("Occupied")
        await asyncio.sleep(5)
        house.unplug()
        await house.status("Available")
        await house.charge()
        await house.limit(16)


async def test_wires_that_are_cut_keep_the_station_from_charging_and_it_says_which(tmp_path: Path) -> None:
    async with WiredHouse(tmp_path) as house:
        transaction_id = await house.charge()
        house.bench.gpio.lose("stop")
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "EmergencyStop"
        (why,) = await asyncio.to_thread(ask, tmp_path / "state", "why")
        assert "gpio/stop cannot be read" in why["first"]["detail"]
        house.set("stop", 0)
        await house.status("Occupied")


async def test_lights_show_what_goes_on(tmp_path: Path) -> None:
    async with WiredHouse(tmp_path) as house:
        lights = house.bench.leds

        async def lit(*names: str) -> None:
            await until(lambda: lights.lit == set(names), f"light {names}")

        await lit("green")
        house.plug()
        await lit()
        await lit("green")
        house.swipe()
        await lit("blue")
        await lit()
        await house.power()
        await asyncio.sleep(1)
        for _ in range(20):
            await asyncio.sleep(0.3)
            assert lights.lit == {"blue"}, "steady while it charges"
        house.set("stop", 1)
        await lit("red")
        await house.stop()
        assert lights.lit == frozenset()


async def test_lights_that_fail_stop_nobody(tmp_path: Path) -> None:
    async with WiredHouse(tmp_path, settings=SETTINGS + WIRES.replace("{folder}/leds", "{folder}/none")) as house:
        transaction_id = await house.charge()
        house.swipe()
        assert is_whole(await house.finished(transaction_id))


DOE = """
[[output]]
chip = "{folder}/gpio"
line = "doe"
meaning = "doe"
evse = 1
"""


async def test_an_own_doe_line_closes_and_opens_the_contactor(tmp_path: Path) -> None:
    plain = bench(tmp_path)
    wired = replace(plain, evses=(replace(plain.evses[0], doe="doe"),))
    async with WiredHouse(tmp_path, settings=SETTINGS + WIRES + DOE, bench=wired) as house:
        assert house.bench.gpio.get("doe") == 0
        transaction_id = await house.charge()
        assert house.bench.gpio.get("doe") == 1
        house.swipe()
        assert is_whole(await house.finished(transaction_id))
        assert house.bench.gpio.get("doe") == 0
        assert not house.contactor_closed
