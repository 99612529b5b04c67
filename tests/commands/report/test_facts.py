"""What a report gathers: from meters that answer, from a station that runs, from memory."""

from dataclasses import replace
from pathlib import Path

import pytest

from simulators.bench.bench import Bench
from simulators.bench.settings import plain
from station.commands.doctor.daemon import Told
from station.commands.report.facts import gather, page_of
from station.settings import WebSettings
from station.storage.database import Database
from station.storage.meters import Meters
from tests.commands.doctor.place import IDENTITY, PASSWORD, case
from tests.fakes_clock import START, FakeClock


async def test_a_meter_is_asked_who_it_is(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path)) as bench:
        report = await gather(case(tmp_path), (), made_by="Ada")
        key = bench.evse(1).meter.public_key.hex()
    (outlet,) = report.outlets
    assert outlet.meter is not None
    assert (outlet.meter.serial, outlet.meter.public_key) == ("001BZR1521070001", key)
    assert outlet.meter.certified
    assert len(outlet.meter.firmware_hash) == 64
    assert (report.identity, report.made_by, report.made_at.date()) == (IDENTITY, "Ada", START.date())
    assert PASSWORD not in str(report)


async def test_a_meter_that_is_silent_is_remembered(tmp_path: Path) -> None:
    looked_at = case(tmp_path)
    assert (await gather(looked_at, (), made_by="")).outlets[0].meter is None
    with Database.open(looked_at.state_dir, FakeClock()) as database:
        Meters(database).remember(1, "S1", b"\x01\x02", START)
    meter = (await gather(looked_at, (), made_by="")).outlets[0].meter
    assert meter is not None
    assert (meter.serial, meter.public_key, meter.certified) == ("S1", "0102", False)


async def test_beside_a_station_no_port_is_touched(tmp_path: Path) -> None:
    told = {
        "evse_id": 1,
        "known": True,
        "model": "BSM",
        "serial": "S2",
        "meter_firmware": "1.9",
        "communication_firmware": "abc",
        "public_key": "0304",
        "warnings": [],
        "unfit": "",
    }
    async with Bench(plain(tmp_path)) as bench:
        looked_at = replace(case(tmp_path), told=Told({"meters": [told]}), runs=True)
        (outlet,) = (await gather(looked_at, (), made_by="")).outlets
        assert [line["requests"] for line in bench.state()["lines"]] == [0, 0]
    assert outlet.meter is not None
    assert (outlet.meter.serial, outlet.meter.public_key, outlet.meter.certified) == ("S2", "0304", True)


@pytest.mark.parametrize(
    ("web", "page"),
    [
        (WebSettings(), ""),
        (WebSettings(enabled=True), ""),
        (WebSettings(enabled=True, host="192.0.2.7"), "http://192.0.2.7:8080/?evse=2"),
        (WebSettings(enabled=True, host="2001:db8::7"), "http://[2001:db8::7]:8080/?evse=2"),
        (WebSettings(enabled=True, host="0.0.0.0"), ""),
        (WebSettings(enabled=True, host="0.0.0.0", names=("a.example",)), "http://a.example:8080/?evse=2"),
        (WebSettings(enabled=True, host="::1", names=("a.example",)), "http://a.example:8080/?evse=2"),
        (WebSettings(enabled=True, host="192.0.2.7", certificate=Path("w.pem")), "https://192.0.2.7:8080/?evse=2"),
        (WebSettings(enabled=True, host="192.0.2.7", port=0), ""),
        (WebSettings(enabled=True, public_url="https://a.example/b"), "https://a.example/b/?evse=2"),
    ],
)
def test_a_page_has_an_address_if_anybody_can_know_it(web: WebSettings, page: str) -> None:
    assert page_of(web, 2) == page
