"""`station demo`: what a newcomer sees first has to work."""

import asyncio
import os
import re
import signal
import socket
import sys
from pathlib import Path

import pytest

from station.cli import main
from station.commands.demo_parts import DemoError, Parts, get, post

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(150)]


async def test_the_demo_tells_a_session_and_ends_well(tmp_path: Path) -> None:
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "station", "demo", "--folder", str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await demo.communicate()
    text = output.decode()
    assert demo.returncode == 0, text
    story = ["booted", "plugged", "card shown", "started", "signed start", "charging", "card again", "signed end"]
    places = [text.index(f" s  {word}") for word in story] + [text.index("receipt")]
    assert places == sorted(places)
    assert text.count("signature VALID") == 2
    assert text.count("OCMF|{") == 2
    assert main(["ocmf", "verify", str(tmp_path / "receipt-1.xml")]) == 0


async def test_a_demo_that_is_broken_off_ends_the_session_and_the_next_tells_its_own(tmp_path: Path) -> None:
    demo = await started(tmp_path)
    assert demo.stdout is not None
    while b"charging" not in await demo.stdout.readline():
        pass
    os.killpg(demo.pid, signal.SIGINT)  # as a terminal does
    await demo.wait()
    log = (tmp_path / "station.log").read_text()
    assert "transaction_ended" in log
    assert "[error" not in log
    demo = await started(tmp_path)
    output, _ = await demo.communicate()
    assert demo.returncode == 0, output.decode()


async def started(folder: Path) -> asyncio.subprocess.Process:
    """Return a demo in a process group of its own, as a shell makes it."""
    arguments = (sys.executable, "-m", "station", "demo", "--folder", str(folder))
    return await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE, process_group=0)


@pytest.mark.parametrize("profile", [2, 3])
async def test_the_demo_leads_the_station_to_tls_before_the_session(tmp_path: Path, profile: int) -> None:
    arguments = ("--security", str(profile), "--folder", str(tmp_path))
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "station", "demo", *arguments, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await demo.communicate()
    text = output.decode()
    assert demo.returncode == 0, text
    story = ["root installed", "slot written", "booted again", "TLSv1.3", f"SecurityProfile {profile}", "signed end"]
    places = [text.index(word) for word in story]
    assert places == sorted(places)
    assert ("client certificate" in text) is (profile == 3)
    assert text.count("signature VALID") == 2


async def test_a_demo_that_stays_up_can_be_played_with(tmp_path: Path) -> None:
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "station", "demo", "--keep", "--folder", str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert demo.stdout is not None
    try:
        lines = []
        while not lines or "logs" not in lines[-1]:
            line = (await demo.stdout.readline()).decode()
            assert line, lines
            lines.append(line)
        text = "".join(lines)
        (bench,) = set(re.findall(r"(http://\S+?)/evses/1/plug", text))
        (csms,) = set(re.findall(r"(http://\S+?)/stations/DEMO-1/calls", text))
        await asyncio.to_thread(post, f"{bench}/evses/1/plug", side="both")
        answer = await asyncio.to_thread(
            post,
            f"{csms}/stations/DEMO-1/calls",
            action="RequestStartTransaction",
            payload={"evseId": 1, "remoteStartId": 1, "idToken": {"idToken": "APP-1", "type": "Central"}},
        )
        assert answer["result"]["status"] == "Accepted"
        while True:
            state = await asyncio.to_thread(get, f"{bench}/state")
            if state["evses"][0]["power_w"] > 0:
                break
            await asyncio.sleep(0.1)
    finally:
        demo.send_signal(signal.SIGINT)
        await demo.wait()
    assert demo.returncode == 0


def test_a_part_that_finds_its_port_taken_takes_another(tmp_path: Path) -> None:
    with socket.socket() as taken, Parts(tmp_path) as parts:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        csms = parts.start("csms", "simulators.mock_csms.cli", "run", "--api-port", "0", "--port", str(port))
        ready = parts.ready(csms, "--port", "0")
        assert str(port) not in ready["ocpp"]
        with pytest.raises(DemoError, match="did not start"):
            parts.ready(parts.start("nothing", "simulators.mock_csms.cli", "run", "--port", "x"), "--port", "y")


def test_a_demo_without_its_settings_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from station.commands import demo_stage

    monkeypatch.setattr(demo_stage, "__file__", str(tmp_path / "a" / "b" / "demo_stage.py"))
    assert main(["demo", "--folder", str(tmp_path)]) == 3
