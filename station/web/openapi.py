"""The API as an OpenAPI 3.1 document, made of the table that answers its requests.

https://spec.openapis.org/oas/v3.1.1.html
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final, get_type_hints

from station import __version__
from station.local.views import Done, Refused
from station.web.asking import JSON, File, May, Parameter, Route
from station.web.assets import Asset
from station.web.headers import COOKIE, CSRF
from station.web.problems import ErrorAnswer
from station.web.schemas import Schema, Schemas, body_schema

VERSION: Final = "3.1.0"
_TOKEN, _BROWSER, _PROOF = "token", "session", "csrf"
ABOUT: Final = (
    "What a charging station tells about itself, to drivers, operators and programs. Operators log in with a"
    " password, which gives a browser a session; programs send a token, which `station web token NAME` makes."
)


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the description of all routes."""
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": VERSION,
        "info": {"title": "Charging station", "version": __version__, "description": ABOUT},
        "paths": paths,
        "components": {"schemas": schemas.named, "securitySchemes": _security_schemes()},
    }


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.about,
        "operationId": _operation_id(route),
        "responses": _responses(route, schemas),
        "security": _security(route),
    }
    if parameters := [*(_parameter(each, "path") for each in route.path_parameters), *map(_query, route.query)]:
        operation["parameters"] = parameters
    if route.unsafe:
        schema = body_schema(schemas, route.body)
        needed = bool(_required(schemas, route))
        operation["requestBody"] = {"content": {JSON: {"schema": schema}}, "required": needed}
    return operation


def _responses(route: Route, schemas: Schemas) -> dict[str, Any]:
    error = {"content": {JSON: {"schema": schemas.of(ErrorAnswer)}}}
    statuses = [HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS]
    if route.may is not May.ANYBODY or route.unsafe:
        statuses.append(HTTPStatus.UNAUTHORIZED)
    if route.query or route.unsafe:
        statuses.append(HTTPStatus.BAD_REQUEST)
    if route.path_parameters:
        statuses.append(HTTPStatus.NOT_FOUND)
    if route.unsafe:
        statuses += [HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE]
    told = {str(int(status)): {"description": status.phrase, **error} for status in sorted(statuses)}
    return {"200": {"description": "OK", "content": {route.media: _content(route, schemas)}}, **told}


def _content(route: Route, schemas: Schemas) -> dict[str, Any]:
    if route.events:
        events = {name: schemas.of(view) for name, view in route.events.items()}
        # OpenAPI 3.1 has no word for the events of a stream.
        return {"schema": {"type": "string"}, "x-events": events}
    if route.media != JSON:
        return {"schema": {"type": "string"}}
    hint = route.answer or get_type_hints(route.handler)["return"]
    if hint == Done | Refused:
        hint = Done  # what is refused is answered as an error
    return {"schema": {"type": "object"} if hint in (File, Asset) else schemas.of(hint)}


def _query(parameter: Parameter) -> dict[str, Any]:
    return _parameter(parameter, "query")


def _parameter(parameter: Parameter, place: str) -> dict[str, Any]:
    schema: Schema = (
        {"type": "string", "pattern": f"^({parameter.pattern})$"}
        if parameter.type is str
        else {"type": "integer", "minimum": parameter.least, "maximum": parameter.most}
    )
    if parameter.default is not None:
        schema["default"] = parameter.default
    described = {"name": parameter.name, "in": place, "description": parameter.about, "schema": schema}
    return {**described, "required": True} if place == "path" else described


def _required(schemas: Schemas, route: Route) -> list[str]:
    required: list[str] = schemas.named[route.body.__name__]["required"]
    return required


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.may is May.ANYBODY:
        return []
    browser: dict[str, list[str]] = {_BROWSER: [], _PROOF: []} if route.unsafe else {_BROWSER: []}
    anybody: list[dict[str, list[str]]] = [{}] if route.may is May.LOCAL else []
    return [*anybody, {_TOKEN: []}, browser]


def _security_schemes() -> dict[str, Any]:
    return {
        _TOKEN: {"type": "http", "scheme": "bearer"},
        _BROWSER: {"type": "apiKey", "in": "cookie", "name": COOKIE},
        _PROOF: {"type": "apiKey", "in": "header", "name": CSRF},
    }


def _operation_id(route: Route) -> str:
    words = route.path.removeprefix("/api/v1").translate(str.maketrans("/.-{}", "     ")).split()
    return "_".join((route.method.lower(), *words)) if words else f"{route.method.lower()}_page"
