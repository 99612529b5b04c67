"""Logging: structured events on stderr, for people or as JSON lines, with secrets masked by type and by key."""

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from station.clock import Clock, SystemClock
from station.secret import MASK, SECRET_NAMES, without_credentials

Tee = Callable[[str, Mapping[str, Any]], None]

WIRE = "station.wire"
"""The logger of raw frames; they hold id tokens, so it is silent unless it is asked for."""

LEVELS = ("debug", "info", "warning", "error")

MASKED_KEYS = frozenset(
    {"authorization", "basicauthpassword", "groupidtoken", "uid"}
    # What merely holds a key of another kind, such as that of a meter, is called otherwise or is no secret.
    | {name.lower() for name in SECRET_NAMES if name != "key"}
)
"""Compared in lower case and without underscores."""

SYSLOG_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}


def configure(
    level: str = "info",
    *,
    as_json: bool = False,
    wire: bool = False,
    stream: TextIO | None = None,
    clock: Clock | None = None,
    for_good: bool = False,
    tee: Tee | None = None,
) -> None:
    """Set logging up for the whole process; the last call counts. `level` is one of LEVELS.

    Lines get a `<n>` priority prefix if the stream leads to the journal. Records of the standard library's logging,
    which the libraries use, join from level warning up. `for_good` lets each logger keep this set-up from its first
    use on, so that a line held back costs next to nothing: right for a daemon, wrong where another call may follow.
    """
    out = stream or sys.stderr
    render: Processor = structlog.processors.JSONRenderer() if as_json else _console(out)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.stdlib.add_logger_name,
            _stamp(clock or SystemClock()),
            structlog.processors.format_exc_info,
            mask,
            *([_copy(tee)] if tee else []),
            render,
            *([_prefix_priority] if _leads_to_journal(out) else []),
        ],
        wrapper_class=_by_name(logging.getLevelNamesMapping()[level.upper()], wire=wire),
        logger_factory=lambda name="station": _Lines(name, out),
        cache_logger_on_first_use=for_good,
    )
    _adopt_standard_logging()


def mask(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace whatever stands under a key that names a secret, at any depth, and what looks like one in a text.

    Values that are secret by type, station.secret.Secret and core.tokens.IdToken, show as *** by themselves.
    """
    return {key: _masked(key, value) for key, value in event.items()}


def _masked(key: object, value: Any) -> Any:
    if isinstance(key, str) and key.replace("_", "").lower() in MASKED_KEYS:
        return MASK
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, Mapping):
        return {inner: _masked(inner, member) for inner, member in value.items()}
    if isinstance(value, list):
        return [_masked(None, member) for member in value]
    if type(value) is tuple:
        return tuple(_masked(None, member) for member in value)
    return value


def _copy(tee: Tee) -> Processor:
    def copy(logger: Any, _method: str, event: EventDict) -> EventDict:
        if logger.name != WIRE:
            tee(logger.name, event)
        return event

    return copy


class _Lines:
    """Writes finished lines; one object for each logger's name."""

    __slots__ = ("_stream", "name")

    def __init__(self, name: str, stream: TextIO) -> None:
        self.name = name
        self._stream = stream

    def write(self, line: str) -> None:
        # A full disk or a closed pipe behind the log must not stop a charging session.
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = write


def _by_name(level: int, *, wire: bool) -> Any:
    """Return what makes loggers: all hold back what is below `level`, only raw frames have a switch of their own."""
    usual: Any = structlog.make_filtering_bound_logger(level)
    frames: Any = structlog.make_filtering_bound_logger(logging.DEBUG if wire else logging.CRITICAL)

    def make(logger: "_Lines", **rest: Any) -> Any:
        return (frames if logger.name == WIRE else usual)(logger, **rest)

    return make


def _stamp(clock: Clock) -> Processor:
    def stamp(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["timestamp"] = clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return event

    return stamp


def _console(stream: TextIO) -> Processor:
    # The plain formatter: the default one would print local variables, and with them passwords, if `rich` is there.
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=28
    )


def _prefix_priority(_logger: Any, method: str, line: Any) -> str:
    """Begin each line with its priority as sd-daemon(3) defines it; a traceback is many lines."""
    prefix = f"<{SYSLOG_PRIORITIES.get(method, 6)}>"
    return "\n".join(prefix + part for part in str(line).split("\n"))


def _leads_to_journal(stream: TextIO) -> bool:
    """Tell whether systemd connected this stream to the journal (systemd.exec(5), JOURNAL_STREAM)."""
    try:
        stat = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{stat.st_dev}:{stat.st_ino}"


class _Adopter(logging.Handler):
    """Hands records of the standard library's logging on to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        name = "error" if record.levelno >= logging.ERROR else "warning"
        tell: Callable[..., None] = getattr(structlog.get_logger(record.name), name)
        context: MutableMapping[str, Any] = {"exc_info": record.exc_info} if record.exc_info else {}
        tell(record.getMessage(), **context)


def _adopt_standard_logging() -> None:
    root = logging.getLogger()
    root.handlers = [*(handler for handler in root.handlers if not isinstance(handler, _Adopter)), _Adopter()]
    root.setLevel(logging.WARNING)
