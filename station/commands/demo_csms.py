"""What the demo sees and does at the CSMS, by its control API."""

import time
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from station.commands.demo_parts import DemoError, RefusedError, get, post

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

    def boot(self) -> Json | None:
        """Return what the station said of itself, once it is accepted."""
        station = self._known()
        return dict(station["boot"]) if station and station["registration"] == "Accepted" else None

    def boots(self) -> int:
        """Return how often it booted."""
        return sum(message["direction"] == "in" for message in self._messages("BootNotification"))

    def security(self) -> Json | None:
        """Return how the station is connected, None while it is not."""
        station = self._known()
        return dict(station["security"]) if station and station["connected"] else None

    def connector(self, wanted: str) -> bool:
        """Tell whether a connector has this status."""
        station = self._known() or {"connectors": ()}
        return any(connector["connectorStatus"] == wanted for connector in station["connectors"])

    def seen(self, action: str) -> bool:
        """Tell whether there was a message of this action, either way."""
        return bool(self._messages(action))

    def started(self, since: datetime) -> str | None:
        """Return the id of a transaction that began after that; an earlier demo may have left some to be told."""
        for transaction in get(f"{self._station}/transactions"):
            for event in transaction["events"]:
                if event["eventType"] == "Started" and datetime.fromisoformat(event["timestamp"]) > since:
                    return str(transaction["transactionId"])
        return None

    def ended(self, transaction_id: str) -> Json | None:
        """Return a transaction once it has ended and both its signed records are there."""
        transaction = get(f"{self.api}/transactions/{transaction_id}")
        complete = transaction["ended"] and transaction["signedEnergyWh"] is not None
        return dict(transaction) if complete else None

    def do(self, errand: str, **body: object) -> str:
        """Let the CSMS do an errand such as `root`; returns the status that the station answered with."""
        return str(self._told(errand, body)["status"])

    def call(self, action: str, **payload: object) -> Json:
        """Send a request to the station and return its answer."""
        return dict(self._told("calls", {"action": action, "payload": payload})["result"])

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
