"""Work that outlives the connection over which it was asked for."""

from collections.abc import Coroutine
from typing import Any, Protocol


class Spawn(Protocol):
    """Starts a task that the station owns; it goes on if the CSMS goes away meanwhile."""

    def __call__(self, name: str, work: Coroutine[Any, Any, None]) -> None: ...
