"""The way to the CSMS and what waits on it, for operators."""

from station.local.brief import Brief
from station.local.parts import Parts
from station.local.views import CsmsView, QueuedView
from station.ocpp.redaction import redacted
from station.secret import without_credentials
from station.storage.outbox import DeadLetter, Outbox, Queued


class CsmsSideViews:
    """Makes the views of connection and queue; what a message says is in none of them."""

    def __init__(self, parts: Parts) -> None:
        self._csms = parts.csms
        self._outbox = Outbox(parts.database)
        self._sizes = Brief(lambda: (self._outbox.size(), self._outbox.dead_count()))

    def connection(self) -> CsmsView:
        """Return how it stands; the sizes are those of a moment ago."""
        csms = self._csms
        queued, dead_letters = self._sizes()
        return CsmsView(
            url=csms.url,
            slot=csms.slot,
            security_profile=csms.security_profile,
            connected=csms.connected,
            registration=csms.registration,
            online=csms.online,
            last_failure=without_credentials(csms.last_failure),
            queued=queued,
            dead_letters=dead_letters,
        )

    def queue(self, limit: int) -> tuple[QueuedView, ...]:
        """Return the oldest messages that wait."""
        return tuple(_waiting(message) for message in self._outbox.head(limit))

    def dead_letters(self, limit: int) -> tuple[QueuedView, ...]:
        """Return the newest messages that were given up, oldest first."""
        return tuple(_given_up(letter) for letter in self._outbox.dead_letters()[-limit:])


def _waiting(message: Queued, reason: str = "") -> QueuedView:
    return QueuedView(
        id=message.id,
        kind=message.kind,
        transaction_id=message.transaction_id or "",
        seq_no=message.seq_no,
        created_at=message.created_at,
        attempts=message.attempts,
        reason=reason,
    )


def _given_up(letter: DeadLetter) -> QueuedView:
    # What a CSMS says about a message it refuses may repeat what is in it.
    return _waiting(letter.message, redacted(letter.reason))
