"""The control API: a bench over HTTP and JSON, on loopback only (docs/bench.md)."""

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from simulators.bench import loopback, readers, rules
from simulators.bench.bench import Bench
from simulators.bench.errors import BenchError, RefusedError, UnknownError
from simulators.bench.faults import FAULTS
from simulators.bench.place import LOOPBACK
from simulators.bench.pn532 import PN532_FAULTS
from simulators.bench.rules import Rules
from simulators.bench.settings import Settings
from simulators.bench.vehicle import SIDES
from simulators.bench.world import MOST_A

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_BENCH: Final = web.AppKey("bench", Bench)

_CABLE: Final[Rules] = {"side": rules.choice(*SIDES)}
_VEHICLE: Final[Rules] = {
    "wants_power": rules.flag(),
    "max_current_a": rules.number(0, MOST_A),
    "phases": rules.integer(1, 3),
    "needs_ventilation": rules.flag(),
}
_BAY: Final[Rules] = {"occupied": rules.flag()}
_CUT: Final[Rules] = {"on": rules.flag()}
_SWIPE: Final[Rules] = {"uid": rules.text(".*", meaning="a string of hex digits")}
_KEYS: Final[Rules] = {"keys": rules.text(".*", meaning="what the keys show, such as 4711#")}
_LEVEL: Final[Rules] = {"value": rules.integer(0, 1)}
_READER_FAULT: Final[Rules] = {"name": rules.choice(*PN532_FAULTS), "on": rules.flag()}
_FAULT: Final[Rules] = {
    "name": rules.choice(*FAULTS),
    "on": rules.flag(),
    "seconds": rules.number(0, 3600),
    "code": rules.integer(1, 11),
}


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens where the settings say; BenchError if somebody else does."""
    remedy = "stop what listens there or choose another --port"
    return loopback.listen(settings.host, settings.port, remedy=remedy)


@asynccontextmanager
async def serve(bench: Bench, server: socket.socket) -> AsyncIterator[str]:
    """Answer on a listening socket while the context lasts; gives the URL and closes the socket."""
    app = web.Application(middlewares=[_loopback_only, _errors_as_json])
    app[_BENCH] = bench
    app.add_routes(
        [
            web.get("/state", _state),
            web.post("/evses/{id}/plug", _plug),
            web.post("/evses/{id}/unplug", _unplug),
            web.post("/evses/{id}/vehicle", _vehicle),
            web.post("/evses/{id}/bay", _bay),
            web.post("/evses/{id}/faults", _fault),
            web.post("/lines/{id}/cut", _cut),
            web.post("/readers/{id}/swipe", _swipe),
            web.post("/readers/{id}/type", _type),
            web.post("/readers/{id}/press", _press),
            web.post("/readers/{id}/place", _place),
            web.post("/readers/{id}/remove", _remove),
            web.post("/readers/{id}/faults", _reader_fault),
            web.post("/inputs/{name}", _input),
            web.post("/inputs/{name}/lose", _lose_input),
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.SockSite(runner, server).start()
        yield f"http://{loopback.host_and_port(server.getsockname())}"
    finally:
        await runner.cleanup()
        server.close()


async def _state(request: web.Request) -> web.Response:
    return web.json_response(request.app[_BENCH].state())


async def _plug(request: web.Request) -> web.Response:
    body = await _body(request, _CABLE)
    request.app[_BENCH].evse(_number(request)).plug(**body)
    return _done(request)


async def _unplug(request: web.Request) -> web.Response:
    body = await _body(request, _CABLE)
    request.app[_BENCH].evse(_number(request)).unplug(**body)
    return _done(request)


async def _vehicle(request: web.Request) -> web.Response:
    body = await _body(request, _VEHICLE)
    request.app[_BENCH].evse(_number(request)).set_vehicle(**body)
    return _done(request)


async def _bay(request: web.Request) -> web.Response:
    body = await _body(request, _BAY, required=("occupied",))
    request.app[_BENCH].evse(_number(request)).occupy_bay(**body)
    return _done(request)


async def _fault(request: web.Request) -> web.Response:
    body = await _body(request, _FAULT, required=("name", "on"))
    request.app[_BENCH].evse(_number(request)).fault(**body)
    return _done(request)


async def _swipe(request: web.Request) -> web.Response:
    body = await _body(request, _SWIPE, required=("uid",))
    readers.do(request.app[_BENCH].reader(_number(request)), "swipe", body["uid"])
    return web.json_response({})


async def _place(request: web.Request) -> web.Response:
    body = await _body(request, _SWIPE, required=("uid",))
    readers.do(request.app[_BENCH].reader(_number(request)), "place", body["uid"])
    return web.json_response({})


async def _remove(request: web.Request) -> web.Response:
    await _body(request, {})
    readers.do(request.app[_BENCH].reader(_number(request)), "remove")
    return web.json_response({})


async def _reader_fault(request: web.Request) -> web.Response:
    body = await _body(request, _READER_FAULT, required=("name", "on"))
    readers.put_fault(request.app[_BENCH].reader(_number(request)), body["name"], on=body["on"])
    return web.json_response({})


async def _input(request: web.Request) -> web.Response:
    body = await _body(request, _LEVEL, required=("value",))
    request.app[_BENCH].gpio.set(request.match_info["name"], body["value"])
    return web.json_response({})


async def _lose_input(request: web.Request) -> web.Response:
    await _body(request, {})
    request.app[_BENCH].gpio.lose(request.match_info["name"])
    return web.json_response({})


async def _cut(request: web.Request) -> web.Response:
    body = await _body(request, _CUT, required=("on",))
    request.app[_BENCH].line(_number(request)).cut(**body)
    return web.json_response({})


async def _type(request: web.Request) -> web.Response:
    body = await _body(request, _KEYS, required=("keys",))
    readers.do(request.app[_BENCH].reader(_number(request)), "type_in", body["keys"])
    return web.json_response({})


async def _press(request: web.Request) -> web.Response:
    await _body(request, {})
    readers.do(request.app[_BENCH].reader(_number(request)), "press")
    return web.json_response({})


def _done(request: web.Request) -> web.Response:
    """Answer with the EVSE's state, so that a caller sees what came of it."""
    number = _number(request)
    states = request.app[_BENCH].state()["evses"]
    return web.json_response(next(state for state in states if state["id"] == number))


def _number(request: web.Request) -> int:
    text = request.match_info["id"]
    if not text.isdecimal():
        raise UnknownError(f"{text!r} is no number of an EVSE, reader or line")
    return int(text)


async def _body(request: web.Request, allowed: Rules, *, required: tuple[str, ...] = ()) -> dict[str, Any]:
    text = await request.text()
    try:
        body = json.loads(text or "{}")
    except ValueError as error:
        raise BenchError(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise BenchError(f"the body is no JSON object, its keys may be {', '.join(allowed)}")
    for key in body:
        if key not in allowed:
            raise BenchError(f"{key} is unknown, allowed are {', '.join(allowed) or 'none'}")
    for key in required:
        if key not in body:
            raise BenchError(f"{key} is missing, {allowed[key].allowed} is expected")
    return {key: rules.apply(allowed[key], value, where=key) for key, value in body.items()}


@web.middleware
async def _loopback_only(request: web.Request, handler: _Handler) -> web.StreamResponse:
    # A page in somebody's browser must not reach the bench, be it through a name that it points at loopback.
    for header, value in (("Host", f"//{request.host}"), ("Origin", request.headers.get("Origin"))):
        if value is not None and _host(value) not in LOOPBACK:
            return _error(403, f"{header} is not loopback, allowed are {', '.join(LOOPBACK)}")
    return await handler(request)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


@web.middleware
async def _errors_as_json(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except UnknownError as error:
        return _error(404, str(error))
    except RefusedError as error:
        return _error(409, str(error))
    except BenchError as error:
        return _error(400, str(error))
    except web.HTTPException as error:
        known = ", ".join(
            f"{route.method} {route.resource.canonical}"
            for route in request.app.router.routes()
            if route.resource is not None and route.method != "HEAD"
        )
        return _error(error.status, f"{request.method} {request.path}: {error.reason}; there are {known}")


def _error(status: int, text: str) -> web.Response:
    return web.json_response({"error": text}, status=status)
