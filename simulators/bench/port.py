"""How bytes come to a line: one port for each client, and the entrance through which clients come."""

from collections.abc import Callable
from typing import Protocol, TypeAlias


class Port(Protocol):
    """A stream of bytes to and from one client."""

    @property
    def address(self) -> str:
        """Where the client is found or comes from."""

    def open(self, received: Callable[[bytes], None], /) -> None:
        """Hand over every byte that comes in."""

    def write(self, data: bytes, /) -> None:
        """Send bytes; what nobody takes is lost."""

    def close(self) -> None:
        """End the stream."""


PortCallback: TypeAlias = Callable[[Port], None]


class Entrance(Protocol):
    """Where the clients of a line come in."""

    @property
    def address(self) -> str:
        """What a client has to open; a free TCP port is known once it is open."""

    async def open(self, came: PortCallback, gone: PortCallback, /) -> None:
        """Let clients in, each with a port of its own; BenchError if that cannot be."""

    async def close(self) -> None:
        """End every client's port and let nobody in any more."""
