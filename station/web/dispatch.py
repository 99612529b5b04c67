"""From a request to a row of the table and back: who may, what was given, and the answer in its form."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import web

from station.local.views import Refused
from station.web.access import Operator
from station.web.addresses import is_loopback
from station.web.asking import Ask, May, Route
from station.web.bodies import MOST_BYTES, check_head, read_body
from station.web.headers import COOKIE, CSRF
from station.web.hosts import is_local_name
from station.web.limits import Rate
from station.web.problems import ProblemError, too_many
from station.web.rendering import json_response, json_text, response_of
from station.web.site import Site

COSTLY_OF_ONE: Final = Rate(burst=10, every_s=1)
COSTLY_OF_ALL: Final = Rate(burst=20, every_s=0.2)
"""Of receipts and pictures: a signature takes 10 ms, a picture half a second."""
_BEARER: Final = "bearer "
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
"""What a server that stands before this one adds."""

log = structlog.get_logger("station.web")

HttpHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def handler_of(route: Route, site: Site) -> HttpHandler:
    """Return what answers requests for a row of the table."""

    async def handle(request: web.Request) -> web.StreamResponse:
        address = request.remote or ""
        operator = _operator(request, site, address)
        _check_may(route, request, operator, address)
        values = route.read(request.match_info, request.query)
        if route.costly:
            _count(site, address)
        body, local = await _body(route, request), _is_local(request, address)
        ask = Ask(request, address, operator, values, body, local=local)
        answer = route.handler(site, ask)
        if inspect.isawaitable(answer):
            answer = await answer
        if route.unsafe and route.may is May.OPERATOR and operator is not None:
            site.snapshots.forget()
            outcome = "refused" if isinstance(answer, Refused) else "done"
            action = f"{route.method} {request.path}"
            log.info("operator_acted", action=action, outcome=outcome, by=operator.name, address=address)
        if route.long:
            return json_response(await site.workshop.do(json_text, answer))
        return response_of(answer, ask)

    return handle


def _operator(request: web.Request, site: Site, address: str) -> Operator | None:
    """Return who asks, None if it is anybody; ProblemError for a token that nobody has."""
    authorization = request.headers.get("Authorization", "")
    if authorization.lower().startswith(_BEARER):
        return site.access.by_token(authorization[len(_BEARER) :].strip(), address=address)
    cookie = request.cookies.get(COOKIE)
    return site.access.by_session(cookie) if cookie else None


def _check_may(route: Route, request: web.Request, operator: Operator | None, address: str) -> None:
    """Raise ProblemError if a request may not be answered."""
    if route.may is May.ANYBODY:
        return
    if operator is None:
        if route.may is May.LOCAL and _is_local(request, address):
            return
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "this is for operators: log in, or send a token: Authorization: Bearer ...",
            headers={"WWW-Authenticate": 'Bearer realm="station"'},
        )
    if route.unsafe and operator.read_only:
        raise ProblemError(HTTPStatus.FORBIDDEN, f"the token {operator.name} may look, and change nothing")
    if route.unsafe and not operator.vouches(request.headers.get(CSRF, "")):
        raise ProblemError(
            HTTPStatus.FORBIDDEN, f"the header {CSRF} is missing or of another session; load the page again"
        )


def _count(site: Site, address: str) -> None:
    """Raise ProblemError if too much is asked for that takes long."""
    # Whoever is on this computer may be a server with many behind it.
    if wait_s := site.costly.take(None if is_loopback(address) else address):
        raise too_many("too many receipts and pictures are asked for; wait, then try again", wait_s=wait_s)


def _is_local(request: web.Request, address: str) -> bool:
    """Tell whether a program on this computer asks, and nobody through it."""
    forwarded = any(name in request.headers for name in _FORWARDED)
    return is_loopback(address) and is_local_name(request.host) and not forwarded


async def _body(route: Route, request: web.Request) -> Any:
    if not route.unsafe:
        return None
    if request.body_exists:
        check_head(request.content_type, request.headers.get("Content-Encoding"))
    if (request.content_length or 0) > MOST_BYTES:
        raise web.HTTPRequestEntityTooLarge(MOST_BYTES, request.content_length or 0)
    try:
        async with asyncio.timeout(route.body_s):
            data = await request.read()
    except TimeoutError as error:
        text = f"the body did not come within {route.body_s:g} s"
        raise ProblemError(HTTPStatus.REQUEST_TIMEOUT, text) from error
    return read_body(route.body, data)
