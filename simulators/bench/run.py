"""Running a bench as a process of its own."""

import asyncio
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from simulators.bench import api, settings_file
from simulators.bench.bench import Bench
from simulators.bench.errors import SettingsError
from simulators.bench.settings import Settings


def run(config: Path, *, port: int | None, ready_file: Path | None) -> None:
    """Run the bench of a settings file until SIGTERM or SIGINT; BenchError if it cannot be built."""
    settings = settings_file.load(config)
    if port is not None:
        if not 0 <= port <= 65535:
            raise SettingsError(f"--port: {port} is not allowed, 0 to 65535 is")
        settings = replace(settings, port=port)
    _log_to_standard_error()
    asyncio.run(_run(settings, ready_file))


async def _run(settings: Settings, ready_file: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # The socket first: a second bench on the same port must not take the links of the first.
    server = api.listen(settings)
    with server:
        async with Bench(settings) as bench, api.serve(bench, server) as url:
            _announce(bench, url, ready_file)
            await stop.wait()


def _announce(bench: Bench, url: str, ready_file: Path | None) -> None:
    state = bench.state()
    ready: dict[str, Any] = {
        "ready": True,
        "url": url,
        "evses": [
            {
                "id": evse["id"],
                "meter": evse["meter"]["path"],
                "controller": evse["controller"]["path"],
                "bay": evse["bay"] and evse["bay"]["path"],
                "meter_serial": evse["meter"]["serial"],
                "meter_public_key": evse["meter"]["public_key"],
            }
            for evse in state["evses"]
        ],
        "readers": state["readers"],
    }
    if ready_file is None:
        print(json.dumps(ready), flush=True)
        return
    fresh = ready_file.with_name(f".{ready_file.name}.new")
    fresh.write_text(json.dumps(ready) + "\n", "utf-8")
    fresh.replace(ready_file)
    print(f"The bench listens at {url}", flush=True)


def _log_to_standard_error() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
