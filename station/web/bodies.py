"""Bodies of requests: JSON objects of a known form, of bounded size, or an error that says what is wrong."""

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from http import HTTPStatus
from typing import Any, Final, NoReturn, Union, get_args, get_origin, get_type_hints

from station.web.asking import JSON
from station.web.problems import ProblemError, bad

MOST_BYTES: Final = 64 * 1024
_WORDS: Final[Mapping[Any, str]] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    type(None): "null",
}


def check_head(media: str, encoding: str | None) -> None:
    """Refuse what is no JSON before it is read.

    A page elsewhere can send forms and plain text without asking the browser's leave, but no JSON.
    """
    if media != JSON or encoding not in (None, "identity"):
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body has to be JSON, uncompressed: Content-Type: {JSON}"
        )


def read_body(cls: Any, data: bytes) -> Any:
    """Return the body as a value of the dataclass `cls`; ProblemError names the member that is wrong."""
    document = _object(data)
    hints = get_type_hints(cls)
    for name in document:
        if name not in hints:
            raise bad(f"{name!r} is no member of the body; there are: {', '.join(hints) or 'none'}")
    return cls(**{each.name: _member(each, hints[each.name], document) for each in fields(cls)})


def _object(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise bad("the body is no JSON") from error
    if not isinstance(document, dict):
        raise bad("the body is no JSON object")
    return document


def _member(field: Field[Any], hint: Any, document: Mapping[str, Any]) -> Any:
    if field.name not in document:
        if field.default is MISSING:
            raise bad(f"{field.name!r} is missing in the body")
        return field.default
    value = document[field.name]
    allowed = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    if type(value) not in allowed:  # exactly: true is no number
        words = " or ".join(_WORDS[each] for each in allowed)
        raise bad(f"{field.name!r} in the body has to be {words}")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
