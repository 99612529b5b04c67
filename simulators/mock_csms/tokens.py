"""Tokens: what the CSMS says about id tokens, which are compared without case; pure."""

from collections.abc import Mapping
from typing import Any, Final

from ocpp.v201.enums import AuthorizationStatusEnumType

from simulators.mock_csms.errors import RequestError
from simulators.mock_csms.frames import Kind
from simulators.mock_csms.members import Payload
from simulators.mock_csms.schemas import violation

TOKEN_STATUSES: Final = tuple(status.value for status in AuthorizationStatusEnumType)
EVERY_OTHER: Final = "*"

Info = str | Payload
"""A status, or members of an idTokenInfo, the status being Accepted if it is left out."""


def members(info: Info) -> Payload:
    """Return the idTokenInfo that somebody means."""
    return {"status": info} if isinstance(info, str) else {"status": "Accepted", **info}


class Tokens:
    """The answers by token; `*` is every other one, Accepted if it is not listed."""

    def __init__(self, tokens: Mapping[str, Info] | None = None) -> None:
        self._rows = {token.upper(): members(info) for token, info in (tokens or {}).items()}

    def info(self, token: str) -> Payload:
        """Return the idTokenInfo of a token."""
        return self._rows.get(token.upper(), self._rows.get(EVERY_OTHER, members("Accepted")))

    def put(self, token: str, info: Info) -> None:
        """Answer so from now on."""
        self._rows[token.upper()] = members(info)

    def forget(self, token: str) -> bool:
        """Answer about a token as about every other one again; tells whether it was listed."""
        return self._rows.pop(token.upper(), None) is not None

    def rows(self) -> Mapping[str, Payload]:
        return dict(self._rows)


def checked(info: object) -> Info:
    """Return what somebody wants to have said about a token; RequestError names what is wrong with it."""
    if isinstance(info, str):
        if info not in TOKEN_STATUSES:
            raise RequestError(f"status {info!r} is unknown", allowed=TOKEN_STATUSES)
        return info
    if not isinstance(info, dict):
        raise RequestError("a status or the members of an idTokenInfo expected", allowed=TOKEN_STATUSES)
    wrong = violation(Kind.CALLRESULT, "Authorize", {"idTokenInfo": members(info)})
    if wrong is not None:
        raise RequestError(wrong.text)
    return info


def entry(token: str, info: Info | None, *, kind: str = "ISO14443") -> dict[str, Any]:
    """Return the AuthorizationData of a local list: without information it takes the token off the list."""
    known = {} if info is None else {"idTokenInfo": dict(members(info))}
    return {"idToken": {"idToken": token, "type": kind}, **known}
