"""`station meter read`: live values, at a bench and at a meter whose values are known."""

import json
from pathlib import Path

import pytest

from station.commands.meter.read import show
from station.core.powermeter import Powermeter, from_json
from station.errors import WrongMeterError
from tests.commands.meter.laptop import SERIAL, at_bench, at_fake


async def test_live_values_are_shown_with_units_and_age(tmp_path: Path) -> None:
    async with at_bench(tmp_path) as (_, laptop):
        assert await show(laptop.connection, out=laptop.out) == 0
    head, _, columns, *rows = laptop.out.getvalue().splitlines()
    assert head.startswith(f"meter {SERIAL}, 2026-12-01 12:0")
    assert head.endswith("0.0 s old")
    assert columns.split() == ["total", "L1", "L2", "L3"]
    assert rows[0].split() == ["energy", "12.34", "kWh"]
    assert [row.split()[0] for row in rows] == [
        *("energy", "power", "reactive", "voltage", "current", "power", "frequency"),
    ]


async def test_values_stand_in_the_column_of_their_phase() -> None:
    with at_fake() as (_, laptop):
        await show(laptop.connection, out=laptop.out)
    rows = {line[:16].strip(): line for line in laptop.out.getvalue().splitlines()}
    ends = [rows[""].index(head) + len(head) for head in ("total", "L1", "L2", "L3")]
    assert [rows["voltage"][:end].split()[-1] for end in ends[1:]] == ["230.1", "230.2", "230.3"]
    assert rows["voltage"][16 : ends[0]].strip() == ""
    assert rows["power"].split() == ["power", "11040", "3680", "3690", "3670", "W"]
    assert rows["current"].split() == ["current", "48.00", "16.00", "16.01", "15.99", "A"]
    assert rows["power factor"].split() == ["power", "factor", "1.00", "1.00", "-1.00"]
    assert rows["frequency"].split() == ["frequency", "50.0", "Hz"]
    assert rows["energy"].split() == ["energy", "123.45", "kWh"]


async def test_json_is_the_data_set_that_others_read() -> None:
    with at_fake() as (_, laptop):
        await show(laptop.connection, out=laptop.out, as_json=True)
        expected = await laptop.connection.meter.read()
    data = json.loads(laptop.out.getvalue())
    reading = from_json(Powermeter, data)
    assert data["power_W"] == {"total": 11040.0, "L1": 3680.0, "L2": 3690.0, "L3": 3670.0}
    assert reading.meter_id == "001BZR1521070006"
    assert reading.current_a == expected.current_a


async def test_another_devices_registers_are_not_shown_as_values() -> None:
    with at_fake() as (device, laptop):
        device.put("cb", "Mn", "Somebody Else")
        with pytest.raises(WrongMeterError, match="Somebody Else"):
            await show(laptop.connection, out=laptop.out)
    assert laptop.told == ""
