"""What must not be read in a log: id tokens, passwords, keys, and signed data, which names its token too; pure."""

import re
from collections.abc import Iterator
from typing import Any

from station.secret import MASK, SECRET_NAMES, without_credentials

_SECRET_NAMES = frozenset(name.lower() for name in SECRET_NAMES)
_NAME = rf"""(["']?(?<![A-Za-z])(?:{"|".join(SECRET_NAMES)})\\*["']?\s*[:=]\s*)"""
_SECRET_TEXT = re.compile(rf"""{_NAME}\\*(["'])(?:(?!\2)[^\\]|\\.)*+\2?""", re.DOTALL | re.IGNORECASE)
_SECRET_BARE = re.compile(rf"""{_NAME}[^\s"'\\{{\[,}}\]][^\s,}}\]]*+""", re.IGNORECASE)
_SECRET_VALUE = re.compile(r'("(?:attributeValue|actualValue|value)"\s*:\s*)"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_VALUES_OF_VARIABLES = ("attributeValue", "actualValue", "value")
_QUERY = re.compile(r'(://(?:(?!://)[^\s"?])*+\?)[^\s"]+')
_CALLERROR = re.compile(r"""\A(\s*\[\s*4\s*,\s*"[^"]*"\s*,\s*"[^"]*"\s*,).*""", re.DOTALL)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Shown:
    """A frame in the log: made readable, and rid of secrets, only where it is really written."""

    __slots__ = ("_frame",)

    def __init__(self, frame: str | bytes) -> None:
        self._frame = frame

    def cut(self, most: int) -> "Shown":
        """Return what begins like this and takes little memory; a later word that tells of secrets still counts."""
        frame = self._frame
        if isinstance(frame, bytes) or len(frame) <= most:
            return self
        about = ", about a password" if "password" in frame.lower() else ""
        return Shown(f"{frame[:most]}... ({len(frame) - most} more characters{about})")

    def __repr__(self) -> str:
        if isinstance(self._frame, bytes):
            return f"{len(self._frame)} bytes"
        # Who refuses a request may repeat its secrets in plain words; the session tells the reason without them.
        text = redacted(_CALLERROR.sub(rf"\1{MASK}]", self._frame))
        # One line: a frame must not look like lines of the log.
        return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def redacted(text: str) -> str:
    """Return a frame, or what is left of one, for a log: secrets are found by the names beside them."""
    text = _SECRET_TEXT.sub(rf"\1\2{MASK}\2", text)
    text = _SECRET_BARE.sub(rf'\1"{MASK}"', text)
    if "password" in text.lower():
        # A variable's value stands beside its name, not under it.
        text = _SECRET_VALUE.sub(rf'\1"{MASK}"', text)
    return without_credentials(_QUERY.sub(rf"\1{MASK}", text))


def hushed(text: str, payload: object) -> str:
    """Return what somebody says about a payload without the secrets of that payload, however they are repeated."""
    secrets = sorted(set(_secrets_in(payload)), key=len, reverse=True)
    if secrets:
        text = re.sub("|".join(re.escape(secret) for secret in secrets), MASK, text, flags=re.IGNORECASE)
    return redacted(text)


def hush(error: BaseException, payload: object) -> None:
    """Take a payload's secrets out of what an error says, and the errors before it, lest a traceback tells them."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        error.args = tuple(hushed(str(part), payload) if _speaks(part) else part for part in error.args)
        error = error.__cause__ or error.__context__  # type: ignore[assignment]


def _speaks(part: object) -> bool:
    return not isinstance(part, int | float | None)


def _secrets_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            if str(name).lower() in _SECRET_NAMES and isinstance(member, str | int):
                yield from _text(member)
            else:
                yield from _secrets_in(member)
        if _is_about_a_password(value):
            for name in _VALUES_OF_VARIABLES:
                yield from _text(value.get(name))
    elif isinstance(value, list):
        for member in value:
            yield from _secrets_in(member)


def _text(value: Any) -> Iterator[str]:
    if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
        yield str(value)


def _is_about_a_password(item: dict[str, Any]) -> bool:
    variable = item.get("variable")
    return isinstance(variable, dict) and "password" in str(variable.get("name")).lower()
