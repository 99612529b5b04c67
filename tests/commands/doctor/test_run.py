"""`station doctor` as a person or a program calls it."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from simulators.bench.bench import Bench
from simulators.bench.settings import plain
from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings as CsmsSettings
from station.cli import MISUSED, UNUSABLE, main
from tests.commands.doctor.place import IDENTITY, PASSWORD, settings


def test_settings_that_cannot_be_used_are_a_failure_that_names_every_mistake(tmp_path: Path, capsys: Any) -> None:
    file = settings(tmp_path).path
    file.write_text(file.read_text().replace("max_current_a = 16", "max_current_a = 99").replace("[csms]", "[cmss]"))
    assert main(["doctor", "--config", str(file)]) == 1
    told = capsys.readouterr().out
    assert f"{file}: evse[1].max_current_a: 99 is out of range" in told
    assert "cmss" in told


def test_a_file_that_is_not_there_is_a_failure(tmp_path: Path, capsys: Any) -> None:
    assert main(["doctor", "--config", str(tmp_path / "none.toml"), "--json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert (finding["group"], finding["result"]) == ("settings", "failure")


def test_a_user_that_there_is_not_cannot_be_asked_for(tmp_path: Path, capsys: Any) -> None:
    file = settings(tmp_path).path
    assert main(["doctor", "--config", str(file), "--no-csms", "--user", "nobody-has-this-name"]) == UNUSABLE
    assert "no user nobody-has-this-name" in capsys.readouterr().err


def test_a_wrong_command_line_is_no_answer(capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--everything"])
    assert ended.value.code == MISUSED
    assert "--everything" in capsys.readouterr().err


async def doctor(file: Path, *more: str) -> tuple[int, str, str]:
    """Run it as a process of its own, as its loop needs one."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "station", "doctor", "--config", str(file), *more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.mark.realtime
async def test_the_exit_code_says_how_it_stands(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path)) as bench, MockCsms(CsmsSettings(password=PASSWORD)) as csms:
        file = settings(tmp_path, url=csms.url).path
        code, out, err = await doctor(file)
        assert (code, err) == (0, ""), out
        assert out.splitlines()[-1].startswith("all is well: ")
        file.chmod(0o644)
        code, out, _ = await doctor(file)
        assert code == 2
        assert f"WARNING settings, password: {file} holds the password" in out
        bench.evse(1).fault("meter_event_bits", on=True)
        code, out, _ = await doctor(file, "--json", "--no-csms")
        assert code == 1
    findings = {(finding["group"], finding["name"]): finding for finding in json.loads(out)}
    assert findings["meter", "EVSE 1 error bits"]["result"] == "failure"
    assert findings["csms", "way"]["result"] == "skipped"
    assert PASSWORD not in out


@pytest.mark.realtime
@pytest.mark.timeout(90)
async def test_beside_the_running_station_it_asks_that(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path, time_scale=0.05)), MockCsms(CsmsSettings(password=PASSWORD)) as csms:
        file = settings(tmp_path, url=csms.url).path
        with (tmp_path / "log").open("wb") as log:
            station = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "station", "run", "--config", str(file)), stderr=log
            )
        seen = csms.station(IDENTITY)
        async with asyncio.timeout(30):
            while seen.connectors.get((1, 1)) != "Available":
                await asyncio.sleep(0.1)
        boots, connections = len(seen.received("BootNotification")), seen.connections
        code, out, err = await doctor(file, "--json")
        assert (len(seen.received("BootNotification")), seen.connections) == (boots, connections)
        station.send_signal(signal.SIGTERM)
        await station.wait()
    assert (code, err) == (0, ""), out
    findings = {(finding["group"], finding["name"]): finding for finding in json.loads(out)}
    assert findings["station", "process"]["found"].startswith("runs since")
    assert findings["ports", "line meters"]["found"].endswith("in use by the station")
    assert "serial 001BZR1521070001" in findings["meter", "EVSE 1"]["found"]
    assert findings["outlets", "EVSE 1"]["found"] == "nothing is wrong with its hardware"
    assert findings["csms", "websocket"]["found"] == "connected and accepted, slot 1"
    assert findings["database", "file"]["result"] == "ok"
