"""Two outlets, and everything on one serial line: they charge side by side, and nobody waits long for the pilot."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.bench.settings import Settings, plain
from tests.flows.house import CARD, OTHER_CARD, SETTINGS, House, until

HEAD, REST = SETTINGS.split("[[line]]", 1)
TAIL = REST[REST.index("[variables]") :]
LAYOUT = (
    HEAD
    + """
[[line]]
name = "all"
port = "{folder}/all"
parity = "none"
"""
    + "".join(
        f"""
[[evse]]
id = {number}
evse_id = "DE*ABC*E{number}"
max_current_a = 16
connector = "sType2"
[evse.meter]
type = "bsm-ws36a"
line = "all"
unit = {41 + number}
[evse.controller]
type = "phoenix-ev-cc"
line = "all"
unit = {number}
[[reader]]
name = "reader {number}"
type = "serial-line"
port = "{{folder}}/reader{number}"
evses = [{number}]
"""
        for number in (1, 2)
    )
    + TAIL
)


def on_one_line(folder: Path, *, busy: str) -> Settings:
    settings = plain(folder, evses=2, readers=2, energy_scale=60)
    line = {"port": folder / "all", "pacing": True}
    return replace(
        settings,
        evses=tuple(
            replace(
                evse,
                meter=replace(evse.meter, unit=42 + at, busy=busy, **line),
                controller=replace(evse.controller, unit=1 + at, **line),
            )
            for at, evse in enumerate(settings.evses)
        ),
    )


@pytest.mark.parametrize("busy", ["answer", "hold"])
async def test_two_drivers_charge_side_by_side(tmp_path: Path, busy: str) -> None:
    async with House(tmp_path, settings=LAYOUT, bench=on_one_line(tmp_path, busy=busy)) as house:
        cards = {1: CARD, 2: OTHER_CARD}
        await until(lambda: house.seen.connectors == {(1, 1): "Available", (2, 1): "Available"}, "both connectors")
        for number, card in cards.items():
            house.bench.evse(number).plug()
            house.bench.reader(number).swipe(card)
        await until(lambda: all(evse["power_w"] > 0 for evse in house.bench.state()["evses"]), "power for both")
        assert house.seen.faults == {}
        await asyncio.sleep(20)
        for number, card in cards.items():
            house.bench.reader(number).swipe(card)
        await until(lambda: sum(receipt.ended_at is not None for receipt in house.receipts()) == 2, "both ends")
        await until(lambda: house.transactions_whole() == [True, True], "both in the CSMS")
        assert {receipt.records[0].meter_serial for receipt in house.receipts()} == {
            house.bench.evse(number).meter.serial for number in cards
        }
        assert house.seen.faults == {}
