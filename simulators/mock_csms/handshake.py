"""Handshake: who may connect; pure. Source: Part 4, sections 3.1 and 3.2, and A00 for basic authentication."""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote, urlsplit

from simulators.mock_csms.settings import Settings

SUBPROTOCOL: Final = "ocpp2.0.1"
PREFIX: Final = "/ocpp/"
LONGEST_IDENTITY: Final = 48


@dataclass(frozen=True, slots=True)
class Turned:
    """A connection that is turned away."""

    status: HTTPStatus
    text: str
    """What is wrong and what would do; never a password."""


def identity_of(path: str) -> str | None:
    """Return the identity that a request path names, None if it names none."""
    plain = urlsplit(path).path
    encoded = plain.removeprefix(PREFIX)
    if encoded == plain or "/" in encoded:
        return None
    try:
        identity = unquote(encoded, errors="strict")
    except UnicodeDecodeError:
        return None
    usable = 0 < len(identity) <= LONGEST_IDENTITY and identity.isprintable()
    return identity if usable and not set(identity) & {":", "/"} else None


def turned_away(path: str, *, authorization: str | None, offered: Sequence[str], settings: Settings) -> Turned | None:
    """Return why a connection is turned away, None if it is welcome. `offered` are its subprotocols."""
    identity = identity_of(path)
    if identity is None:
        return Turned(
            HTTPStatus.NOT_FOUND,
            f"The path has to be {PREFIX}<identity>: percent-encoded, 1 to {LONGEST_IDENTITY} characters, no ':'.\n",
        )
    if settings.password is not None or settings.users:
        password = settings.users.get(identity, settings.password)
        if password is None or not _authorized(authorization, identity, password):
            return Turned(
                HTTPStatus.UNAUTHORIZED,
                "Basic authentication with the identity as user name and the right password is required.\n",
            )
    if SUBPROTOCOL not in offered:
        listed = ", ".join(offered) or "none"
        return Turned(
            HTTPStatus.BAD_REQUEST,
            f"The subprotocol {SUBPROTOCOL} is required in Sec-WebSocket-Protocol; offered: {listed}.\n",
        )
    return None


def _authorized(header: str | None, identity: str, password: str) -> bool:
    scheme, _, credentials = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        sent = base64.b64decode(credentials.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(sent, f"{identity}:{password}".encode())


def headers_of(turned: Turned) -> Mapping[str, str]:
    """Return the headers that belong to a refusal."""
    if turned.status is HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Basic realm="mock-csms", charset="UTF-8"'}
    return {}
