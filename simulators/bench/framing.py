"""What clients ask, cut out of a stream of bytes, whatever the frames around it look like."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Damage: TypeAlias = Callable[[bytes], bytes]
"""Makes another frame of a good one."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One request of one client: whom it asks and what."""

    unit: int
    pdu: bytes
    """At least the function code."""
    transaction: int = 0
    """What Modbus TCP wants back in the answer."""


class Framing(Protocol):
    """The frames of one client. Its memory is bounded, whatever comes in."""

    @property
    def damages(self) -> Mapping[str, Damage]:
        """What each line fault does to the frame of an answer; a fault that is not there does nothing."""

    @property
    def waiting(self) -> bool:
        """There is an unfinished frame that silence would end."""

    @property
    def out_of_step(self) -> bool:
        """Nobody can tell any more where a frame begins: the client has to connect anew."""

    def feed(self, data: bytes) -> Sequence[Inquiry]:
        """Take what came in and return what is complete now."""

    def silence(self) -> Sequence[Inquiry]:
        """Take it that nothing more comes for now."""

    def answer(self, inquiry: Inquiry, pdu: bytes) -> bytes:
        """Return the frame of an answer."""


MakeFraming: TypeAlias = Callable[[Callable[[], None]], Framing]
"""Makes the framing for one client, out of what is to be called for every frame that is broken."""


def noise(data: bytes) -> bytes:
    """Return as many other bytes, the same ones for the same data."""
    return bytes(byte ^ 0x5A for byte in data)
