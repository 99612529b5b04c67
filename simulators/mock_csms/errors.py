"""What can go wrong with the mock CSMS.

MockCsmsError
 +- SettingsError       the settings cannot be used; the text names file, key and what is allowed
 +- RequestError        somebody asked for what makes no sense; the text says what is allowed
 +- NotConnectedError   the station is not connected, or went away while it was asked
 +- CallFailedError     the station answered a CALL with a CALLERROR
"""

from collections.abc import Mapping
from typing import Any


class MockCsmsError(Exception):
    """Whatever the mock CSMS foresees as an error."""


class SettingsError(MockCsmsError):
    """The settings cannot be used; the text names file, key and what is allowed."""


class RequestError(MockCsmsError):
    """A request makes no sense; the text says what is wrong, `allowed` what would do."""

    def __init__(self, message: str, *, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.allowed = allowed


class NotConnectedError(MockCsmsError):
    """The station is not connected, or went away while it was asked."""


class CallFailedError(MockCsmsError):
    """The station answered with a CALLERROR; `code`, `description` and `details` are its elements."""

    def __init__(self, code: str, description: str, details: Mapping[str, Any]) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.details = details
