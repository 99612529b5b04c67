"""The reusable states of a vehicle's visit, whatever TxStartPoint, TxStopPoint and the way of authorizing are."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.door import Mood
from tests.conformance.site import Site
from tests.conformance.states import connector_told, transaction_event
from tests.flows.house import CARD, until

BAY, PLUGGED, AUTHORIZED = "ParkingBayOccupancy", "EVConnected", "Authorized"
SIGNED, CLOSED, ENERGY = "DataSigned", "PowerPathClosed", "EnergyTransfer"
"""TxStartPoint and TxStopPoint."""
START_POINT, STOP_POINT = "TxCtrlr.TxStartPoint", "TxCtrlr.TxStopPoint"
LOCAL, REMOTE = "local", "remote"
REMOTE_START_ID = 4711
DURATION_S = 60.0
"""As long as a case charges before it goes on."""
SETTLE_S = 20.0
"""After this nothing more comes of what was done: longer than a meter takes to sign."""
ENDS_AUTHORIZED = frozenset({AUTHORIZED, CLOSED, ENERGY})
"""Stop points that end a transaction when its authorization ends."""


async def configured(site: Site, **values: str) -> None:
    """Set variables by their names with `__` for the dot: `TxCtrlr__TxStopPoint="Authorized"`."""
    for name, value in values.items():
        result = await site.set(name.replace("__", "."), value)
        assert result["attributeStatus"] == "Accepted", result


@asynccontextmanager
async def offline(site: Site) -> AsyncIterator[None]:
    """Close the connection and take no other one until the block is over."""
    site.door.mood = Mood.SHUT
    site.door.cut()
    await site.seen.wait_connected(connected=False)
    yield
    site.door.mood = Mood.OPEN
    await site.seen.wait_connected(timeout_s=600)


def token(card: str = CARD) -> dict[str, str]:
    return {"idToken": card, "type": "ISO14443"}


@dataclass
class Visit:
    """A vehicle at an EVSE, taken from state to state; each checks what the station has to tell meanwhile."""

    site: Site
    evse: int = 1
    card: str = CARD
    start: Collection[str] = frozenset({CLOSED})
    stop: Collection[str] = frozenset({PLUGGED, AUTHORIZED})
    begun: int = field(init=False)
    """The place in the record where the visit began."""
    conditions: set[str] = field(init=False, default_factory=set)
    """Which of the points are true now."""
    transaction_id: str = field(init=False, default="")
    ended: bool = field(init=False, default=False)
    stopped_by: str = field(init=False, default="Local")
    """What Ended has to say."""
    _owed: dict[str, Any] = field(init=False, default_factory=dict)
    """What the next event has to carry, once."""

    def __post_init__(self) -> None:
        self.begun = self.site.now

    @classmethod
    async def at(cls, site: Site, *, evse: int = 1, card: str = CARD, **points: str) -> "Visit":
        """Begin a visit under the station's TxStartPoint and TxStopPoint, or under others: `stop="Authorized"`."""
        for name, value in points.items():
            await configured(site, **{f"TxCtrlr__Tx{name.capitalize()}Point": value})
        start, stop = [(await site.get(name)).split(",") for name in (START_POINT, STOP_POINT)]
        return cls(site, evse=evse, card=card, start=frozenset(start), stop=frozenset(stop))

    # What there is

    @property
    def running(self) -> bool:
        """A transaction was started and has not ended."""
        return bool(self.transaction_id) and not self.ended

    @property
    def events(self) -> list[Any]:
        """Return all events of the visit's transaction; before it is known, of those that began here meanwhile."""
        told = self.site.requests("TransactionEvent", after=self.begun)
        mine = {self.transaction_id} if self.transaction_id else {_id(one) for one in told if self._begins(one)}
        return [event for event in told if _id(event) in mine]

    @property
    def charging(self) -> bool:
        """Energy flows."""
        return bool(self.site.bench.state()["evses"][self.evse - 1]["power_w"] > 0)

    async def settled(self) -> None:
        """Return when all is told; check that the transaction, if there is any, began once and is as it should be."""
        await asyncio.sleep(SETTLE_S)
        kinds = [event["eventType"] for event in self.events]
        assert kinds.count("Started") == bool(self.transaction_id)
        assert kinds.count("Ended") == self.ended
        numbers = [event["seqNo"] for event in self.events]
        assert numbers == list(range(len(numbers))), numbers
        assert self.site.seen.problems == ()

    # The states

    async def parking_bay_occupied(self) -> None:
        after = self.site.now
        self.site.bench.evse(self.evse).occupy_bay(True)
        await self._condition(BAY, after, triggerReason="EVDetected")

    async def ev_connected_pre_session(self) -> None:
        """The vehicle is plugged in; if it may charge already, more may happen at once."""
        after = self.site.now
        self.site.bench.evse(self.evse).plug()
        await connector_told(self.site, "Occupied", evse=self.evse, after=after)
        early = ("SuspendedEVSE", "Charging") if AUTHORIZED in self.conditions else ()
        self._owed["evse"] = {"id": self.evse, "connectorId": 1}
        await self._condition(
            PLUGGED,
            after,
            triggerReason=("CablePluggedIn", "ChargingStateChanged", "RemoteStart"),
            chargingState=("EVConnected", *early),
        )

    async def authorized(self, how: str = LOCAL, *, asks: bool = True) -> None:
        """The driver may charge; `asks`: the station has to ask the CSMS about the token."""
        after = self.site.now
        if how == LOCAL:
            self.site.bench.reader(self.evse).swipe(self.card)
        else:
            await self._start_remotely()
        if asks:
            asked = await self.site.request("Authorize", after=after)
            assert asked["idToken"] == token(self.card)
        self._owed["idToken"] = token(self.card)
        await self._condition(AUTHORIZED, after, triggerReason="Authorized" if how == LOCAL else "RemoteStart")
        if not asks:
            assert self.site.requests("Authorize", after=after) == []

    async def energy_transfer_started(self) -> str:
        """Energy flows; return the transaction id."""
        if AUTHORIZED not in self.conditions:
            await self.authorized()
        if PLUGGED not in self.conditions:
            await self.ev_connected_pre_session()
        self.conditions |= {SIGNED, ENERGY}
        triggers = ("ChargingStateChanged", "RemoteStart", "Authorized", "CablePluggedIn")
        event = await transaction_event(
            self.site,
            after=self.begun,
            evse=self.evse,
            chargingState="Charging",
            triggerReason=triggers if not self.transaction_id else triggers[:1],
            **self._known,
        )
        self._take(self.events[0] if self._owed else event)
        await until(lambda: self.charging, "power")
        return self.transaction_id

    async def energy_transfer_suspended(self) -> Any:
        """The vehicle wants no more; return the event that says so."""
        after = self.site.now
        self.site.bench.evse(self.evse).set_vehicle(wants_power=False)
        event = await self._event(
            after, triggerReason="ChargingStateChanged", chargingState=("EVConnected", "SuspendedEV")
        )
        assert event["eventType"] == self._ends(ENERGY in self.stop)
        assert self.running or event["transactionInfo"]["stoppedReason"] == "StoppedByEV"
        return event

    async def stop_authorized(self, how: str = LOCAL) -> None:
        """Somebody who may stops charging."""
        await asyncio.sleep(DURATION_S)
        after = self.site.now
        await self._ask_to_stop(how)
        trigger = "StopAuthorized" if how == LOCAL else "RemoteStop"
        said = await self._event(after, triggerReason=trigger)
        assert said.get("idToken", token(self.card)) == token(self.card)
        kind = self._ends(bool(ENDS_AUTHORIZED & set(self.stop)))
        last = await self._event(after, chargingState="EVConnected", eventType=kind)
        if self.ended:
            assert last["transactionInfo"].get("stoppedReason", "Local") == self.stopped_by
        self.conditions -= {AUTHORIZED, CLOSED, ENERGY}
        await until(lambda: not self.charging, "no power")

    async def ev_connected_post_session(self) -> None:
        """Nothing more may be charged without another authorization; the plug is free."""
        if self.running:
            assert any(event["transactionInfo"].get("chargingState") == "EVConnected" for event in self.events)
        await until(lambda: not self.site.bench.evse(self.evse).controller.locked, "a plug that is free")

    async def ev_disconnected(self, *, status: str | None = "Available") -> Any:
        """The cable is taken away; return the event that tells it, if there is one. No `status`: none has to come."""
        after, ran = self.site.now, self.running
        self.site.bench.evse(self.evse).unplug()
        if status is not None:
            await connector_told(self.site, status, evse=self.evse, after=after)
        self.conditions -= {PLUGGED, CLOSED}
        if not ran:
            return None
        event = await self._event(after, triggerReason="EVCommunicationLost", chargingState="Idle")
        assert event["eventType"] == self._ends(bool({PLUGGED, CLOSED} & set(self.stop)))
        if self.ended:
            assert event["transactionInfo"].get("stoppedReason", "Local") in (self.stopped_by, "EVDisconnected")
        return event

    async def parking_bay_unoccupied(self) -> None:
        after, ran = self.site.now, self.running
        self.site.bench.evse(self.evse).occupy_bay(False)
        self.conditions -= {BAY}
        if ran:
            event = await self._event(after, triggerReason="EVDeparted")
            assert event["eventType"] == self._ends(BAY in self.stop)
            assert event["transactionInfo"].get("stoppedReason", "Local") == self.stopped_by

    # How the points are reached

    async def _start_remotely(self) -> None:
        answer = await self.site.call(
            "RequestStartTransaction",
            idToken=token(self.card),
            evseId=self.evse,
            remoteStartId=REMOTE_START_ID,
        )
        assert answer["status"] == "Accepted"
        assert answer.get("transactionId", "") == self.transaction_id
        self._owed |= {"remoteStartId": REMOTE_START_ID, "triggerReason": "RemoteStart"}

    async def _ask_to_stop(self, how: str) -> None:
        if how == LOCAL:
            self.site.bench.reader(self.evse).swipe(self.card)
            self.stopped_by = "Local"
            return
        answer = await self.site.call("RequestStopTransaction", transactionId=self.transaction_id)
        assert answer["status"] == "Accepted"
        self.stopped_by = "Remote"

    async def _condition(self, name: str, after: int, **wanted: str | tuple[str, ...]) -> Any:
        """A condition has become true; return the event that has to tell it, None if there must be none yet."""
        self.conditions.add(name)
        if {PLUGGED, AUTHORIZED} <= self.conditions:
            self.conditions.add(CLOSED)
        ran = self.running
        if not ran and not self.conditions & set(self.start):
            if CLOSED not in self.conditions:
                await asyncio.sleep(SETTLE_S)
                assert self.events == []
            return None
        event = await self._event(after, eventType="Updated" if ran else "Started", **wanted)
        self._take(event)
        return event

    async def _event(self, after: int, **wanted: str | tuple[str, ...]) -> Any:
        return await transaction_event(self.site, after=after, evse=self.evse, **wanted, **self._known)

    def _begins(self, event: Any) -> bool:
        return event["eventType"] == "Started" and event.get("evse", {"id": self.evse})["id"] == self.evse

    @property
    def _known(self) -> dict[str, str]:
        return {"transactionId": self.transaction_id} if self.transaction_id else {}

    def _take(self, event: Any) -> None:
        self.transaction_id = _id(event)
        members = {**event["transactionInfo"], **event}
        assert {name: members.get(name) for name in self._owed} == self._owed
        self._owed.clear()

    def _ends(self, now: bool) -> str:
        """Note whether the transaction ends now; return the type of the event that tells it."""
        self.ended |= now
        return "Ended" if now else "Updated"


def _id(event: Any) -> str:
    return str(event["transactionInfo"]["transactionId"])
