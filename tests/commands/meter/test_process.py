"""`station meter` as a process at a bench that is another process, as a person has both."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from station.commands.demo_parts import get
from station.meter.evidence.verdict import examine

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(90)]

BENCH = """
[bench]
folder = "."
port = 0
time_scale = {time_scale}
[[evse]]
id = 1
[evse.meter]
port = "meter1"
serial = "001BZR1521070101"
[evse.controller]
port = "controller1"
"""

Json = dict[str, Any]


@contextlib.asynccontextmanager
async def bench(folder: Path, *, time_scale: float = 0.05) -> AsyncIterator[Json]:
    """Run a bench and return what it says when it is ready."""
    (folder / "bench.toml").write_text(BENCH.format(time_scale=time_scale))
    run = [sys.executable, "-m", "simulators.bench.cli", "run", "--config", str(folder / "bench.toml")]
    with (folder / "bench.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*run, stdout=asyncio.subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        yield json.loads(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


async def start(ready: Json, action: str, *more: str) -> asyncio.subprocess.Process:
    """Begin a command at the bench's meter."""
    where = ["--port", ready["evses"][0]["meter"], "--parity", "none"]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "station", "meter", action, *where, *more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def result(process: asyncio.subprocess.Process) -> tuple[int, bytes, str]:
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out, err.decode()


async def output_on(ready: Json) -> bool:
    state = await asyncio.to_thread(get, f"{ready['url']}/state")
    return bool(state["evses"][0]["meter"]["output_on"])


async def test_a_person_gets_to_know_a_meter(tmp_path: Path) -> None:
    async with bench(tmp_path) as ready:
        code, out, err = await result(await start(ready, "identify", "--json"))
        assert (code, err) == (0, "")
        assert json.loads(out)["public_key"] == ready["evses"][0]["meter_public_key"]
        code, out, _ = await result(await start(ready, "snapshot"))
        verdict = examine(out, bytes.fromhex(ready["evses"][0]["meter_public_key"]))
        assert (code, verdict.valid) == (2, True)  # its clock was not set
        code, out, _ = await result(await start(ready, "set-time", "--force", "--timezone", "Asia/Tokyo"))
        assert (code, b"+09:00, right by this computer's clock" in out) == (0, True)
        code, out, err = await result(await start(ready, "snapshot", "turn-on", "--switch", "--meta1", "Anna"))
        assert (code, b'"ID":"Anna"' in out) == (0, True), err
        assert await output_on(ready)


async def test_ctrl_c_ends_a_watch_well_and_line_by_line_it_is_complete(tmp_path: Path) -> None:
    async with bench(tmp_path) as ready:
        process = await start(ready, "watch", "--interval", "0.2")
        assert process.stdout is not None
        lines = [await process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        code, _, err = await result(process)
    assert (code, err) == (0, "")
    assert all(b"kWh" in line and line.endswith(b"\n") for line in lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_turn_on_that_is_ended_leaves_the_output_off_however_often_that_is_said(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with bench(tmp_path, time_scale=0.2) as ready:
        process = await start(ready, "snapshot", "turn-on", "--switch")
        assert process.stderr is not None
        assert b"turn-on snapshot" in await process.stderr.readline()
        await asyncio.sleep(0.5)  # the meter is in the midst of it
        for _ in range(3):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            await asyncio.sleep(0.1)
        code, out, err = await result(process)
        assert (code, out) == (128 + number, b"")
        assert "interrupted" in err
        assert "Traceback" not in err
        await asyncio.sleep(2)  # as long as a turn-on takes here: nothing is to come after it
        assert not await output_on(ready)


async def test_a_reader_that_goes_away_is_no_crash(tmp_path: Path) -> None:
    async with bench(tmp_path) as ready:
        where = f"--port {ready['evses'][0]['meter']} --parity none"
        shell = await asyncio.create_subprocess_shell(
            f"{sys.executable} -m station meter dump --raw {where} | head -n 1",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, out, err = await result(shell)
    assert out == b"40000: 5375 6e53 0001 0042 4241 5545 5220 456c\n"
    assert "Traceback" not in err
