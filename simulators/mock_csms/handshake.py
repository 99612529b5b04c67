"""Handshake: who may connect; pure. Source: Part 4, sections 3.1 and 3.2, and A00 for the security profiles."""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote, urlsplit

from simulators.mock_csms.settings import CLIENT_CNS, Settings

SUBPROTOCOL: Final = "ocpp2.0.1"
PREFIX: Final = "/ocpp/"
LONGEST_IDENTITY: Final = 48
NOTHING, PASSWORD, TLS, MUTUAL_TLS = range(4)
"""The security profiles, and none; TLS comes with a password, mutual TLS with a certificate in its place."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What matters of the certificate that a station showed; TLS has checked its chain and its dates."""

    serial: str
    """Hexadecimal, lower case."""
    common_name: str
    organization: str


@dataclass(frozen=True, slots=True)
class Security:
    """How a connection is secured. Source: Part 2, A00."""

    profile: int
    tls_version: str | None = None
    cipher: str | None = None
    client: ClientCertificate | None = None


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


def turned_away(
    path: str,
    *,
    authorization: str | None,
    offered: Sequence[str],
    settings: Settings,
    security: Security,
    serial: str | None = None,
) -> Turned | None:
    """Return why a connection is turned away, None if it is welcome.

    `offered` are its subprotocols, `serial` is the station's serial number as far as it is known.
    """
    identity = identity_of(path)
    if identity is None:
        return Turned(
            HTTPStatus.NOT_FOUND,
            f"The path has to be {PREFIX}<identity>: percent-encoded, 1 to {LONGEST_IDENTITY} characters, no ':'.\n",
        )
    if security.profile == MUTUAL_TLS:
        if problem := _foreign(security.client, settings, known={"identity": identity, "serial": serial}):
            return Turned(HTTPStatus.FORBIDDEN, problem)
    elif settings.password is not None or settings.users:
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


def described(security: Security) -> str:
    """Return words about how a connection is secured, for behind `connected`; none if it is not encrypted."""
    if security.tls_version is None:
        return ""
    client = f", client certificate {security.client.serial}" if security.client else ""
    return f" with security profile {security.profile}, {security.tls_version}{client}"


def _foreign(shown: ClientCertificate | None, settings: Settings, *, known: Mapping[str, str | None]) -> str | None:
    """Return why a client certificate is not that of the station (A00.FR.404, A00.FR.405), None if it is."""
    if shown is None:
        return "A client certificate is required.\n"
    wanted = settings.client_organization
    if wanted is not None and wanted not in shown.organization:
        return f"The client certificate is of the organization {shown.organization!r}, not of {wanted!r}.\n"
    names = [known[kind] for kind in CLIENT_CNS[settings.client_cn]]
    if names and shown.common_name not in names:
        allowed = " or ".join(repr(name) for name in names if name) or "a serial number that is not known yet"
        return f"The client certificate is that of {shown.common_name!r}; its CN has to be {allowed}.\n"
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
