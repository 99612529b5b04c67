"""What must not be shown: a text that keeps itself secret, and where secrets stand in texts of others."""

import re
from typing import Final

MASK: Final = "***"

SECRET_NAMES: Final = (
    "idToken",
    "additionalIdToken",
    "signedMeterData",
    "customerIdentifier",
    "password",
    "apnPassword",
    "key",
    "simPin",
)
"""Members of OCPP messages whose values name a person or open a door."""

_IN_WORDS: Final = re.compile(
    r"(?P<before>://)[^/@\s\"']+(?=@)"  # user and password in a URL, as errors about a proxy quote it
    r"|(?P<scheme>\b(?:Basic|Bearer) +)[\w+/=.~-]{6,}"  # an Authorization header
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.DOTALL,
)


class Secret:
    """Text that reads `***` wherever it is formatted; `reveal()` is the only way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself; call it where it is used, and nowhere else."""
        return self._text

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


def without_credentials(text: str) -> str:
    """Return a text, a traceback included, without URL users, Authorization headers and private keys.

    The words of errors come from libraries, which know nothing of what is secret here.
    """
    return _IN_WORDS.sub(_kept, text)


def _kept(found: re.Match[str]) -> str:
    """Return the beginning, which says what it is, without the secret."""
    return (found["before"] or found["scheme"] or "") + MASK
