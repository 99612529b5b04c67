"""The control API over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from simulators.bench import api
from simulators.bench.bench import Bench
from simulators.bench.errors import BenchError
from simulators.bench.faults import FAULTS
from simulators.bench.settings import plain
from tests.simulators.bench.places import allow
from tests.simulators.bench.wire import NoAnswerError, is_signed, master


class Caller:
    def __init__(self, session: ClientSession, url: str, bench: Bench) -> None:
        self.session = session
        self.url = url
        self.bench = bench

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        async with self.session.get(self.url + path, headers=headers) as answer:
            return answer.status, await answer.json()

    async def post(self, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        async with self.session.post(self.url + path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def caller(folder: Path) -> AsyncIterator[Caller]:
    settings = plain(folder, evses=2, keypads=1, buttons=1, bays=True)
    async with (
        Bench(settings) as bench,
        api.serve(bench, api.listen(settings)) as url,
        ClientSession() as session,
    ):
        yield Caller(session, url, bench)


async def test_the_state_shows_the_station_and_where_its_devices_are(tmp_path: Path) -> None:
    async with caller(tmp_path) as call:
        status, state = await call.get("/state")
        assert status == 200
        first, second = state["evses"]
        assert (first["id"], second["id"]) == (1, 2)
        assert first["plugged"] == {"station": False, "vehicle": False}
        assert (first["pilot"], first["pwm_limit_a"], first["contactor_closed"], first["locked"]) == (
            "A1",
            None,
            False,
            False,
        )
        assert (first["power_w"], first["energy_wh"], first["faults"]) == (0, 12345.678, [])
        assert first["meter"]["path"] == str(tmp_path / "meter1")
        assert first["controller"]["path"] == str(tmp_path / "controller1")
        assert [line["path"] for line in state["lines"]] == [
            str(tmp_path / name) for name in ("meter1", "controller1", "meter2", "controller2")
        ]
        assert state["readers"][:2] == [
            {"id": 1, "type": "card", "path": str(tmp_path / "reader1")},
            {"id": 2, "type": "keypad", "path": str(tmp_path / "reader2")},
        ]
        assert [line["id"] for line in state["lines"]] == [1, 2, 3, 4]
        assert first["meter"]["serial"] == "001BZR1521070001"
        assert not is_signed(b"", b"", bytes.fromhex(first["meter"]["public_key"]))


async def test_a_charge_can_be_followed(tmp_path: Path) -> None:
    async with caller(tmp_path) as call:
        async with master(str(tmp_path / "controller1"), unit=1) as controller:
            await allow(controller, amps=10)
        assert (await call.post("/evses/1/plug", {"side": "station"}))[1]["pilot"] == "A1"
        assert (await call.post("/evses/1/plug"))[1]["pilot"] == "B2"
        async with master(str(tmp_path / "meter1")) as meter:
            await meter.write(40268, 1)
        await asyncio.sleep(2)
        _, state = await call.get("/state")
        evse = state["evses"][0]
        assert (evse["pilot"], evse["pwm_limit_a"], evse["contactor_closed"]) == ("C2", 10, True)
        assert evse["power_w"] == pytest.approx(6900, abs=30)
        _, evse = await call.post("/evses/1/vehicle", {"wants_power": False, "max_current_a": 8, "phases": 1})
        assert (evse["pilot"], evse["power_w"]) == ("B2", 0)
        assert evse["vehicle"]["max_current_a"] == 8
        assert (await call.post("/evses/1/unplug", {"side": "vehicle"}))[1]["plugged"] == {
            "station": True,
            "vehicle": False,
        }
        assert state["evses"][1]["pilot"] == "A1"


async def test_a_swipe_is_taken_and_not_shown(tmp_path: Path) -> None:
    async with caller(tmp_path) as call:
        assert await call.post("/readers/1/swipe", {"uid": "04A2B3C4D5E680"}) == (200, {})
        assert "04A2B3" not in str(await call.get("/state"))


async def test_what_drivers_type_and_press_is_taken(tmp_path: Path) -> None:
    async with caller(tmp_path) as call:
        assert await call.post("/readers/2/type", {"keys": "4711#"}) == (200, {})
        assert await call.post("/readers/3/press") == (200, {})
        assert "4711" not in str(await call.get("/state"))


async def test_a_bay_is_taken_and_left(tmp_path: Path) -> None:
    async with caller(tmp_path) as call:
        for occupied in (True, False):
            status, evse = await call.post("/evses/2/bay", {"occupied": occupied})
            assert (status, evse["bay"]) == (200, {"path": str(tmp_path / "bay2"), "occupied": occupied})
        assert (await call.get("/state"))[1]["evses"][0]["plug_held"] is False


async def test_a_line_is_cut_and_mended(tmp_path: Path) -> None:
    async with caller(tmp_path) as call:
        assert await call.post("/lines/3/cut", {"on": True}) == (200, {})
        assert [line["cut"] for line in (await call.get("/state"))[1]["lines"]] == [False, False, True, False]
        async with master(str(tmp_path / "meter2")) as meter:
            with pytest.raises(NoAnswerError):
                await meter.read(40068)
        async with master(str(tmp_path / "meter1")) as meter:
            assert await meter.read(40068) == [42]
        assert await call.post("/lines/3/cut", {"on": False}) == (200, {})
        async with master(str(tmp_path / "meter2")) as meter:
            assert await meter.read(40068) == [42]


@pytest.mark.parametrize("name", FAULTS)
async def test_every_fault_goes_on_and_off_again(tmp_path: Path, name: str) -> None:
    async with caller(tmp_path) as call:
        assert (await call.post("/evses/2/faults", {"name": name, "on": True}))[1]["faults"] == [name]
        assert (await call.get("/state"))[1]["evses"][0]["faults"] == []
        status, evse = await call.post("/evses/2/faults", {"name": name, "on": False})
        assert (status, evse["faults"]) == (200, [])


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("/evses/1/faults", {"name": "gremlins", "on": True}, 400, "one of meter_silent, meter_crc"),
        ("/evses/1/faults", {"name": "meter_crc", "on": 1}, 400, "on: 1 is not allowed, true or false is"),
        ("/evses/1/faults", {"name": "meter_crc"}, 400, "on is missing, true or false is expected"),
        ("/evses/1/faults", {"name": "meter_late", "on": True, "seconds": -1}, 400, "a number from 0 to 3600"),
        ("/evses/1/faults", {"name": "meter_exception", "on": True, "code": 0}, 400, "a whole number from 1 to 11"),
        ("/evses/1/plug", {"side": "left"}, 400, "one of both, station, vehicle"),
        ("/evses/1/plug", {"colour": 1}, 400, "colour is unknown, allowed are side"),
        ("/evses/1/plug", [1], 400, "no JSON object"),
        ("/evses/1/vehicle", {"phases": 4}, 400, "a whole number from 1 to 3"),
        ("/evses/1/vehicle", {"wants_power": "yes"}, 400, "true or false"),
        ("/evses/1/vehicle", {"max_current_a": 81}, 400, "a number from 0 to 80"),
        ("/readers/1/swipe", {"uid": "xyz"}, 400, "4 to 10 bytes as hex digits"),
        ("/readers/1/swipe", {}, 400, "uid is missing"),
        ("/readers/1/type", {"keys": "1#"}, 409, "reader 1 is a card: one can only swipe a card"),
        ("/readers/2/type", {"keys": "A"}, 400, "1 to 64 of the digits, * and # are allowed"),
        ("/readers/3/press", {"keys": "1#"}, 400, "keys is unknown, allowed are none"),
        ("/evses/1/bay", {}, 400, "occupied is missing, true or false is expected"),
        ("/evses/1/bay", {"occupied": 1}, 400, "occupied: 1 is not allowed"),
        ("/lines/5/cut", {"on": True}, 404, "line 5 is unknown, there are: 1, 2, 3, 4"),
        ("/lines/1/cut", {}, 400, "on is missing"),
        ("/evses/3/plug", {}, 404, "EVSE 3 is unknown, there are: 1, 2"),
        ("/evses/one/plug", {}, 404, "'one' is no number"),
        ("/readers/9/swipe", {"uid": "04A2B3C4"}, 404, "reader 9 is unknown, there are: 1, 2, 3"),
        ("/elsewhere", {}, 404, "POST /evses/{id}/plug"),
        ("/state", {}, 405, "GET /state"),
    ],
)
async def test_an_error_says_what_is_allowed(tmp_path: Path, path: str, body: object, status: int, text: str) -> None:
    async with caller(tmp_path) as call:
        found, answer = await call.post(path, body)
        assert found == status
        assert list(answer) == ["error"]
        assert text in answer["error"]


async def test_a_body_that_is_no_json_is_refused(tmp_path: Path) -> None:
    async with caller(tmp_path) as call, call.session.post(call.url + "/evses/1/plug", data=b"{") as answer:
        assert answer.status == 400
        assert "not JSON" in (await answer.json())["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "bench.example.com"},
        {"Host": "192.0.2.1:8490"},
        {"Host": "127.0.0.1.example.com"},
        {"Origin": "http://example.com"},
        {"Origin": "null"},
    ],
)
async def test_other_names_than_loopback_are_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    async with caller(tmp_path) as call:
        for status, answer in (await call.get("/state", **headers), await call.post("/evses/1/plug", {}, **headers)):
            assert status == 403
            assert "allowed are 127.0.0.1, localhost, ::1" in answer["error"]
        assert not call.bench.evse(1).vehicle.at_station


@pytest.mark.parametrize("host", ["localhost", "localhost:8490", "127.0.0.1", "[::1]:8490"])
async def test_loopback_by_any_name_is_served(tmp_path: Path, host: str) -> None:
    async with caller(tmp_path) as call:
        assert (await call.get("/state", Host=host, Origin=f"http://{host}"))[0] == 200


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    settings = plain(tmp_path)
    with api.listen(settings) as first:
        port = first.getsockname()[1]
        with pytest.raises(BenchError, match=f"127.0.0.1:{port}: Address already in use.*--port"):
            api.listen(replace(settings, port=port))
