"""TLS to the CSMS: what it shows, and whether that is trusted."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from station.errors import StationError
from station.ocpp.failures import Failure, FailureKind, explain
from station.pki.material import TlsMaterial
from station.pki.tls import context

SHAKE_S = 10.0


@dataclass(frozen=True, slots=True)
class Shown:
    """The certificate that a server shows, whether or not it is trusted."""

    names: tuple[str, ...]
    issuer: str
    not_before: datetime
    not_after: datetime
    version: str
    """Of TLS."""

    def __str__(self) -> str:
        names = ", ".join(self.names) or "nobody"
        period = f"{self.not_before:%Y-%m-%d} to {self.not_after:%Y-%m-%d}"
        return f"for {names}, signed by {self.issuer}, valid {period} ({self.version})"


async def shown_by(host: str, port: int, *, name: str, material: TlsMaterial) -> Shown | None:
    """Return what the server shows; None if not even that comes about."""
    looser = context(material, system_roots=True)
    looser.verify_mode = ssl.CERT_NONE
    looser.sslobject_class = ssl.SSLObject  # ours would check the name
    try:
        async with _connected(host, port, tls=looser, name=name) as writer:
            wire: ssl.SSLObject = writer.get_extra_info("ssl_object")
            return _shown(wire.getpeercert(binary_form=True), wire.version())
    except (OSError, TimeoutError, ValueError, StationError):
        return None


async def distrust(host: str, port: int, *, name: str, tls: ssl.SSLContext, clock_is_set: bool) -> Failure | None:
    """Say why the station does not connect with what the server shows; None if it does."""
    try:
        async with _connected(host, port, tls=tls, name=name):
            return None
    except ssl.SSLError as error:
        return explain(error, clock_is_set=clock_is_set)
    except TimeoutError:
        told = f"no TLS handshake within {SHAKE_S:g} s; is TLS spoken there at all?"
        return Failure(FailureKind.SILENT, told)
    except (OSError, ValueError) as error:
        return explain(error)


@asynccontextmanager
async def _connected(host: str, port: int, *, tls: ssl.SSLContext, name: str) -> AsyncIterator[asyncio.StreamWriter]:
    async with asyncio.timeout(SHAKE_S):
        _, writer = await asyncio.open_connection(host, port, ssl=tls, server_hostname=name)
    try:
        yield writer
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _shown(der: bytes | None, version: str | None) -> Shown | None:
    try:
        leaf = x509.load_der_x509_certificate(der or b"")
        return Shown(
            names=tuple(dict.fromkeys(_names(leaf))),
            issuer=leaf.issuer.rfc4514_string() or "nobody",
            not_before=leaf.not_valid_before_utc,
            not_after=leaf.not_valid_after_utc,
            version=version or "",
        )
    except ValueError:
        return None


def _names(leaf: x509.Certificate) -> list[str]:
    names = [str(attribute.value) for attribute in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    try:
        more = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return names
    addresses = [str(address) for address in more.get_values_for_type(x509.IPAddress)]
    return [*names, *more.get_values_for_type(x509.DNSName), *addresses]
