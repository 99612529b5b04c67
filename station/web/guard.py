"""What stands before every request: whom it is addressed to, how often somebody asks, and errors in one form."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web

from station.errors import StationError
from station.web.addresses import is_loopback
from station.web.hosts import Hosts
from station.web.limits import Limiter, Rate
from station.web.problems import ErrorAnswer, ProblemError, bad, too_many
from station.web.rendering import json_response, json_text

ASKS_OF_ONE: Final = Rate(burst=120, every_s=0.05)
ASKS_OF_ALL: Final = Rate(burst=300, every_s=0.02)
"""A page with all its files is twenty requests; whoever asks more often than this is not a person."""

log = structlog.get_logger("station.web")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Guard:
    """Lets requests through that are meant for this station, and answers what goes wrong."""

    def __init__(self, hosts: Hosts, asks: Limiter) -> None:
        self._hosts, self._asks = hosts, asks

    @web.middleware
    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            address = request.remote or ""
            # Whoever is on this computer may be a server with many behind it.
            if wait_s := self._asks.take(None if is_loopback(address) else address):
                raise too_many("too many requests; ask less often", wait_s=wait_s)
            self._check_address(request)
            return await handler(request)
        except ConnectionError:
            raise
        except Exception as error:
            if request.writer.output_size > 0:
                # An answer is under way: nothing else can be said, but that it is not whole.
                log.warning("answer_broke_off", path=request.path, error=str(error) or type(error).__name__)
                raise ConnectionResetError("the answer is under way") from error
            return self._told(request, error)

    def _check_address(self, request: web.Request) -> None:
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1:
            raise bad("a request has one Host header")
        reached = request.get_extra_info("sockname")
        if not self._hosts.knows(hosts[0], reached_at=str(reached[0]) if reached else ""):
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                "the station does not know the name that it was asked for by; use its address, or add the name to"
                " names in the section [web] of its settings",
            )
        origin = request.headers.get("Origin")
        if (
            request.method != "GET"
            and origin is not None
            and not self._hosts.is_own_origin(origin, hosts[0], tls=request.secure)
        ):
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                "this comes from a page of somebody else; if the station is behind another server, set public_url in"
                " the section [web] of its settings",
            )

    def _told(self, request: web.Request, error: Exception) -> web.StreamResponse:
        match error:
            case ProblemError():
                return json_response(json_text(error.answer), status=error.status, headers=error.headers)
            case web.HTTPException():
                return _of_router(request, error)
            case StationError():
                return _of_station(request, error)
        log.error("web_request_crashed", path=request.path, exc_info=error)
        return _error(
            HTTPStatus.INTERNAL_SERVER_ERROR, "the station made a mistake; its log has it as web_request_crashed"
        )


def _of_station(request: web.Request, error: StationError) -> web.Response:
    from station.receipts.files import ExportError  # late: it takes all along that judges records

    if isinstance(error, ExportError):
        return _error(HTTPStatus.CONFLICT, str(error))
    # Its words name paths and ports: they are for operators, who have the log.
    log.warning("web_request_failed", path=request.path, error=str(error))
    text = "this cannot be had at the moment; the station's log has why, as web_request_failed"
    return _error(HTTPStatus.SERVICE_UNAVAILABLE, text)


def _of_router(request: web.Request, error: web.HTTPException) -> web.Response:
    match error:
        case web.HTTPNotFound():
            text = f"there is nothing at {request.path}; /openapi.json tells what there is"
            return _error(HTTPStatus.NOT_FOUND, text)
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            text = f"{request.method} cannot be done with {request.path}; allowed: {allowed}"
            return _error(HTTPStatus.METHOD_NOT_ALLOWED, text, {"Allow": allowed})
        case web.HTTPRequestEntityTooLarge():
            return _error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large; 64 KiB are the most")
    return _error(HTTPStatus(error.status), error.reason or "this cannot be answered")


def _error(status: HTTPStatus, text: str, headers: dict[str, str] | None = None) -> web.Response:
    return json_response(json_text(ErrorAnswer(text)), status=status, headers=headers)
