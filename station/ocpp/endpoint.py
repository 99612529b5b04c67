"""Where the CSMS is and who the station is to it (Part 4 section 3)."""

import base64
import ssl
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

from station.secret import Secret

MAX_IDENTITY_LENGTH = 48


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way to the CSMS. Raises ValueError for what cannot work."""

    url: str
    """ws:// or wss://, with or without the identity at its end (NetworkConnectionProfile.ocppCsmsUrl)."""
    identity: str
    """SecurityCtrlr.Identity: at most 48 characters, no colon."""
    password: Secret | None = None
    """SecurityCtrlr.BasicAuthPassword; None for a CSMS that asks for none."""
    tls: ssl.SSLContext | None = None
    """For wss://; None for the system's certificates."""
    compression: bool = True
    """Offer permessage-deflate (RFC 7692)."""
    proxy: str | None = field(default=None, repr=False)
    """http://host:port of an HTTP proxy, with user and password if it wants them; None: dial directly."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise ValueError("the URL of the CSMS must read ws://host/path or wss://host/path")
        _ = parts.port  # raises ValueError
        if "@" in parts.netloc:
            raise ValueError("the URL of the CSMS must not hold a password; configure it on its own")
        if not self.identity or len(self.identity) > MAX_IDENTITY_LENGTH or ":" in self.identity:
            raise ValueError(
                f"the identity {self.identity!r} must have 1 to {MAX_IDENTITY_LENGTH} characters, none of them ':'"
            )

    @property
    def encrypted(self) -> bool:
        """The connection is made over TLS."""
        return urlsplit(self.url).scheme == "wss"

    @property
    def server_name(self) -> str:
        """Whom TLS asks for and checks: the host, without the dot of a name that is complete (RFC 6066 section 3)."""
        return (urlsplit(self.url).hostname or "").removesuffix(".")

    @property
    def dial_url(self) -> str:
        """The URL to connect to: the CSMS's, then the identity percent-encoded (Part 4 section 3.1.1)."""
        parts = urlsplit(self.url)
        path, name = parts.path.rstrip("/"), quote(self.identity, safe="")
        if path.rpartition("/")[2] not in (name, self.identity):
            path = f"{path}/{name}"
        return urlunsplit((parts.scheme, parts.netloc, quote(path, safe="/%:@!$&'()*+,;=~"), parts.query, ""))

    @property
    def headers(self) -> dict[str, str]:
        """What each connection request carries (A00.FR.202..205); never to be logged."""
        if self.password is None:
            return {}
        credentials = f"{self.identity}:{self.password.reveal()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(credentials).decode()}"}
