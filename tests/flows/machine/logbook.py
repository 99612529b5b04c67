"""What the station wrote into its log meanwhile: the end of it helps people, and some of it must never be there."""

from collections import deque
from collections.abc import Callable
from typing import Any

import structlog

BUGS = frozenset(
    {
        "answer_unwritable",
        "component_crashed",
        "consequence_crashed",
        "errand_failed",
        "message_given_up",
        "message_unusable",
        "own_request_invalid",
        "queue_too_long",
        "request_handler_crashed",
        "vendor_hook_failed",
    }
)
"""Nothing that people or devices do may lead to one of these."""
KEPT = 4000


class LogBook:
    """Takes the place of the log's output while it is `open`."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._lines: deque[str] = deque(maxlen=KEPT)
        self.bugs: list[str] = []

    def open(self) -> None:
        structlog.configure(
            processors=[structlog.processors.format_exc_info, self._keep], cache_logger_on_first_use=False
        )

    def note(self, text: str) -> None:
        self._lines.append(f"{self._now_s():10.2f} >>> {text}")

    def text(self) -> str:
        return "\n".join(self._lines)

    def _keep(self, _logger: Any, level: str, event: Any) -> Any:
        words = " ".join(f"{name}={value}" for name, value in event.items() if name != "event")
        line = f"{self._now_s():10.2f} {level} {event['event']} {words}"
        self._lines.append(line)
        if event["event"] in BUGS:
            self.bugs.append(line)
        raise structlog.DropEvent
