"""The settings as others may read them: without passwords and cards."""

import re
from collections.abc import Mapping
from typing import Any, Final

from station.secret import MASK, without_credentials

SECRET: Final = re.compile(
    r"password|passphrase|secret|pin|id_token|test_card|basicauthpassword|masterpassgroupid|api_?key", re.IGNORECASE
)
"""Names of keys, or of variables behind their dot, whose values open a door or name a person."""


def masked(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with every secret in it masked."""
    return {name: _masked(name, value) for name, value in document.items()}


def flat(document: Mapping[str, Any], *, before: str = "") -> dict[str, Any]:
    """Return the values of a document by their full names, entries of lists counted from 1."""
    found: dict[str, Any] = {}
    for name, value in document.items():
        full = f"{before}.{name}" if before else name
        if isinstance(value, dict):
            found |= flat(value, before=full)
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for number, item in enumerate(value, 1):
                found |= flat(item, before=f"{full}[{number}]")
        else:
            found[full] = value
    return found


def _masked(name: str, value: Any) -> Any:
    match value:
        case dict():
            return masked(value)
        case list():
            return [_masked(name, item) for item in value]
    if SECRET.fullmatch(name.rpartition(".")[2].partition("[")[0]):
        return MASK
    return without_credentials(value) if isinstance(value, str) else value
