"""Station: what the CSMS knows about one station, across all its connections."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from simulators.mock_csms.errors import NotConnectedError, RequestError
from simulators.mock_csms.frames import Kind
from simulators.mock_csms.handshake import Security
from simulators.mock_csms.keys import KeyRing
from simulators.mock_csms.members import Payload
from simulators.mock_csms.messages import Message, MessageLog
from simulators.mock_csms.replies import Overrides
from simulators.mock_csms.tls import CLIENT_FLAWS, Flaw
from simulators.mock_csms.transactions import Transaction, describe
from simulators.mock_csms.verify import SignedValue, Verdict, signed_values

if TYPE_CHECKING:
    from simulators.mock_csms.connection import Connection

Wanted = Callable[[Payload], bool]

WAIT_S = 30.0
TELLING = frozenset({"Problem", "Active"})
"""Variables that tell of a problem: of a component, or of what a sensor such as the emergency stop sees."""


@dataclass(frozen=True, slots=True)
class Signing:
    """What follows a SignCertificateRequest that was answered with Accepted."""

    automatic: bool = True
    """Send the certificate at once; else nothing comes until it is sent by hand."""
    flaw: Flaw = Flaw.NONE
    valid_for: timedelta = timedelta(days=365)

    def __post_init__(self) -> None:
        if self.flaw not in CLIENT_FLAWS:
            raise RequestError(f"flaw: a station's certificate cannot be {self.flaw}", allowed=CLIENT_FLAWS)


@dataclass(frozen=True, slots=True)
class Metered:
    """What MeterValues tell of one EVSE, or of the grid connection (0)."""

    messages: int
    """How many there were."""
    last: tuple[Payload, ...]
    """The MeterValueType of the last one."""
    signed: tuple[SignedValue, ...]
    """Its signed values, checked."""


class Station:
    """One station: its messages, what they told, and how it is answered."""

    def __init__(self, identity: str, *, keys: KeyRing, keep: int) -> None:
        self.id = identity
        self.messages = MessageLog(keep)
        self.overrides = Overrides()
        self.signing = Signing()
        self.security: Security | None = None
        """How its last connection was secured; None: it never connected."""
        self.boot: Payload | None = None
        """The last BootNotificationRequest."""
        self.registration: str | None = None
        """The status that its last BootNotification was answered with; None: it sent none."""
        self.connectors: dict[tuple[int, int], str] = {}
        """Status by EVSE and connector id."""
        self.faults: dict[str, Payload] = {}
        """NotifyEvent data of problems that last, by component and variable."""
        self.meters: dict[int, Metered] = {}
        """By EVSE id."""
        self.transactions: dict[str, Transaction] = {}
        self.connections = 0
        """How often it connected."""
        self._keys = keys
        self._connection: Connection | None = None

    @property
    def connection(self) -> "Connection":
        """The open connection; NotConnectedError without one."""
        if self._connection is None:
            raise NotConnectedError(f"station {self.id} is not connected")
        return self._connection

    @property
    def connected(self) -> bool:
        return self._connection is not None

    @property
    def serial_number(self) -> str | None:
        """What its last BootNotification said, None if it did not."""
        serial: str | None = (self.boot or {}).get("chargingStation", {}).get("serialNumber")
        return serial

    def attach(self, connection: "Connection", security: Security) -> "Connection | None":
        """Take a new connection; returns the one whose place it takes."""
        replaced, self._connection = self._connection, connection
        self.security = security
        self.connections += 1
        self.messages.tell()
        return replaced

    def detach(self, connection: "Connection") -> None:
        """Forget a connection, unless another one has taken its place."""
        if self._connection is connection:
            self._connection = None
        self.messages.tell()

    def observe(self, action: str, payload: Payload, *, at: datetime) -> tuple[str, ...]:
        """Take what a valid request tells; returns what is remarkable about it."""
        match action:
            case "BootNotification":
                self.boot = payload
            case "StatusNotification":
                self.connectors[payload["evseId"], payload["connectorId"]] = payload["connectorStatus"]
            case "NotifyEvent":
                for event in payload["eventData"]:
                    self._observe_event(event)
            case "TransactionEvent":
                return self._transaction(payload).record(payload, at=at)
            case "MeterValues":
                return self._observe_meter_values(payload)
        return ()

    def _transaction(self, payload: Payload) -> Transaction:
        transaction_id = payload["transactionInfo"]["transactionId"]
        if transaction_id not in self.transactions:
            self.transactions[transaction_id] = Transaction(transaction_id, station=self.id, keys=self._keys)
        return self.transactions[transaction_id]

    def _observe_meter_values(self, payload: Payload) -> tuple[str, ...]:
        values = tuple(signed_values(payload["meterValue"], keys=self._keys, transaction_id=None))
        for value in values:
            if value.verdict is Verdict.VALID and value.record and value.key:
                self._keys.learn(value.record.meter_serial, None, value.key)
        evse = payload["evseId"]
        known = self.meters[evse].messages if evse in self.meters else 0
        self.meters[evse] = Metered(known + 1, tuple(payload["meterValue"]), values)
        return tuple(map(describe, values))

    def _observe_event(self, event: Payload) -> None:
        component, variable = event["component"], event["variable"]["name"]
        evse = component.get("evse", {})
        place = ".".join(str(part) for part in (evse.get("id"), evse.get("connectorId")) if part is not None)
        key = f"{component['name']}{f'[{place}]' if place else ''}.{variable}"
        if component["name"] == "Connector" and variable == "AvailabilityState" and "connectorId" in evse:
            self.connectors[evse["id"], evse["connectorId"]] = event["actualValue"]
        elif event["trigger"] == "Alerting" or variable in TELLING:
            self._observe_problem(key, event)

    def _observe_problem(self, key: str, event: Payload) -> None:
        # What the variable is counts more than `cleared`: one of several problems may be over, and the others last.
        says = {"true": True, "false": False} if event["variable"]["name"] in TELLING else {}
        if says.get(event["actualValue"].lower(), not event.get("cleared")):
            self.faults[key] = event
        else:
            self.faults.pop(key, None)

    async def wait_for(
        self, action: str, match: Wanted | None = None, *, later: bool = False, timeout_s: float = WAIT_S
    ) -> Payload:
        """Return the payload of the first request of an action that matches, seen already or still to come.

        `later` leaves out what has been seen. TimeoutError says what came instead.
        """

        def wanted(message: Message) -> bool:
            return is_request(message, action) and (match is None or match(message.payload))

        after = self.messages.last if later else 0
        message = await self.wait_for_message(wanted, after=after, timeout_s=timeout_s, what=action)
        payload: Payload = message.payload
        return payload

    async def wait_for_message(
        self,
        wanted: Callable[[Message], bool],
        *,
        after: int = 0,
        timeout_s: float = WAIT_S,
        what: str = "such message",
    ) -> Message:
        """Return the first message numbered above `after` that is wanted, either way; TimeoutError says what came."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self.messages.wait(wanted, after=after)
        except TimeoutError as error:
            seen = ", ".join(
                str(message.action) for message in self.messages.since(after) if message.direction == "in"
            )
            raise TimeoutError(
                f"no {what} from {self.id} within {timeout_s} s; it sent: {seen or 'nothing'}"
            ) from error

    async def wait_connected(self, *, connected: bool = True, timeout_s: float = WAIT_S) -> None:
        """Return once the station is connected (or no longer is)."""
        async with asyncio.timeout(timeout_s):
            await self.messages.wait_until(lambda: self.connected is connected)

    @property
    def problems(self) -> tuple[str, ...]:
        """How the kept messages of the station broke the standard, oldest first."""
        return tuple(
            f"message {message.number} ({message.action}): {problem}"
            for message in self.messages
            if message.direction == "in"
            for problem in message.problems
        )

    def received(self, action: str) -> tuple[Payload, ...]:
        """Return the payloads of all kept requests of an action, oldest first."""
        return tuple(message.payload for message in self.messages if is_request(message, action))


def is_request(message: Message, action: str) -> bool:
    """Tell whether a message is a CALL of the station of this action, be it valid or not."""
    return message.direction == "in" and message.kind is Kind.CALL and message.action == action
