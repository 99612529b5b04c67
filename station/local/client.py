"""Asks the station that runs in a state folder, over its socket; for commands, so everything waits."""

import contextlib
import json
import socket
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

from station.errors import StationError
from station.local.socket_place import NAME, address

ANSWER_S: Final = 10.0
LONGEST_ANSWER: Final = 16 * 1024 * 1024


class NotRunningError(StationError):
    """No station runs with this state folder."""


class NotAnsweredError(StationError):
    """The station does not do what it was asked for, or does not answer; the text says why."""


def is_running(state_dir: Path) -> bool:
    """Say whether a station runs here; raises NotAnsweredError if this user may not ask."""
    try:
        _connected(state_dir, ANSWER_S).close()
    except NotRunningError:
        return False
    return True


def ask(state_dir: Path, do: str, *, wait_s: float = ANSWER_S, **arguments: Any) -> Any:
    """Have the station do something, and return its answer (JSON data).

    Raises NotRunningError if there is no station, NotAnsweredError if it refuses or takes longer than `wait_s`.
    """
    with contextlib.closing(stream(state_dir, do, wait_s=wait_s, **arguments)) as answers:
        for answer in answers:
            return answer
    raise NotAnsweredError(f"the station ended before it answered {do}; see its log")


def stream(state_dir: Path, do: str, *, wait_s: float | None = None, **arguments: Any) -> Generator[Any, None, None]:
    """Yield what the station answers until it ends, or the caller closes this; raises as `ask`.

    `wait_s`: how long one answer may take; None for as long as it likes.
    """
    with _connected(state_dir, wait_s) as connection, connection.makefile("rb") as answers:
        try:
            connection.sendall(json.dumps({"do": do, **arguments}).encode() + b"\n")
            while line := answers.readline(LONGEST_ANSWER):
                yield _read(line, do)
        except TimeoutError:
            raise NotAnsweredError(f"the station did not answer {do} within {wait_s:g} s; see its log") from None
        except OSError as error:
            raise NotAnsweredError(f"the station ended while it was asked for {do}: {error.strerror}") from error


def _connected(state_dir: Path, wait_s: float | None) -> socket.socket:
    path = state_dir / NAME
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(ANSWER_S if wait_s is None else wait_s)
        with address(path) as there:
            connection.connect(there)
        connection.settimeout(wait_s)
    except BaseException as error:
        connection.close()
        if isinstance(error, OSError):
            raise _not_reached(path, error) from error
        raise
    return connection


def _not_reached(path: Path, error: OSError) -> StationError:
    match error:
        case FileNotFoundError() | ConnectionRefusedError() | NotADirectoryError():
            return NotRunningError(
                f"no station runs with the state folder {path.parent}; start it: systemctl start station,"
                " or station run --config FILE"
            )
        case PermissionError():
            return NotAnsweredError(f"{path} may not be used by this user; be root, or the station's user")
        case TimeoutError() | BlockingIOError():
            return NotAnsweredError(f"the station does not answer at {path}; see its log")
    return NotAnsweredError(f"{path}: {error.strerror or error}")


def _read(line: bytes, do: str) -> Any:
    try:
        answer = json.loads(line)
        if answer["ok"]:
            return answer["answer"]
        refusal = str(answer["error"])
    except (ValueError, TypeError, KeyError) as error:
        raise NotAnsweredError(f"the station answered {do} with what cannot be understood") from error
    raise NotAnsweredError(refusal)
