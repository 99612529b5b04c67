"""`station-bench` as a process, and its client."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulators.bench.client import default_url

SETTINGS = """
[bench]
folder = "ports"
time_scale = 0.05
[[evse]]
id = 1
bay = "bay1"
[evse.meter]
port = "meter1"
serial = "001BZR1521070101"
[evse.controller]
port = "controller1"
[[reader]]
id = 1
port = "reader1"
[[reader]]
id = 2
port = "reader2"
type = "keypad"
[[reader]]
id = 3
port = "reader3"
type = "button"
[[reader]]
id = 4
port = "reader4"
type = "pn532"
[gpio]
folder = "gpio"
inputs = ["stop"]
"""
COMMAND = [sys.executable, "-m", "simulators.bench.cli"]


@contextmanager
def running(folder: Path, *arguments: str, settings: str = SETTINGS) -> Iterator["subprocess.Popen[str]"]:
    config = folder / "bench.toml"
    config.write_text(settings, "utf-8")
    command = [*COMMAND, "run", "--config", str(config), "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ready(process: "subprocess.Popen[str]") -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def client(url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"STATION_BENCH_URL": url, "http_proxy": "http://127.0.0.1:9"}
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_removes_its_links(tmp_path: Path, number: int) -> None:
    with running(tmp_path) as process:
        said = ready(process)
        assert said["ready"] is True
        assert said["evses"][0]["meter"] == str(tmp_path / "ports/meter1")
        assert said["evses"][0]["bay"] == str(tmp_path / "ports/bay1")
        assert said["readers"][0] == {"id": 1, "type": "card", "path": str(tmp_path / "ports/reader1")}
        assert (tmp_path / "ports/meter1").is_symlink()
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""
    assert not list((tmp_path / "ports").iterdir())


def test_what_is_ready_tells_the_port_that_was_free(tmp_path: Path) -> None:
    there = SETTINGS.replace('"meter1"', '"tcp://127.0.0.1:0/a"').replace('"controller1"', '"rtu+tcp://localhost:0"')
    with running(tmp_path, settings=there) as process:
        (evse,) = ready(process)["evses"]
        for path, scheme in ((evse["meter"], "tcp"), (evse["controller"], "rtu+tcp")):
            url = urlsplit(path)
            assert (url.scheme, url.hostname) == (scheme, "127.0.0.1")
            with socket.create_connection((url.hostname, url.port), timeout=10):
                pass


def test_the_client_tells_a_bench_what_happens(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        url = ready(process)["url"]
        assert json.loads(client(url, "state").stdout)["evses"][0]["pilot"] == "A1"
        assert json.loads(client(url, "plug", "1").stdout)["pilot"] == "B1"
        changed = client(url, "vehicle", "1", "--no-wants-power", "--max-current-a", "20", "--phases", "1").stdout
        assert json.loads(changed)["vehicle"]["max_current_a"] == 20
        client(url, "fault", "1", "meter_exception", "on", "--code", "6")
        client(url, "fault", "1", "meter_exception", "off")
        assert json.loads(client(url, "fault", "1", "meter_late", "on", "--seconds", "2").stdout)["faults"] == [
            "meter_late"
        ]
        assert json.loads(client(url, "fault", "1", "meter_late", "off").stdout)["faults"] == []
        assert client(url, "swipe", "1", "04A2B3C4D5E680").returncode == 0
        assert client(url, "type", "2", "4711#").returncode == 0
        assert client(url, "press", "3").returncode == 0
        for command in ("place 4 04A2B3C4", "remove 4", "reader-fault 4 silent on", "input stop 1"):
            assert client(url, *command.split()).returncode == 0
        assert json.loads(client(url, "state").stdout)["gpio"]["lines"] == {"stop": 1}
        assert client(url, "input", "stop", "lost").returncode == 0
        assert json.loads(client(url, "bay", "1", "occupied").stdout)["bay"]["occupied"] is True
        assert json.loads(client(url, "bay", "1", "left").stdout)["bay"]["occupied"] is False
        assert client(url, "cut", "1", "on").returncode == 0
        assert json.loads(client(url, "state").stdout)["lines"][0]["cut"] is True
        assert json.loads(client(url, "unplug", "1", "--side", "vehicle").stdout)["plugged"]["station"] is True
        refused = client(url, "fault", "1", "gremlins", "on")
        assert refused.returncode == 1
        assert "one of meter_silent" in refused.stderr


def test_a_ready_file_takes_the_place_of_the_line(tmp_path: Path) -> None:
    with running(tmp_path, "--ready-file", str(tmp_path / "ready.json")) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("The bench listens at http://127.0.0.1:")
        assert json.loads((tmp_path / "ready.json").read_text("utf-8"))["url"].startswith("http://127.0.0.1:")


def test_wrong_settings_are_told_in_one_line(tmp_path: Path) -> None:
    config = tmp_path / "bench.toml"
    config.write_text(SETTINGS.replace("id = 1", "id = 1\ncolour = 1", 1), "utf-8")
    done = client("", "run", "--config", str(config))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"{config}: evse[1].colour is unknown, allowed are id" in done.stderr


def test_where_no_bench_answers_the_remedy_is_told() -> None:
    done = client("http://127.0.0.1:9", "state")
    assert done.returncode == 1
    assert "start one with `station-bench run`" in done.stderr


def test_the_client_finds_the_port_in_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATION_BENCH_URL", raising=False)
    config = tmp_path / "bench.toml"
    assert default_url(config) == "http://127.0.0.1:8490"
    config.write_text('[bench]\nhost = "::1"\nport = 1234\n', "utf-8")
    assert default_url(config) == "http://[::1]:1234"
    monkeypatch.setenv("STATION_BENCH_URL", "http://localhost:5")
    assert default_url(config) == "http://localhost:5"


def test_without_aiohttp_the_remedy_is_told(tmp_path: Path) -> None:
    (tmp_path / "aiohttp.py").write_text("raise ImportError(name='aiohttp')", "utf-8")
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"}
    done = subprocess.run([*COMMAND, "run"], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 1
    assert "pip install 'bsm-station[simulators]'" in done.stderr


def test_the_client_imports_nothing_heavy() -> None:
    code = "import sys, simulators.bench.cli, simulators.bench.client; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"aiohttp", "structlog", "cryptography", "asyncio"} & set(loaded)
