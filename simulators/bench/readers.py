"""What drivers identify themselves with, by the names that settings use, and what can be done with each."""

from typing import Any, Final

from simulators.bench.errors import RefusedError, RequestError
from simulators.bench.keyboard import KEYBOARD, Keyboard
from simulators.bench.pn532 import PN532, PN532_FAULTS, Pn532
from simulators.bench.pty_port import PtyPort
from simulators.bench.reader import TYPES, Reader
from simulators.bench.settings import ReaderSettings

KINDS: Final = (*TYPES, KEYBOARD, PN532)
DEEDS: Final = {
    "swipe": "swipe a card",
    "place": "leave a card there",
    "remove": "take a card away",
    "type_in": "type keys",
    "press": "press it",
}
"""What can be done with a reader, by the name of its method."""

AnyReader = Reader | Keyboard | Pn532


def made(settings: ReaderSettings, *, time_scale: float) -> AnyReader:
    """Return the reader that settings describe."""
    port = PtyPort(settings.port)
    if settings.type == KEYBOARD:
        return Keyboard(settings.id, port)
    if settings.type == PN532:
        return Pn532(settings.id, port, time_scale=time_scale)
    return Reader(settings.id, port, kind=settings.type)


def do(reader: AnyReader, deed: str, *how: Any) -> None:
    """Do something with a reader; RefusedError if it is of a kind that does not know it."""
    act = getattr(reader, deed, None)
    if act is None:
        raise RefusedError(f"reader {reader.id} is a {reader.kind}: one cannot {DEEDS[deed]}")
    act(*how)


def put_fault(reader: AnyReader, name: str, *, on: bool) -> None:
    """Put a fault on a reader or take it off; RefusedError if it knows none, RequestError for one that is none."""
    if not isinstance(reader, Pn532):
        raise RefusedError(f"reader {reader.id} is a {reader.kind}: faults are for those of type {PN532}")
    if name not in PN532_FAULTS:
        raise RequestError(f"fault {name!r} is unknown, allowed are {', '.join(PN532_FAULTS)}")
    (reader.faults.add if on else reader.faults.discard)(name)
