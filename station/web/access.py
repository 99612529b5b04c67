"""Who may operate: the login with the password, the sessions that follow it, and tokens of programs."""

import hmac
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import structlog

from station.errors import StorageError
from station.web.access_file import NOTHING, AccessFile, Kept
from station.web.addresses import is_loopback, neighbourhood
from station.web.hashing import hash_token, is_password
from station.web.limits import Limiter, Rate
from station.web.problems import ProblemError, too_many
from station.web.workshop import Workshop

IDLE_S: Final = 30 * 60.0
"""A session ends that long after the last request of its browser; what the station tells by itself is none."""
ABSOLUTE_S: Final = 8 * 3600.0
MOST_SESSIONS: Final = 16
TRIES_OF_ONE: Final = Rate(burst=5, every_s=30)
TRIES_OF_ALL: Final = Rate(burst=20, every_s=3)
"""Of wrong passwords and tokens. By trying day and night somebody gets through ten million a year."""
MOST_WELCOME: Final = 8
"""So many addresses that logged in lately are not kept out by the tries of others."""
SET_ONE: Final = "nobody can log in yet: set a password with `station web password` at the station's command line"

log = structlog.get_logger("station.web")


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who may operate."""

    name: str
    """`session`, or the name of a token."""
    read_only: bool = False
    csrf: str | None = field(default=None, repr=False)
    """What requests of a browser that change something have to bring along; None for a token."""
    session: str = field(default="", repr=False)
    """By what a session is kept."""

    def vouches(self, csrf: str) -> bool:
        """Tell whether a request that changes something comes from a page of this session, or from a program."""
        return self.csrf is None or hmac.compare_digest(csrf.encode(), self.csrf.encode())


@dataclass(slots=True)
class _Session:
    csrf: str
    password: str
    """As it was kept at the login; another one ends the session."""
    began_s: float
    seen_s: float


class Access:
    """Lets operators in; the time of the loop counts."""

    def __init__(self, file: AccessFile, workshop: Workshop, time: Callable[[], float]) -> None:
        self._file, self._workshop, self._time = file, workshop, time
        self._tries = Limiter(each=TRIES_OF_ONE, together=TRIES_OF_ALL, time=time)
        self._welcome: deque[str] = deque(maxlen=MOST_WELCOME)
        self._sessions: dict[str, _Session] = {}
        self._told = ""

    @property
    def has_password(self) -> bool:
        """A password was set."""
        return bool(self._kept().password)

    async def login(self, password: str, *, address: str) -> tuple[str, Operator]:
        """Return the id of a new session; ProblemError if that is not the password, or too many were tried."""
        self._count(address)
        kept = self._kept().password
        if not kept:
            raise ProblemError(HTTPStatus.FORBIDDEN, SET_ONE)
        # It takes a second on a small computer, and 16 MiB.
        right = await self._workshop.do(is_password, password, kept)
        if not right:
            log.warning("operator_login_failed", address=address)
            raise ProblemError(HTTPStatus.UNAUTHORIZED, "this is not the password")
        self._welcomed(address)
        log.info("operator_logged_in", address=address)
        return self._begin(kept)

    def logout(self, operator: Operator) -> None:
        """End a session."""
        self._sessions.pop(operator.session, None)

    def by_session(self, session_id: str, *, touch: bool = True) -> Operator | None:
        """Return who has this session, None if it is over; `touch`: it is in use."""
        self._forget_old()
        key = hash_token(session_id)
        session = self._sessions.get(key)
        if session is None:
            return None
        if touch:
            session.seen_s = self._time()
        return Operator("session", csrf=session.csrf, session=key)

    def by_token(self, token: str, *, address: str) -> Operator:
        """Return whose token this is; ProblemError if it is nobody's, or too many were tried."""
        wanted = hash_token(token)
        for name, kept in self._kept().tokens.items():
            if hmac.compare_digest(kept.hash, wanted):
                return Operator(name, read_only=kept.read_only)
        self._count(address)
        log.warning("operator_login_failed", address=address)
        remedy = "`station web token NAME` makes one"
        raise ProblemError(HTTPStatus.UNAUTHORIZED, f"this token is not known; {remedy}")

    def still(self, operator: Operator) -> bool:
        """Tell whether somebody who was let in still may, without counting that as use."""
        if operator.session:
            self._forget_old()
            return operator.session in self._sessions
        return operator.name in self._kept().tokens

    def _begin(self, kept: str) -> tuple[str, Operator]:
        session_id, now_s = secrets.token_urlsafe(32), self._time()
        session = _Session(secrets.token_urlsafe(32), kept, now_s, now_s)
        key = hash_token(session_id)
        self._sessions[key] = session
        while len(self._sessions) > MOST_SESSIONS:
            del self._sessions[min(self._sessions, key=lambda each: self._sessions[each].seen_s)]
        return session_id, Operator("session", csrf=session.csrf, session=key)

    def _forget_old(self) -> None:
        now_s, kept = self._time(), self._kept().password
        for key, session in list(self._sessions.items()):
            too_old = now_s - session.began_s >= ABSOLUTE_S or now_s - session.seen_s >= IDLE_S
            if too_old or session.password != kept:
                del self._sessions[key]

    def _welcomed(self, address: str) -> None:
        self._tries.forgive(address)
        key = neighbourhood(address)
        if key in self._welcome:
            self._welcome.remove(key)
        self._welcome.append(key)

    def _count(self, address: str) -> None:
        # Whoever is on this computer may be a server with many behind it: five of them must not keep out the sixth.
        one = None if is_loopback(address) else address
        if wait_s := self._tries.take(one, apart=one is not None and neighbourhood(one) in self._welcome):
            raise too_many("there were too many wrong passwords; wait, then try again", wait_s=wait_s)

    def _kept(self) -> Kept:
        """Return what is kept; a file that cannot be read lets nobody in, and is told once."""
        try:
            kept = self._file.read()
        except StorageError as error:
            if self._told != str(error):
                self._told = str(error)
                log.error("web_access_unreadable", error=str(error))
            return NOTHING
        self._told = ""
        return kept
