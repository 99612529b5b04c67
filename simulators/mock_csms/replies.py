"""Replies: what a station is answered, as data, and how one asks for other answers; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simulators.mock_csms.errors import RequestError
from simulators.mock_csms.members import Payload, Types, misfit
from simulators.mock_csms.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Desk:
    """What answers are made of."""

    interval_s: int = 300
    """Of a BootNotificationResponse: the heartbeat's."""
    tokens: Tokens = field(default_factory=Tokens)
    csr_problem: Callable[[str], str | None] = lambda _csr: None
    """Tells why a CSR cannot be signed."""
    cost: Callable[[str], float | None] = lambda _transaction_id: None
    """What a transaction costs so far; None: that is not told."""

    def token_info(self, ask: Payload) -> Payload:
        return self.tokens.info(str(ask["idToken"]["idToken"]))


def _nothing(_ask: Payload, _desk: Desk, _now: str) -> Payload:
    return {}


def _accepted(_ask: Payload, _desk: Desk, _now: str) -> Payload:
    return {"status": "Accepted"}


def _failed(_ask: Payload, _desk: Desk, _now: str) -> Payload:
    return {"status": "Failed"}


def _transaction_event(ask: Payload, desk: Desk, _now: str) -> Payload:
    answer = {"idTokenInfo": desk.token_info(ask)} if "idToken" in ask else {}
    cost = desk.cost(str(ask.get("transactionInfo", {}).get("transactionId", "")))
    return answer if cost is None else {**answer, "totalCost": cost}


def _sign_certificate(ask: Payload, desk: Desk, _now: str) -> Payload:
    problem = desk.csr_problem(ask.get("csr", ""))
    if problem is None:
        return {"status": "Accepted"}
    return {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidCSR", "additionalInfo": problem[:512]}}


_REPLIES: Final[Mapping[str, Callable[[Payload, Desk, str], Payload]]] = {
    "Authorize": lambda ask, desk, _now: {"idTokenInfo": desk.token_info(ask)},
    "BootNotification": lambda _ask, desk, now: {
        "currentTime": now,
        "interval": desk.interval_s,
        "status": "Accepted",
    },
    "ClearedChargingLimit": _nothing,
    "DataTransfer": _accepted,
    "FirmwareStatusNotification": _nothing,
    "Get15118EVCertificate": lambda *_: {"status": "Failed", "exiResponse": ""},
    "GetCertificateStatus": _failed,
    "Heartbeat": lambda _ask, _desk, now: {"currentTime": now},
    "LogStatusNotification": _nothing,
    "MeterValues": _nothing,
    "NotifyChargingLimit": _nothing,
    "NotifyCustomerInformation": _nothing,
    "NotifyDisplayMessages": _nothing,
    "NotifyEVChargingNeeds": _accepted,
    "NotifyEVChargingSchedule": _accepted,
    "NotifyEvent": _nothing,
    "NotifyMonitoringReport": _nothing,
    "NotifyReport": _nothing,
    "PublishFirmwareStatusNotification": _nothing,
    "ReportChargingProfiles": _nothing,
    "ReservationStatusUpdate": _nothing,
    "SecurityEventNotification": _nothing,
    "SignCertificate": _sign_certificate,
    "StatusNotification": _nothing,
    "TransactionEvent": _transaction_event,
}

ACTIONS: Final = tuple(_REPLIES)
"""What a station may ask."""


def default(action: str, ask: Payload, *, desk: Desk, now: str) -> Payload:
    """Return the answer to a valid request; an empty one if the action is none that stations ask."""
    return _REPLIES.get(action, _nothing)(ask, desk, now)


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """A CALLERROR to answer with."""

    code: str
    description: str = ""
    details: Payload = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Override:
    """Another answer than the default."""

    payload: Payload | None = None
    """Laid over the default answer, member by member; None as a member's value leaves that member out."""
    error: ErrorReply | None = None
    silent: bool = False
    """No answer at all."""
    delay_s: float = 0.0
    times: int | None = None
    """For so many requests; None: until it is reset."""
    when: Payload = field(default_factory=dict)
    """Only for requests that have these members, those of objects within them likewise."""

    def __post_init__(self) -> None:
        if sum((self.payload is not None, self.error is not None, self.silent)) > 1:
            raise RequestError("payload, error and silent exclude each other")
        if self.delay_s < 0:
            raise RequestError(f"delay_s is {self.delay_s}: 0 or more expected")
        if self.times is not None and self.times < 1:
            raise RequestError(f"times is {self.times}: 1 or more expected; leave it out for all")

    def over(self, payload: Payload) -> Payload:
        """Return the answer with this override laid over it."""
        merged = {**payload, **(self.payload or {})}
        return {key: value for key, value in merged.items() if value is not None}

    def meant_for(self, ask: object) -> bool:
        """Tell whether a request is to be answered so."""
        return _has(ask, self.when)


class Overrides:
    """The overrides of one station, by action."""

    def __init__(self) -> None:
        self._rows: dict[str, Override] = {}
        self._left: dict[str, int] = {}

    def __contains__(self, action: str) -> bool:
        return action in self._rows

    def rows(self) -> Mapping[str, Override]:
        return dict(self._rows)

    def put(self, action: str, override: Override) -> None:
        """Answer so from now on; replaces an earlier override of the action."""
        self._rows[action] = override
        self._left[action] = override.times or 0

    def reset(self, action: str) -> bool:
        """Answer as by default again; tells whether there was an override."""
        return self._rows.pop(action, None) is not None

    def take(self, action: str, ask: object) -> Override | None:
        """Return what to answer one request with, and count it."""
        override = self._rows.get(action)
        if override is None or not override.meant_for(ask):
            return None
        if override.times is not None:
            self._left[action] -= 1
            if self._left[action] == 0:
                del self._rows[action]
        return override


_KEYS: Final[Types] = {
    "payload": (dict,),
    "error": (dict,),
    "silent": (bool,),
    "delay_s": (int, float),
    "times": (int,),
    "when": (dict,),
}


def override_from(body: object) -> Override:
    """Return the override that a JSON object describes; RequestError names what is wrong and what is allowed."""
    if not isinstance(body, dict) or not body:
        raise RequestError("a JSON object with at least one member expected", allowed=tuple(_KEYS))
    for key in body:
        if key not in _KEYS:
            raise RequestError(f"{key!r} is unknown", allowed=tuple(_KEYS))
    if problem := misfit(body, _KEYS):
        raise RequestError(problem)
    return Override(**{**body, "error": _error_reply(body.get("error"))})


def _error_reply(error: Mapping[str, Any] | None) -> ErrorReply | None:
    if error is None:
        return None
    allowed = ("code", "description", "details")
    unknown = [key for key in error if key not in allowed]
    if unknown or not isinstance(error.get("code"), str):
        raise RequestError("error: an object with a code, as in a CALLERROR, expected", allowed=allowed)
    if not isinstance(error.get("description", ""), str) or not isinstance(error.get("details", {}), dict):
        raise RequestError("error: description is a text, details an object", allowed=allowed)
    return ErrorReply(**error)


def _has(value: object, wanted: object) -> bool:
    """Tell whether an object has all members of another one; anything else is to be the same."""
    if not isinstance(wanted, Mapping):
        return value == wanted
    return isinstance(value, Mapping) and all(
        name in value and _has(value[name], part) for name, part in wanted.items()
    )
