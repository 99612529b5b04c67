"""Ports: missing, shut, in use, and at the other end of a network."""

import asyncio
import errno
import os
import pty
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.bench.bench import Bench
from simulators.bench.settings import plain
from station.commands.doctor import ports
from station.commands.doctor.findings import Result
from station.commands.doctor.ports import LINES, Port
from tests.commands.doctor.place import MYSELF, SOMEBODY, case

HOLD = """
import sys
from station.serial_port import open_serial
held = open_serial(sys.argv[1], 9600)
print(flush=True)
sys.stdin.read()
"""


def line(place: object) -> Port:
    return Port(LINES, "line meters", str(place))


async def test_ports_that_are_there_and_free_are_well(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path)):
        found = [(port.name, finding) async for port, finding in ports.check(case(tmp_path))]
    assert [(name, finding.group, finding.result) for name, finding in found] == [
        ("line meters", "ports", Result.OK),
        ("line controllers", "ports", Result.OK),
        ("front", "readers", Result.OK),
    ]
    assert found[0][1].found == f"{tmp_path}/meter1 can be opened"


async def test_a_port_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    found = [finding async for _, finding in ports.check(case(tmp_path))]
    assert {finding.result for finding in found} == {Result.FAILURE}
    assert found[0].found == f"{tmp_path}/meter1 does not exist"
    assert "/dev/serial/by-id" in found[0].remedy


def test_what_is_no_serial_port_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "port").touch()
    assert "is no serial port" in ports.device(line(tmp_path / "port"), MYSELF, held=False).found


def test_a_port_that_the_user_of_the_station_may_not_open_is_a_failure() -> None:
    console = Path("/dev/console")
    if not console.exists() or stat.S_IMODE(console.stat().st_mode) & stat.S_IROTH:
        pytest.skip("there is no device here that not everybody may open")
    finding = ports.device(line(console), SOMEBODY, held=False)
    assert finding.result is Result.FAILURE
    assert "may not be opened by somebody" in finding.found
    assert "usermod -aG" in finding.remedy


def test_a_port_behind_a_door_that_is_shut_is_a_failure(tmp_path: Path) -> None:
    finding = ports.device(line(tmp_path / "port"), SOMEBODY, held=False)
    assert finding.found == f"somebody cannot reach {tmp_path}/port"


@pytest.mark.realtime
def test_a_port_that_another_process_has_is_a_failure_that_names_it() -> None:
    ends = pty.openpty()
    name = os.ttyname(ends[1])
    with subprocess.Popen([sys.executable, "-c", HOLD, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        other.stdout.readline()
        finding = ports.device(line(name), MYSELF, held=False)
        # What the station itself has is not tried.
        assert ports.device(line(name), MYSELF, held=True).result is Result.OK
        other.stdin.close()
    for end in ends:
        os.close(end)
    assert finding.result is Result.FAILURE
    assert f"(process {other.pid})" in finding.found


def test_a_port_that_somebody_else_listens_at_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = pty.openpty()
    name = os.ttyname(ends[1])
    # As if it were no pseudo terminal, whose maker has its other end open.
    monkeypatch.setattr(ports, "PSEUDO_TERMINALS", tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; held = open(sys.argv[1]); print(flush=True); sys.stdin.read()", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        other.stdout.readline()
        finding = ports.device(line(name), MYSELF, held=False)
        other.stdin.close()
    for end in ends:
        os.close(end)
    assert finding.result is Result.WARNING
    assert f"(process {other.pid}) too" in finding.found


def test_a_keyboard_is_no_serial_port_and_only_looked_at(tmp_path: Path) -> None:
    (tmp_path / "event3").touch()
    port = replace(line(tmp_path / "event3"), serial=False)
    assert ports.device(port, MYSELF, held=False).result is Result.OK


async def test_a_device_on_the_network_is_reached_or_not() -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    assert (await ports.network(line(f"tcp://127.0.0.1:{number}"))).result is Result.OK
    server.close()
    await server.wait_closed()
    # What the station itself has is not tried.
    assert (await ports.network(line(f"tcp://127.0.0.1:{number}"), held=True)).result is Result.OK
    finding = await ports.network(line(f"tcp://127.0.0.1:{number}"))
    assert finding.result is Result.FAILURE
    assert finding.found.startswith(f"tcp://127.0.0.1:{number} cannot be reached: ")
    assert os.strerror(errno.ECONNREFUSED) in finding.found
