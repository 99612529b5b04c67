"""Where a line's clients come in: a path of a pseudo terminal, or an address on loopback."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
MODBUS_TCP: Final = "tcp"
RTU_OVER_TCP: Final = "rtu+tcp"
ALLOWED: Final = (
    f"a path, or {MODBUS_TCP}:// or {RTU_OVER_TCP}:// with a loopback address and a port "
    f"(such as {MODBUS_TCP}://127.0.0.1:0)"
)

_NAME = re.compile(r"[0-9A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class TcpPlace:
    """An address on loopback and what is spoken there; its text is that of the settings file."""

    scheme: str
    """MODBUS_TCP or RTU_OVER_TCP."""
    host: str
    port: int
    """0 takes a free one."""
    name: str = ""
    """Tells lines apart that both take a free port: `tcp://127.0.0.1:0/name`."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}" + (f"/{self.name}" if self.name else "")


Place: TypeAlias = Path | TcpPlace


def parse(text: str, *, base: Path) -> Place:
    """Return the place of a text, a relative path in `base`; ValueError for what is none."""
    if "://" not in text:
        return base / text
    url = urlsplit(text)
    name = url.path.removeprefix("/")
    place = TcpPlace(url.scheme, url.hostname or "", url.port or 0, name)
    good = (
        place.scheme in (MODBUS_TCP, RTU_OVER_TCP)
        and place.host in LOOPBACK
        and (not name or (place.port == 0 and _NAME.fullmatch(name)))
    )
    if not good or str(place) != text:
        raise ValueError(text)
    return place
