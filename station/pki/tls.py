"""TLS to the CSMS: which versions, suites, chains and names are accepted (A00.FR.306-323, A00.FR.409-430)."""

import ipaddress
import ssl
from collections.abc import Iterable, Iterator
from typing import Any

import structlog

from station.pki.material import TlsMaterial

SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)
"""For TLS 1.2: both pairs of A00.FR.319 and A00.FR.422, and in the middle what a CSMS with an RSA certificate should
use instead of the second pair, because it has forward secrecy. TLS 1.3 brings its own suites, all of them sound."""

STRENGTH = 2
"""OpenSSL's security level: 112 bits, that is RSA from 2048 and curves from 224 bits, no SHA-1 (A00.FR.501-504)."""

log = structlog.get_logger("station.pki")

HOSTNAME_MISMATCH = 62  # X509_V_ERR_HOSTNAME_MISMATCH

Names = Iterator[tuple[str, str]]


class HelloRefusedError(ssl.SSLError):
    """The handshake ended before both sides agreed on a version and a cipher suite; `reason` is OpenSSL's."""


def context(material: TlsMaterial, *, allow_wildcards: bool = False, system_roots: bool = False) -> ssl.SSLContext:
    """Return what a connection over asyncio is made with; the server's name is the host of the URL.

    `allow_wildcards`: SecurityCtrlr.AllowCSMSTLSWildcards. `system_roots`: the operating system's roots count if
    there are none in `material`; without either no CSMS is trusted. Raises OSError, of which ssl.SSLError is one,
    if a root or the client's files cannot be used.
    """
    made = _Context(ssl.PROTOCOL_TLS_CLIENT)
    made.allow_wildcards = allow_wildcards
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_COMPRESSION  # A00.FR.321, A00.FR.424
    made.set_ciphers(":".join((f"@SECLEVEL={STRENGTH}", *SUITES)))
    # A root that replaces another one may be signed by it (M05.FR.10), and stays an anchor when that one is gone.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if material.roots:
        _trust(made, material.roots)
    elif system_roots:
        made.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if material.client is not None:
        # An expired certificate is shown as well: the CSMS decides (A00.FR.430).
        made.load_cert_chain(material.client.chain_file, material.client.key_file)
    return made


def _trust(made: ssl.SSLContext, roots: Iterable[str]) -> None:
    """Let roots count. One that cannot be read must not shut out the others; raises ssl.SSLError if none can be."""
    problem: ssl.SSLError | None = None
    for root in roots:
        try:
            made.load_verify_locations(cadata=root)
        except ssl.SSLError as error:
            problem = error
            log.error("root_certificate_unusable", why=error.reason or str(error))
    if problem is not None and not made.cert_store_stats()["x509"]:
        raise problem


def name_problem(certificate: Any, host: str, *, allow_wildcards: bool = False) -> str | None:
    """Say why a certificate, as `getpeercert` returns it, is not that of `host`; None if it is (A00.FR.309, .412).

    The standard looks at the commonName and lets subjectAltName add further names (A00.FR.511): any of them will do.
    """
    names = list(_names(certificate))
    if any(_is_host(name, host) for _, name in names):
        return None
    wildcards = [name for kind, name in names if kind != "IP Address" and _covers(name, host)]
    if wildcards and allow_wildcards:
        return None
    if wildcards:
        return f"it is for {wildcards[0]}, and AllowCSMSTLSWildcards is not set"
    return f"it is not for {host}, but for {_listed(dict.fromkeys(name for _, name in names))}"


class _Context(ssl.SSLContext):
    """Checks names by itself: OpenSSL cannot refuse wildcards, nor look at both kinds of names."""

    allow_wildcards: bool

    def __init__(self, _protocol: int) -> None:
        self.check_hostname = False
        self.verify_mode = ssl.CERT_REQUIRED
        self.sslobject_class = _Conversation

    def wrap_socket(self, *_args: Any, **_options: Any) -> ssl.SSLSocket:
        raise NotImplementedError("a blocking socket would not have its certificate's name checked")


class _Conversation(ssl.SSLObject):
    """Asyncio's end of one connection; nothing is sent before the name was checked."""

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, ssl.SSLCertVerificationError):
            raise
        except ssl.SSLError as error:
            if self.cipher() is not None:
                raise
            refused = HelloRefusedError(*error.args)
            refused.reason = error.reason
            raise refused from error
        self._check_name()

    def _check_name(self) -> None:
        made = self.context
        assert isinstance(made, _Context)
        problem = name_problem(self.getpeercert(), self.server_hostname or "", allow_wildcards=made.allow_wildcards)
        if problem is not None:
            error = ssl.SSLCertVerificationError(ssl.SSLErrorNumber.SSL_ERROR_SSL, problem)
            error.verify_code, error.verify_message = HOSTNAME_MISMATCH, problem
            raise error


def _names(certificate: Any) -> Names:
    """Yield kind and text of each name that a certificate gives its owner."""
    for part in certificate.get("subject", ()):
        for key, value in part:
            if key == "commonName":
                yield "commonName", value
    for kind, value in certificate.get("subjectAltName", ()):
        if kind in ("DNS", "IP Address"):
            yield kind, value


def _is_host(name: str, host: str) -> bool:
    if _bare(name) == _bare(host):
        return bool(_bare(host))
    try:
        return ipaddress.ip_address(name.strip()) == ipaddress.ip_address(host)
    except ValueError:
        return False


def _covers(wildcard: str, host: str) -> bool:
    """Tell whether `*.rest` covers the host: a whole label, the first one, of at least three (RFC 6125 6.4.3)."""
    label, _, rest = _bare(wildcard).partition(".")
    first, _, parent = _bare(host).partition(".")
    return label == "*" and "." in rest and bool(first) and rest == parent and not _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _bare(name: str) -> str:
    """Return a name as it is compared: in lower case, an internationalised one in its ASCII form."""
    name = name.removesuffix(".").lower()
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return name


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nobody"
