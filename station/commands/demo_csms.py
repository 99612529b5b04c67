"""What the demo sees and does at the CSMS, by its control API."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from station.commands.demo_parts import DemoError, RefusedError, get, post, put

Json = dict[str, Any]

PATIENCE_S = 20.0
RETRY_S = 0.5


class Csms:
    """The CSMS, as far as it knows one station."""

    def __init__(self, ready: Mapping[str, Any], station: str) -> None:
        """`ready` is what the CSMS said of itself when it was up."""
        self.api = str(ready["api"])
        self.url = str(ready["ocpp"])
        """Where stations begin."""
        self.urls: Mapping[str, str] = ready["profiles"]
        """Where stations connect to, by security profile."""
        self._station = f"{self.api}/stations/{station}"

    # What it knows

    def boot(self) -> Json | None:
        """Return what the station said of itself, once it is accepted."""
        station = self._known()
        return dict(station["boot"]) if station and station["registration"] == "Accepted" else None

    def boots(self) -> int:
        """Return how often it booted."""
        return sum(1 for _ in self.requests("BootNotification"))

    def security(self) -> Json | None:
        """Return how the station is connected, None while it is not."""
        station = self._known()
        return dict(station["security"]) if station and station["connected"] else None

    def connector(self, wanted: str, evse: int = 1) -> bool:
        """Tell whether the connector of an EVSE has this status."""
        station = self._known() or {"connectors": ()}
        return any(
            connector["evseId"] == evse and connector["connectorStatus"] == wanted
            for connector in station["connectors"]
        )

    def problems(self) -> list[str]:
        """Return how messages of the station broke the standard."""
        return list((self._known() or {"problems": ()})["problems"])

    def requests(self, action: str) -> Iterator[Json]:
        """Yield what the station asked or told with this action, oldest first."""
        for message in self._messages(action):
            if message["direction"] == "in" and message["kind"] == "CALL":
                yield json.loads(message["text"])[3]

    def verdicts(self, card: str) -> list[str]:
        """Return what was answered about a card that was asked for, oldest first."""
        asked = set()
        verdicts = []
        for message in self._messages("Authorize"):
            frame = json.loads(message["text"])
            if message["kind"] == "CALL" and frame[3]["idToken"]["idToken"] == card:
                asked.add(message["id"])
            elif message["kind"] == "CALLRESULT" and message["id"] in asked:
                verdicts.append(str(frame[2]["idTokenInfo"]["status"]))
        return verdicts

    def alerts(self, component: str) -> list[Json]:
        """Return the events that were told about a component of the device model, oldest first."""
        told = (event for notice in self.requests("NotifyEvent") for event in notice["eventData"])
        return [event for event in told if event["component"]["name"] == component]

    def transactions(self) -> list[Json]:
        """Return all transactions, in the order in which they came."""
        return list(get(f"{self._station}/transactions"))

    def transaction(self, transaction_id: str) -> Json:
        """Return what is known of a transaction."""
        return dict(get(f"{self.api}/transactions/{transaction_id}"))

    def started(self, since: datetime, evse: int = 1) -> str | None:
        """Return the id of a transaction that began after that; an earlier demo may have left some to be told."""
        for transaction in self.transactions():
            for event in transaction["events"]:
                here = event["eventType"] == "Started" and event["payload"]["evse"]["id"] == evse
                if here and datetime.fromisoformat(event["timestamp"]) > since:
                    return str(transaction["transactionId"])
        return None

    def told(self, transaction_id: str, **members: object) -> Json | None:
        """Return the first event of a transaction that has these members."""
        for event in self.transaction(transaction_id)["events"]:
            if all(event[name] == value for name, value in members.items()):
                return dict(event)
        return None

    def ended(self, transaction_id: str, *, signed: bool = True) -> Json | None:
        """Return a transaction once it has ended with nothing missing and, if `signed`, with both signed records."""
        transaction = self.transaction(transaction_id)
        complete = transaction["complete"] and (transaction["signedEnergyWh"] is not None or not signed)
        return transaction if complete else None

    # What it does

    def do(self, errand: str, **body: object) -> str:
        """Let the CSMS do an errand such as `root`; returns the status that the station answered with."""
        return str(self._told(errand, body)["status"])

    def call(self, action: str, **payload: object) -> Json:
        """Send a request to the station and return its answer."""
        return dict(self._told("calls", {"action": action, "payload": payload})["result"])

    def listen(self, *, on: bool) -> None:
        """Be there, or be gone without a word."""
        post(f"{self.api}/listen", on=on, **({} if on else {"abruptly": True}))

    def say_of(self, card: str, status: str) -> None:
        """Answer so about a card from now on, when the station asks."""
        put(f"{self.api}/tokens/{card}", status)

    def judge(self, transaction_id: str, status: str) -> None:
        """Say so about the driver in the next answer to an event of a transaction."""
        info = {"idTokenInfo": {"status": status}}
        when = {"transactionInfo": {"transactionId": transaction_id}}
        put(f"{self._station}/replies/TransactionEvent", {"payload": info, "when": when, "times": 1})

    def _told(self, errand: str, body: Mapping[str, object]) -> Json:
        """Post to the station; again while it is not connected, for it may just be connecting anew."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = dict(post(f"{self._station}/{errand}", **body))
            except RefusedError as error:
                if error.status != HTTPStatus.CONFLICT or time.monotonic() > until:
                    raise
                time.sleep(RETRY_S)
                continue
            if "error" in answer:
                raise DemoError(f"the station refused {body.get('action', errand)}: {answer['error']}")
            return answer

    def _known(self) -> Json | None:
        """Return the station, None before it connected for the first time."""
        name = self._station.rpartition("/")[2]
        return next((station for station in get(f"{self.api}/stations") if station["id"] == name), None)

    def _messages(self, action: str) -> list[Json]:
        return [message for message in get(f"{self._station}/messages") if message["action"] == action]
