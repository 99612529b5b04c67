"""Which password the CSMS is dialled with: the newest, or the one that worked before it (A01)."""

from collections.abc import Callable

from station.secret import Secret
from station.storage.facts import Facts

WORKED = "csms_password_that_worked"


class Passwords:
    """Tries the password that was set last; while the CSMS refuses it, takes turns with the one that worked.

    Both are kept until one that was set last works, across restarts too, so that neither a CSMS that did not take
    the new password over nor one that did so late loses the station.
    """

    def __init__(self, facts: Facts, current: Callable[[], Secret]) -> None:
        """`current`: SecurityCtrlr.BasicAuthPassword; an empty one is none."""
        self._facts = facts
        self._current = current
        self._refusals = 0

    def next(self) -> Secret | None:
        """Return what to try now; None if there is no password."""
        choices = self._choices()
        return choices[self._refusals % len(choices)] if choices else None

    def renewed(self) -> None:
        """BasicAuthPassword was set: that one is tried first."""
        self._refusals = 0

    def refused(self) -> None:
        """The CSMS did not take what was tried."""
        self._refusals += 1

    def worked(self, password: Secret | None) -> None:
        """The CSMS took it, and what worked before is forgotten; a newer one stays the other choice."""
        if password is not None and self._facts.get(WORKED) != password.reveal():
            self._facts.put(WORKED, password.reveal())

    def _choices(self) -> list[Secret]:
        worked = Secret(self._facts.get(WORKED) or "")
        return [secret for secret in dict.fromkeys((self._current(), worked)) if secret.reveal()]
