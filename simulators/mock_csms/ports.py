"""Ports: where a CSMS listens, one port for each security profile."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from simulators.mock_csms.errors import RequestError
from simulators.mock_csms.handshake import MUTUAL_TLS, NOTHING, PASSWORD, TLS
from simulators.mock_csms.listener import Listener, Reception, Secure
from simulators.mock_csms.settings import Settings
from simulators.mock_csms.tls import Tls, as_given, context

if TYPE_CHECKING:
    from simulators.mock_csms.authority import Authority


class Ports:
    """All listeners of a CSMS; the first one is that of `Settings.port`."""

    def __init__(
        self,
        settings: Settings,
        given: ssl.SSLContext | None,
        *,
        authority: Callable[[], "Authority"],
        reception: Reception,
    ) -> None:
        """`given` is what `Settings.port` shows, None: it speaks no TLS."""
        self._authority = authority
        self._names = _names(settings)
        own, url_name = settings.host, self._names[0]
        rows: tuple[tuple[int, int | None, str, Secure | None], ...] = (
            (_first_profile(settings, given), settings.port, own, partial(as_given, given) if given else None),
            (TLS, settings.tls_port, url_name, partial(self._secure, mutual=False)),
            (MUTUAL_TLS, settings.mutual_tls_port, url_name, partial(self._secure, mutual=True)),
        )
        self._listeners = tuple(
            Listener(
                settings.host,
                port,
                profile=profile,
                name=name,
                secure=secure,
                reception=reception,
                ping_interval_s=settings.ping_interval_s,
            )
            for profile, port, name, secure in rows
            if port is not None
        )

    @property
    def first(self) -> Listener:
        return self._listeners[0]

    @property
    def urls(self) -> Mapping[int, str]:
        """The URL by security profile."""
        return {listener.profile: listener.url for listener in reversed(self._listeners)}

    @property
    def listening(self) -> bool:
        return any(listener.listening for listener in self._listeners)

    def of(self, profile: int) -> Listener:
        """Return the port of a security profile; 0 and 1 are one. RequestError if there is none."""
        for listener in self._listeners:
            if listener.profile == profile or {listener.profile, profile} == {NOTHING, PASSWORD}:
                return listener
        raise RequestError(
            f"no port is open for security profile {profile}", allowed=tuple(map(str, sorted(self.urls)))
        )

    async def open(self) -> None:
        """Let all listen, or none: OSError if a port is taken."""
        try:
            for listener in self._listeners:
                await listener.open()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let none listen; their connections close at the same time."""
        async with asyncio.TaskGroup() as group:
            for listener in self._listeners:
                group.create_task(listener.close(), name=f"close-profile-{listener.profile}")

    def _secure(self, tls: Tls, *, mutual: bool) -> ssl.SSLContext:
        authority = self._authority()
        server = authority.server(tls.names or self._names, key=tls.key, flaw=tls.flaw)
        return context(tls, chain_and_key=server, roots=authority.root_pem if mutual else None)


def _first_profile(settings: Settings, given: ssl.SSLContext | None) -> int:
    if given is not None:
        return MUTUAL_TLS if given.verify_mode is ssl.CERT_REQUIRED else TLS
    return PASSWORD if settings.password is not None or settings.users else NOTHING


def _names(settings: Settings) -> tuple[str, ...]:
    """Return the names in server certificates; the address of all interfaces is the name of none."""
    host = "localhost" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    return tuple(dict.fromkeys((*settings.tls_names, host, "localhost", "127.0.0.1", "::1")))
