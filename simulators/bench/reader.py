"""A card reader at a serial port: it sends the UID of a card as one line of hex digits."""

import re

from simulators.bench.errors import RequestError
from simulators.bench.pty_port import PtyPort

_UID = re.compile(r"(?:[0-9A-Fa-f]{2}){4,10}")


class Reader:
    """Sends what is swiped, upper case, ended by CR LF."""

    def __init__(self, number: int, port: PtyPort) -> None:
        self.id = number
        self._port = port

    @property
    def path(self) -> str:
        """The path to open."""
        return str(self._port.path)

    def open(self) -> None:
        """Create the port; what is sent to the reader is ignored."""
        self._port.open(lambda _data: None)

    def close(self) -> None:
        """Remove the port."""
        self._port.close()

    def swipe(self, uid: str) -> None:
        """Present a card; RequestError if `uid` is none."""
        if not _UID.fullmatch(uid):
            raise RequestError(
                f"uid {uid!r} is no card: 4 to 10 bytes as hex digits are allowed, such as 04A2B3C4D5E680"
            )
        self._port.write(uid.upper().encode("ascii") + b"\r\n")
