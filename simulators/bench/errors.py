"""What can go wrong on the bench.

BenchError
 +- SettingsError   the settings cannot be used; the text names file, key and what is allowed
 +- RequestError    somebody asked the bench for what it has not or cannot do; the text says what is allowed
     +- UnknownError   there is no such EVSE, reader or line
     +- RefusedError   possible in general, but not as things stand
"""


class BenchError(Exception):
    """Whatever the bench foresees as an error."""


class SettingsError(BenchError):
    """The settings cannot be used; the text names file, key and what is allowed."""


class RequestError(BenchError):
    """A request cannot be obeyed; the text says what is allowed."""


class UnknownError(RequestError):
    """There is no EVSE, reader or line of that number; the text names those that are."""


class RefusedError(RequestError):
    """The request is a good one, but not as things stand."""
