"""What the status page keeps in memory while people look at it."""

import contextlib
import json
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Bound, Result, Samples
from benchmarks.memory import CARD, Footprint
from benchmarks.parts import MeasuringError
from benchmarks.scene import READY_S, Scene, scene

BUDGET_MIB = 20.0
LOOKED_AT_S = 20.0
WATCHERS = 4
"""Pages that are open: kiosks and phones."""
PASSWORD = "only-for-benchmarks"
PAGES = ("/", "/operator", "/texts/en.json", "/texts/de.json", "/openapi.json", "/metrics")
OPERATORS = ("status", "outlets/1/history", "events", "messages", "model", "receipts", "receipts/1/verdict", "queue")


def measure(folder: Path, *, rounds: int) -> Iterator[Result]:
    """Let the same happen to a station without the page and to one with it; more rounds would tell the same."""
    del rounds
    with scene(folder / "without") as place:
        without = _used(place, url=None)
    port = _free_port()
    with scene(folder / "with", sections=f"[web]\nenabled = true\nport = {port}\n") as place:
        with_page = _used(place, url=f"http://127.0.0.1:{port}")
    yield Result(
        "l",
        "memory of the status page in use",
        "MiB",
        ours=Samples((with_page.resident_mib - without.resident_mib,)),
        reference=Samples((BUDGET_MIB,)),
        reference_name="budget",
        bound=Bound.AT_MOST,
        goal=1.0,
        notes=(
            f"without the page, after a session: {without}",
            f"with it, {WATCHERS} watchers and an operator: {with_page}",
        ),
    )


def _used(place: Scene, *, url: str | None) -> Footprint:
    with contextlib.ExitStack() as open_pages, place.station() as station:
        place.csms.came_at("StatusNotification", "Available")
        if url is not None:
            _set_password(place)
            for _ in range(WATCHERS):
                open_pages.enter_context(_open(f"{url}/api/v1/live", patience_s=READY_S))
        place.play(CARD)
        if url is not None:
            _look_at_everything(url)
        time.sleep(LOOKED_AT_S)
        return Footprint.of(station.pid)


def _set_password(place: Scene) -> None:
    from station.web.passwords import set_password

    set_password(place.folder / "state", PASSWORD)


def _look_at_everything(url: str) -> None:
    """Do what an operator does who opens each panel once."""
    for page in PAGES:
        _open(url + page).read()
    login = json.dumps({"password": PASSWORD}).encode()
    request = urllib.request.Request(f"{url}/api/v1/login", login, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    for name in OPERATORS:
        _open(f"{url}/api/v1/{name}", cookie=cookie).read()


def _open(url: str, *, cookie: str = "", patience_s: float = 0.0) -> Any:
    until = time.monotonic() + patience_s
    while True:
        try:
            return urllib.request.urlopen(urllib.request.Request(url, headers={"Cookie": cookie}), timeout=10)
        except OSError as error:
            if time.monotonic() > until:
                raise MeasuringError(f"{url}: {error}") from error
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
