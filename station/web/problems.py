"""What is answered instead of what was asked for: a status, and words that say what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil

from station.errors import StationError


class ProblemError(StationError):
    """A request cannot be answered as it was meant."""

    def __init__(
        self,
        status: HTTPStatus,
        text: str,
        *,
        headers: Mapping[str, str] | None = None,
        needs_confirmation: bool = False,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.headers = dict(headers or {})
        self.answer = ErrorAnswer(text, needs_confirmation or None)


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """Every error of the API."""

    error: str
    """What is wrong, and what to do, for people."""
    needs_confirmation: bool | None = None
    """True: it is done if the same is asked for once more with `confirmed`."""


def too_many(text: str, *, wait_s: float) -> ProblemError:
    """Return the answer to somebody who asks too often."""
    return ProblemError(HTTPStatus.TOO_MANY_REQUESTS, text, headers={"Retry-After": str(max(1, ceil(wait_s)))})


def not_found(text: str) -> ProblemError:
    """Return the answer to somebody who asks for what there is not."""
    return ProblemError(HTTPStatus.NOT_FOUND, text)


def bad(text: str) -> ProblemError:
    """Return the answer to a request that cannot be understood."""
    return ProblemError(HTTPStatus.BAD_REQUEST, text)
