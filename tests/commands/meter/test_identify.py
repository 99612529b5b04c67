"""`station meter identify`, at a bench and at meters with something wrong."""

import json
from datetime import timedelta
from pathlib import Path

from station.commands.meter.identify import fingerprint, show
from tests.commands.meter.laptop import SERIAL, at_bench, at_fake


async def test_a_meter_says_who_it_is_and_how_it_stands(tmp_path: Path) -> None:
    async with at_bench(tmp_path) as (_, laptop):
        assert await show(laptop.connection, out=laptop.out) == 0
        key = (await laptop.connection.meter.identify()).public_key
    for part in (
        f"BAUER Electronic BSM-WS36A-H01-1311-0000, serial {SERIAL}",
        "1.9:32CA:AFF4 / 01d484f",
        "on the list of certified ones",
        "nothing reported against it",
        f"SHA-256 {fingerprint(key)}",
        "unit 42, 19200 baud",
        "clock not set since power-up",
        "0 signed so far (RCnt)",
        "output off (DO 0)",
        "contactor open (DI 1)",
    ):
        assert part in laptop.told


async def test_a_set_clock_is_compared_with_this_computers() -> None:
    with at_fake() as (device, laptop):
        late = laptop.clock.now() - timedelta(minutes=5)
        device.set_clock(int(late.timestamp()), 60)
        await show(laptop.connection, out=laptop.out)
    assert "2026-12-01 12:55:00+01:00, 5.0 minutes behind this computer's clock" in laptop.told
    assert "settings so far: 7 (EpochSetCnt), the last at operating second 900" in laptop.told


async def test_what_the_meter_has_against_itself_is_said_in_words() -> None:
    with at_fake() as (device, laptop):
        device.put("tpm", "Evt", 1 << 16 | 1 << 19)
        device.put("bsm", "ErrM", "00000001")
        device.put("bsm", "VrC", "f1d3d06")
        await show(laptop.connection, out=laptop.out)
    assert "NOT FIT: it reports: fatal error of the meter module, development mode" in laptop.told
    assert "error code 00000001" in laptop.told
    assert "warning Its firmware" in laptop.told
    assert "is not on the list of certified ones" in laptop.told
    assert "on the list of certified ones\nbilling" not in laptop.out.getvalue()


async def test_the_digital_lines_are_told_as_what_they_mean() -> None:
    with at_fake() as (device, laptop):
        device.put("bsm", "DO", 1)
        device.put("bsm", "DI", 0)
        await show(laptop.connection, out=laptop.out)
    assert "output on: it demands the contactor to be closed (DO 1)" in laptop.told
    assert "contactor closed, or its feedback is not wired (DI 0)" in laptop.told


async def test_the_key_is_compared_with_the_one_in_the_settings() -> None:
    with at_fake() as (device, laptop):
        await show(laptop.with_place(public_key=device.public_key), out=laptop.out)
        assert "as in the settings" in laptop.told
        await show(laptop.with_place(public_key=b"another"), out=laptop.out)
        assert "NOT the one in the settings: the station would refuse this meter" in laptop.told


async def test_a_text_of_the_meter_commands_no_terminal() -> None:
    with at_fake() as (device, laptop):
        device.put("bsm", "VrC", "\x1b[2Jevil")
        await show(laptop.connection, out=laptop.out)
    assert "\x1b" not in laptop.out.getvalue()
    assert "\\x1b[2Jevil" in laptop.told


async def test_programs_get_everything_as_json() -> None:
    with at_fake() as (device, laptop):
        device.set_clock(int(laptop.clock.now().timestamp()), 60)
        device.put("tpm", "Evt", 1 << 17)
        assert await show(laptop.connection, out=laptop.out, as_json=True) == 0
    told = json.loads(laptop.out.getvalue())
    assert told["serial"] == "001BZR1521070006"
    assert told["certified"] is True
    assert told["public_key"] == device.public_key.hex()
    assert told["unfit"] == "it reports: the communication module failed to start"
    assert told["events"] == 1 << 17
    assert told["clock"] == {
        "time": "2026-12-01T12:00:00Z",
        "offset_min": 60,
        "this_computer": told["clock"]["this_computer"],
        "settings": 7,
        "set_at_operating_second": 900,
    }
    assert (told["records"], told["operating_s"], told["session_energy_wh"]) == (100, 1000, 1230.0)
    assert (told["output_on"], told["contactor_open"]) == (False, True)
