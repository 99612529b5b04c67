"""Answers in the form in which they are sent."""

import json
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from station.core.documents import to_document
from station.local.views import Refused
from station.web.asking import JSON, Ask, File
from station.web.assets import Asset
from station.web.problems import ProblemError

_ENCODE: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def response_of(answer: Any, ask: Ask) -> web.StreamResponse:
    """Return what a handler's answer is sent as; ProblemError for an action that was refused."""
    match answer:
        case web.StreamResponse():
            return answer
        case Asset():
            return _asset(answer, ask.request)
        case File():
            named = {"Content-Disposition": f'attachment; filename="{answer.name}"'} if answer.name else {}
            return web.Response(body=answer.content, headers={"Content-Type": answer.media, **named, **ask.headers})
        case Refused():
            raise ProblemError(HTTPStatus.CONFLICT, answer.text, needs_confirmation=answer.needs_confirmation)
    return json_response(json_text(answer), headers=ask.headers)


def json_response(text: str, *, status: int = HTTPStatus.OK, headers: dict[str, str] | None = None) -> web.Response:
    """Return what `json_text` made as an answer."""
    return web.Response(text=text, status=status, headers=headers, content_type=JSON)


def json_text(view: Any) -> str:
    """Return a view as JSON in one line."""
    document = to_document(view)
    try:
        return _ENCODE(document)
    except ValueError:
        return _ENCODE(_finite(document))


def _finite(document: Any) -> Any:
    """Return a document without numbers that JSON cannot write; somebody's log may hold one."""
    match document:
        case float():
            return document if math.isfinite(document) else None
        case Mapping():
            return {name: _finite(member) for name, member in document.items()}
        case list():
            return [_finite(member) for member in document]
    return document


def _asset(asset: Asset, request: web.Request) -> web.Response:
    headers = {"ETag": asset.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if asset.etag in request.headers.get("If-None-Match", ""):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["Content-Type"] = asset.media
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=asset.packed, headers={**headers, "Content-Encoding": "gzip"})
    return web.Response(body=asset.content, headers=headers)
