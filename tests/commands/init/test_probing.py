"""Who answers on a line: at benches with all kinds of devices on them."""

from dataclasses import replace
from pathlib import Path

import pytest

from simulators.bench.bench import Bench
from simulators.bench.place import TcpPlace
from simulators.bench.settings import Settings, plain
from station.commands.init.probing import Found, Speed, look, look_at_all
from station.hardware.drivers import BUILT_IN, Role

SERIAL = "001BZR1521070001"


def short(found: tuple[Found, ...]) -> list[tuple[str, int]]:
    return [(device.type, device.unit) for device in found]


async def test_a_meter_and_a_controller_are_found_and_not_changed(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path)) as bench:
        before = bench.state()["evses"]
        meter, controller = await look_at_all([str(tmp_path / "meter1"), str(tmp_path / "controller1")])
        assert bench.state()["evses"] == before
    assert short(meter.found) == [("bsm-ws36a", 42)]
    assert meter.found[0].identity is not None
    assert meter.found[0].identity.serial == SERIAL
    assert meter.found[0].told.endswith(f"serial {SERIAL}")
    assert meter.found[0].speed == Speed(19200, "N")  # a pseudo terminal takes no parity
    assert short(controller.found) == [("phoenix-ev-cc", 1)]
    assert controller.found[0].told.startswith("Phoenix Contact EV-CC")


async def test_units_that_follow_each_other_are_found_until_one_is_silent(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path, evses=3, evses_per_line=3)):
        meters, controllers = await look_at_all([str(tmp_path / "meter1"), str(tmp_path / "controller1")])
    assert short(meters.found) == [("bsm-ws36a", 42), ("bsm-ws36a", 43), ("bsm-ws36a", 44)]
    assert short(controllers.found) == [("phoenix-ev-cc", 1), ("phoenix-ev-cc", 2), ("phoenix-ev-cc", 3)]


def with_units(settings: Settings, *, meter: int, controller: int) -> Settings:
    evse = settings.evses[0]
    moved = replace(
        evse,
        meter=replace(evse.meter, unit=meter),
        controller=replace(evse.controller, unit=controller, port=evse.meter.port),
    )
    return replace(settings, evses=(moved,))


async def test_units_can_be_named_and_devices_may_share_a_line(tmp_path: Path) -> None:
    async with Bench(with_units(plain(tmp_path), meter=7, controller=9)):
        port = str(tmp_path / "meter1")
        assert (await look(port)).found == ()
        found = (await look(port, meter_units=(6, 7), controller_units=(8, 9))).found
    assert short(found) == [("bsm-ws36a", 7), ("phoenix-ev-cc", 9)]


async def test_who_is_known_is_not_asked_again(tmp_path: Path) -> None:
    asked = []
    for unit in (9, 7):
        async with Bench(with_units(plain(tmp_path), meter=7, controller=8)) as bench:
            await look(str(tmp_path / "meter1"), meter_units=(7,), controller_units=(unit,))
            (line,) = bench.state()["lines"]
            asked.append(next(device["requests"] for device in line["devices"] if device["unit"] == 7))
    assert asked[0] == asked[1]


async def test_a_port_where_nobody_answers_is_just_silent(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path)) as bench:
        looked = await look(str(tmp_path / "reader1"))
        bench.evse(1).fault("meter_silent", on=True)
        silent = await look(str(tmp_path / "meter1"))
    assert (looked.found, looked.problem) == ((), "")
    assert (silent.found, silent.problem) == ((), "")


async def test_a_port_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    missing, file = await look_at_all([str(tmp_path / "none"), str(tmp_path / "file")])
    assert "does not exist" in missing.problem
    assert "is no serial port" in file.problem


async def test_devices_behind_a_gateway_are_found(tmp_path: Path) -> None:
    settings = plain(tmp_path)
    evse = settings.evses[0]
    place = TcpPlace("tcp", "127.0.0.1", 0)
    moved = replace(evse, meter=replace(evse.meter, port=place), controller=replace(evse.controller, port=place))
    async with Bench(replace(settings, evses=(moved,))) as bench:
        found = (await look(bench.evse(1).meter.path)).found
    assert short(found) == [("bsm-ws36a", 42), ("phoenix-ev-cc", 1)]


KINDS = {
    "phoenix-ev-cc": ("controller1", 1, "Phoenix Contact EV-CC-AC1"),
    "evse-wb": ("controller1", 1, "EVSE-WB, firmware"),
    "phoenix-em-cp-pp-eth": (TcpPlace("tcp", "127.0.0.1", 0), 180, "Phoenix Contact EM-CP-PP-ETH"),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_controller_is_told_from_the_others(tmp_path: Path, kind: str) -> None:
    place, unit, told = KINDS[kind]
    settings = plain(tmp_path)
    evse = settings.evses[0]
    port = tmp_path / place if isinstance(place, str) else place
    controller = replace(evse.controller, type=kind, port=port, unit=unit)
    fixed = replace(evse, controller=controller, cable="fixed")
    async with Bench(replace(settings, evses=(fixed,))) as bench:
        before = bench.state()["evses"]
        (found,) = (await look(bench.evse(1).controller.path)).found
        assert bench.state()["evses"] == before
    assert (found.type, found.unit) == (kind, unit)
    assert found.told.startswith(told)


def test_every_controller_that_is_built_in_can_be_found() -> None:
    assert set(KINDS) == set(BUILT_IN[Role.CHARGE_CONTROLLER])
