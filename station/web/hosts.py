"""By which names this station may be asked for: a page elsewhere must not reach it through a name of its own.

Whoever owns a name can let it lead to any address, a station's in somebody's own network too (DNS rebinding); the
browser then takes the station for a part of that page. Only the Host header tells. Pure.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from station.web.addresses import is_loopback, parse

LOCALHOST: Final = "localhost"
_HOST: Final = re.compile(r"(\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(:[0-9]{1,5})?")
"""A name, an IPv4 address, or an IPv6 address in brackets (RFC 9110, section 7.2)."""


class Hosts:
    """Knows the names of this station."""

    def __init__(self, names: Iterable[str], public_url: str) -> None:
        """`names`: host names and addresses, in any case; `public_url`: another one, or empty."""
        public = urlsplit(public_url)
        named = (*names, public.hostname or "")
        self._names = frozenset(_plain(name) for name in named if name) | {LOCALHOST}
        self._public_origin = f"{public.scheme}://{public.netloc}".lower() if public_url else ""

    def knows(self, host: str, *, reached_at: str) -> bool:
        """Tell whether a Host header names this station, whose address for this connection is `reached_at`."""
        name = _host_of(host)
        if name is None:
            return False
        return name in self._names or name == _plain(reached_at) or is_loopback(name)

    def is_own_origin(self, origin: str, host: str, *, tls: bool) -> bool:
        """Tell whether a page of that origin is one of this station, asked for under that Host.

        Without TLS of its own the station may be behind a server that has it.
        """
        scheme, _, netloc = origin.lower().partition("://")
        if self._public_origin and origin.lower() == self._public_origin:
            return True
        return scheme in (("https",) if tls else ("http", "https")) and netloc == host.lower()


def is_local_name(host: str) -> bool:
    """Tell whether a Host header names whatever computer asks."""
    name = _host_of(host)
    return name is not None and (name == LOCALHOST or is_loopback(name))


def authority(host: str, *, reached_at: str, port: int, tls: bool) -> str:
    """Return host and port of this station for who asked under a Host header, in one form.

    What is drawn for a page is kept by its address, so nobody may make up as many as he likes: the port is the one
    that was reached, and so is an address of this computer alone, of which there are millions.
    """
    name = _host_of(host) or ""
    if not name or is_loopback(name):
        name = _plain(reached_at)
    name = f"[{name}]" if ":" in name else name
    return name if port == (443 if tls else 80) else f"{name}:{port}"


def _host_of(host: str) -> str | None:
    """Return the name or address in a Host header, without its port; None if it is none."""
    found = _HOST.fullmatch(host)
    return _plain(found["name"] or found["address"]) if found else None


def _plain(name: str) -> str:
    name = name.lower().rstrip(".")
    return str(parse(name) or name)
