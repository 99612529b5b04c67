"""The certificate that the page answers with, taken anew when its files change."""

import ssl
from pathlib import Path
from typing import Final

import structlog

from station.errors import SettingsError

_SUITES: Final = "@SECLEVEL=2:ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2: those with forward secrecy; TLS 1.3 brings its own."""

log = structlog.get_logger("station.web")


class Certificate:
    """A chain and its private key, from files that somebody else renews."""

    def __init__(self, chain: Path, key: Path) -> None:
        """Load both; SettingsError if they cannot be used."""
        self._chain, self._key = chain, key
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_ciphers(_SUITES)
        self.context.set_alpn_protocols(["http/1.1"])
        self._mark = self._marked()
        self._load(self.context)

    def refresh(self) -> None:
        """Take what the files hold now for connections from now on; files that cannot be used change nothing."""
        mark = self._marked()
        if mark == self._mark:
            return
        self._mark = mark
        try:
            # First into another one: half a change would leave a chain without its key.
            self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
            self._load(self.context)
        except SettingsError as error:
            log.error("web_certificate_unusable", error=str(error))
        else:
            log.info("web_certificate_renewed", file=str(self._chain))

    def _load(self, context: ssl.SSLContext) -> None:
        try:
            # Without a password OpenSSL would ask for one at a terminal, and wait.
            context.load_cert_chain(self._chain, self._key, password=lambda: b"")
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
            raise SettingsError(
                f"web.certificate {self._chain} and web.key {self._key} cannot be used: {reason}; they have to hold a"
                " certificate and its own private key, as PEM, without a password"
            ) from error

    def _marked(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(map(_mark_of, (self._chain, self._key)))


def _mark_of(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns
