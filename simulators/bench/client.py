"""A small client of the control API, for people and scripts; imports nothing that is slow."""

import json
import os
import tomllib
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from simulators.bench.errors import BenchError
from simulators.bench.settings import DEFAULT_PORT

URL_VARIABLE: Final = "STATION_BENCH_URL"
_PATIENCE_S = 10


def default_url(config: Path) -> str:
    """Return the URL in the environment, else the one that a settings file leads to."""
    from_environment = os.environ.get(URL_VARIABLE)
    if from_environment:
        return from_environment
    head: dict[str, Any] = {}
    try:
        head = tomllib.loads(config.read_text("utf-8")).get("bench", {})
    except OSError:
        # No file is no error here: the defaults of a bench need none.
        pass
    except ValueError as error:
        raise BenchError(f"{config} is not TOML: {error}") from error
    host, port = head.get("host", "127.0.0.1"), head.get("port", DEFAULT_PORT)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def get(url: str, path: str) -> Any:
    """Return what the bench says; BenchError if it refuses or does not answer."""
    return _send(urllib.request.Request(_join(url, path)))  # noqa: S310 - the scheme is checked


def post(url: str, path: str, body: dict[str, Any]) -> Any:
    """Ask the bench for something and return its answer; BenchError if it refuses or does not answer."""
    data = json.dumps(body).encode("utf-8")
    headers = {"Content-Type": "application/json"}
    return _send(urllib.request.Request(_join(url, path), data, headers))  # noqa: S310 - the scheme is checked


def _join(url: str, path: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise BenchError(f"{url!r} is no URL of a bench, http://127.0.0.1:{DEFAULT_PORT} would be one")
    return url.rstrip("/") + path


def _send(request: urllib.request.Request) -> Any:
    # The bench is on this machine: a proxy has no part in it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_PATIENCE_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise BenchError(_reason(error)) from error
    except (OSError, ValueError) as error:
        raise BenchError(
            f"no bench answers at {request.full_url} ({error}): start one with `station-bench run`, "
            f"or name it with --url or {URL_VARIABLE}"
        ) from error


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError):
        return f"{error.url}: {error.code} {error.reason}"
