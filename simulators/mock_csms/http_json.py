"""HTTP and JSON of the control API: bodies, refusals, and who may ask. Imports aiohttp: import this module late."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from simulators.mock_csms.errors import CallFailedError, NotConnectedError, RequestError

if TYPE_CHECKING:
    from simulators.mock_csms.server import MockCsms
    from simulators.mock_csms.station import Station

HOST: Final = "127.0.0.1"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class NotFoundError(RequestError):
    """There is no such thing; `allowed` lists those that are."""


def known_station(csms: "MockCsms", request: web.Request) -> "Station":
    """Return the station that the path names; NotFoundError if it never connected."""
    identity, stations = request.match_info["id"], csms.stations
    if identity not in stations:
        raise NotFoundError(f"there is no station {identity!r}", allowed=tuple(stations))
    return stations[identity]


async def json_of(request: web.Request) -> Any:
    """Return the JSON of a request, an empty object without a body; RequestError if it is none."""
    try:
        return await request.json() if request.can_read_body else {}
    except ValueError as error:
        raise RequestError(f"the body is no JSON: {error}") from error


async def body_of(request: web.Request, *allowed: str) -> dict[str, Any]:
    """Return the object that a request holds; RequestError names a member that is not allowed."""
    body = await json_of(request)
    if not isinstance(body, dict):
        raise RequestError("the body has to be a JSON object", allowed=allowed)
    for key in body:
        if key not in allowed:
            raise RequestError(f"{key!r} is unknown", allowed=allowed)
    return body


def failure_of(error: CallFailedError) -> web.Response:
    """Answer with the CALLERROR of a station."""
    answer = {"code": error.code, "description": error.description, "details": error.details}
    return web.json_response({"error": answer})


@web.middleware
async def only_loopback(request: web.Request, handler: Handler) -> web.StreamResponse:
    # A web page elsewhere could make a browser on this host its messenger, under a name that leads here.
    name = request.host.rpartition("]")[0].lstrip("[") or request.host.rpartition(":")[0] or request.host
    if name.lower() not in _LOOPBACK:
        return _refusal(HTTPStatus.FORBIDDEN, f"the host {name!r} is not this machine", tuple(sorted(_LOOPBACK)))
    return await handler(request)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except NotFoundError as error:
        return _refusal(HTTPStatus.NOT_FOUND, str(error), error.allowed)
    except RequestError as error:
        return _refusal(HTTPStatus.BAD_REQUEST, str(error), error.allowed)
    except NotConnectedError as error:
        return _refusal(HTTPStatus.CONFLICT, str(error))
    except TimeoutError as error:
        return _refusal(HTTPStatus.GATEWAY_TIMEOUT, str(error))
    except OSError as error:
        return _refusal(HTTPStatus.CONFLICT, f"cannot listen: {error.strerror}")
    except web.HTTPMethodNotAllowed as error:
        return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"no {request.method} here", tuple(error.allowed_methods))
    except web.HTTPException as error:
        paths = {resource.canonical for resource in request.app.router.resources()}
        return _refusal(HTTPStatus(error.status), f"{request.path}: {error.reason}", tuple(sorted(paths)))


def _refusal(status: HTTPStatus, problem: str, allowed: tuple[str, ...] = ()) -> web.Response:
    return web.json_response({"problem": problem, "allowed": list(allowed)}, status=status)
