"""What a TLS connection to the CSMS is made with."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """The certificate that the station shows, and the files that hold its chain (leaf first) and its private key."""

    chain_file: Path
    key_file: Path
    serial: str  # of the certificate, hexadecimal

    def __str__(self) -> str:
        return f"client certificate {self.serial}"


@dataclass(frozen=True, slots=True)
class TlsMaterial:
    """The roots (PEM texts) that the CSMS is judged by, and who the station says it is."""

    roots: tuple[str, ...]
    client: ClientIdentity | None = None
