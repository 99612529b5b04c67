"""TLS: what a listener shows to stations, as a value, and the context that shows it."""

import ssl
import tempfile
import warnings
from asyncio import BaseTransport
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from simulators.mock_csms.errors import RequestError
from simulators.mock_csms.handshake import ClientCertificate, Security
from simulators.mock_csms.settings import EC, KEY_TYPES

VERSIONS: Final[Mapping[str, ssl.TLSVersion]] = {
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}

_OLD_CIPHERS: Final = "ALL:@SECLEVEL=0"
"""TLS 1.1 hashes with SHA-1, which OpenSSL 3 allows on its lowest level of security only."""


_NO_CHECK_TIME: Final = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME, which Python has no name for."""


class Flaw(StrEnum):
    """What is wrong with a certificate, on purpose."""

    NONE = "none"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_NAME = "wrong_name"
    UNKNOWN_CA = "unknown_ca"
    SELF_SIGNED = "self_signed"
    """Of a server certificate only: a CSR cannot be signed with its own key."""
    OTHER_KEY = "other_key"
    """Of a station's certificate only: it is for a key that the station does not have."""


SERVER_FLAWS: Final = tuple(flaw for flaw in Flaw if flaw is not Flaw.OTHER_KEY)
CLIENT_FLAWS: Final = tuple(flaw for flaw in Flaw if flaw is not Flaw.SELF_SIGNED)


@dataclass(frozen=True, slots=True)
class Tls:
    """What a listener shows."""

    flaw: Flaw = Flaw.NONE
    """Of the server certificate."""
    names: tuple[str, ...] = ()
    """In the server certificate, the first one as its CN; none: those of the CSMS. `*.` begins a wildcard."""
    key: str = EC
    """Type of the server's key: one of KEY_TYPES."""
    maximum_version: str = "TLSv1.3"
    """One of VERSIONS; the lowest version is 1.2, or this one if it is older."""
    ciphers: str | None = None
    """The list of cipher suites up to TLS 1.2, as OpenSSL writes it."""
    client_ca: str = ""
    """PEM of further authorities whose client certificates are good, beside that of the CSMS."""
    expired_clients: bool = False
    """Let stations in whose certificates have expired, to renew them (A00.FR.429)."""

    def __post_init__(self) -> None:
        if self.flaw not in SERVER_FLAWS:
            raise RequestError(f"flaw: a server certificate cannot be {self.flaw}", allowed=SERVER_FLAWS)
        if self.key not in KEY_TYPES:
            raise RequestError(f"key: {self.key!r} is unknown", allowed=KEY_TYPES)
        if self.maximum_version not in VERSIONS:
            raise RequestError(f"maximum_version: {self.maximum_version!r} is unknown", allowed=tuple(VERSIONS))


def context(tls: Tls, *, chain_and_key: str, roots: str | None) -> ssl.SSLContext:
    """Return a server's context; with `roots` (PEM) a client certificate is required.

    RequestError if this OpenSSL cannot do what is asked for.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.options |= ssl.OP_NO_COMPRESSION
    try:
        _limit(made, tls)
        _load(made, chain_and_key)
        if roots is not None:
            made.load_verify_locations(cadata=roots + tls.client_ca)
            made.verify_mode = ssl.CERT_REQUIRED
            made.verify_flags |= _NO_CHECK_TIME if tls.expired_clients else 0
    except (ValueError, OSError) as error:
        raise RequestError(f"{ssl.OPENSSL_VERSION} refuses: {error}") from error
    return made


def as_given(given: ssl.SSLContext, tls: Tls) -> ssl.SSLContext:
    """Return a context that was made elsewhere and shows what it shows."""
    if tls != Tls():
        raise RequestError("this port was started with a certificate of its own and shows that one only")
    return given


def _limit(made: ssl.SSLContext, tls: Tls) -> None:
    highest = VERSIONS[tls.maximum_version]
    old = highest < ssl.TLSVersion.TLSv1_2
    if old and not ssl.HAS_TLSv1_1:
        raise RequestError(f"{ssl.OPENSSL_VERSION} has no {tls.maximum_version}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are deprecated: that is the point
        made.minimum_version = min(highest, ssl.TLSVersion.TLSv1_2)
        made.maximum_version = highest
    if ciphers := tls.ciphers or (_OLD_CIPHERS if old else None):
        made.set_ciphers(ciphers)


def _load(made: ssl.SSLContext, chain_and_key: str) -> None:
    # OpenSSL's wrapper reads keys from files only; this one is gone again at once.
    with tempfile.TemporaryDirectory(prefix="mock-csms-") as folder:
        file = Path(folder) / "server.pem"
        file.write_text(chain_and_key, "ascii")
        made.load_cert_chain(file)


class AlertingObject(ssl.SSLObject):
    """Lets asyncio send the alert that tells the peer why its handshake failed; by itself it throws that away."""

    on_failure: Callable[[str], None]
    _failed = False

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            if self._failed:
                raise
            self._failed = True
            self.on_failure(error.reason or str(error))
            raise ssl.SSLWantReadError from error  # asyncio sends what there is, and comes back when the peer closes


class ChangingContext(ssl.SSLContext):
    """Serves each new connection with the context of the moment, `now`; tells `on_failure` why a handshake failed."""

    now: ssl.SSLContext | None = None
    on_failure: Callable[[str], None]

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        assert self.now is not None
        self.now.sslobject_class = AlertingObject
        made = self.now.wrap_bio(*args, **options)
        assert isinstance(made, AlertingObject)
        made.on_failure = self.on_failure
        return made


def security_of(transport: BaseTransport, profile: int) -> Security:
    """Return how a connection that was accepted is secured."""
    wire: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    if wire is None:
        return Security(profile)
    cipher = wire.cipher()
    return Security(profile, wire.version(), cipher[0] if cipher else None, _client(wire.getpeercert()))


def _client(shown: Mapping[str, Any] | None) -> ClientCertificate | None:
    if not shown:
        return None
    subject = dict(pair for group in shown["subject"] for pair in group)
    return ClientCertificate(
        serial=f"{int(shown['serialNumber'], 16):x}",
        common_name=subject.get("commonName", ""),
        organization=subject.get("organizationName", ""),
    )
