"""One client of a line: its bytes in, its requests to the line, answers back to it."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from simulators.bench.framing import Framing, Inquiry
from simulators.bench.port import Port
from simulators.bench.rtu import SILENCE_S
from simulators.bench.timing import Timer

Hear: TypeAlias = Callable[["Conversation", Inquiry], None]


class Conversation:
    """Talks with one client through its port, in the frames that it uses; `hear` gets every request."""

    def __init__(self, port: Port, framing: Framing, hear: Hear) -> None:
        self.requests = 0
        """Whole requests that came from this client, whoever was meant."""
        self._port = port
        self._framing = framing
        self._hear = hear
        self._open = False
        self._silence = Timer(self._gave_up)

    @property
    def client(self) -> str:
        """Where the client comes from."""
        return self._port.address

    def open(self) -> None:
        """Listen to the client."""
        self._open = True
        self._port.open(self._received)

    def close(self) -> None:
        """Listen no more; answers that are still to come are lost."""
        self._open = False
        self._silence.stop()

    def answer(self, inquiry: Inquiry, pdu: bytes, *, damaged: Callable[[str], bool]) -> None:
        """Send an answer; `damaged` tells which line faults it is to suffer."""
        if not self._open:
            return
        frame = self._framing.answer(inquiry, pdu)
        for fault, damage in self._framing.damages.items():
            if damaged(fault):
                frame = damage(frame)
        self._port.write(frame)

    def _received(self, data: bytes) -> None:
        self._pass_on(self._framing.feed(data))
        if self._framing.out_of_step:
            self._port.close()
        elif self._framing.waiting:
            self._silence.start(SILENCE_S)

    def _gave_up(self) -> None:
        self._pass_on(self._framing.silence())

    def _pass_on(self, inquiries: Iterable[Inquiry]) -> None:
        for inquiry in inquiries:
            self.requests += 1
            self._hear(self, inquiry)
