"""Everything together: a station that is well, at a bench and with a CSMS, and one of which nothing is there."""

from dataclasses import replace
from pathlib import Path

import pytest

from simulators.bench.bench import Bench
from simulators.bench.settings import plain
from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings as CsmsSettings
from station.clock import SystemClock
from station.commands.doctor.daemon import Told
from station.commands.doctor.examination import examine
from station.commands.doctor.findings import ALL_OK, SOME_FAILED, Result, exit_code
from tests.commands.doctor.place import PASSWORD, all_of, bad, case, named

GROUPS = ["station", "computer", "settings", "ports", "readers", "meter", "controller", "database", "certificates"]


async def test_a_station_that_is_well_is_told_to_be(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path)), MockCsms(CsmsSettings(password=PASSWORD)) as csms:
        findings = await all_of(examine(case(tmp_path, url=csms.url, clock=SystemClock(trusted=True))))
    assert bad(findings) == {}
    assert exit_code(findings) == ALL_OK
    assert list(dict.fromkeys(finding.group for finding in findings)) == [*GROUPS, "csms", "web"]
    assert [finding.name for finding in findings if finding.result is Result.SKIPPED] == ["process"]


async def test_where_nothing_is_there_everything_is_looked_at_all_the_same(tmp_path: Path) -> None:
    findings = await all_of(examine(case(tmp_path)))
    assert exit_code(findings) == SOME_FAILED
    assert list(dict.fromkeys(finding.group for finding in findings)) == [*GROUPS, "csms", "web"]
    assert named(findings, "EVSE 1", "meter").found == f"{tmp_path}/meter1 cannot be used, see ports"
    assert all(finding.remedy for finding in findings if finding.result in (Result.WARNING, Result.FAILURE))


async def test_without_leave_the_network_is_not_touched(tmp_path: Path) -> None:
    async with MockCsms(CsmsSettings(password=PASSWORD)) as csms:
        looked_at = replace(case(tmp_path, url=csms.url), with_csms=False)
        findings = await all_of(examine(looked_at))
        assert csms.stations == {}
    assert [finding.result for finding in findings if finding.group == "csms"] == [Result.SKIPPED]


async def test_beside_a_station_that_runs_no_port_is_touched(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path)) as bench:
        told = Told({"meters": [], "lines": []})
        findings = await all_of(examine(replace(case(tmp_path, told=told, runs=True), with_csms=False)))
        assert [line["requests"] for line in bench.state()["lines"]] == [0, 0]
    assert named(findings, "line meters").found == f"{tmp_path}/meter1, in use by the station"
    assert "controller" not in {finding.group for finding in findings}


@pytest.mark.parametrize("fault", ["meter_silent", "controller_silent"])
async def test_one_that_is_broken_does_not_hide_the_others(tmp_path: Path, fault: str) -> None:
    async with Bench(plain(tmp_path)) as bench:
        bench.evse(1).fault(fault, on=True)
        findings = await all_of(examine(replace(case(tmp_path), with_csms=False)))
    (broken,) = bad(findings)
    assert broken == f"{fault.partition('_')[0]}, EVSE 1"
