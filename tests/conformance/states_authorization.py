"""The states of authorization: ids that are cached or listed, and drivers who are let in, or are not."""

import asyncio
from typing import Any

from tests.conformance.site import Site
from tests.conformance.states import energy_transfer_started, ev_disconnected, stop_authorized, transaction_event
from tests.conformance.states_sessions import token
from tests.flows.house import CARD

INVALID, BLOCKED, EXPIRED, UNKNOWN, MASTER = (f"04A000000000{number:02}" for number in range(5))
"""Cards; `knows` says what the CSMS thinks of each."""
STATUSES = {INVALID: "Invalid", BLOCKED: "Blocked", EXPIRED: "Expired", UNKNOWN: "Unknown"}
GROUP = {"idToken": "FLEET", "type": "Central"}
MASTER_GROUP = {"idToken": "MASTERS", "type": "Central"}
MEMBER = {"status": "Accepted", "groupIdToken": GROUP}
QUIET_S = 60.0
"""As long as a case waits for what must not come."""
MOMENT_S = 20.0
"""Between two times that a card is held to a reader, and until all is told of what was before."""


def knows(site: Site, *cards: str) -> None:
    """Have the CSMS think of these cards what they are for."""
    for card in cards:
        site.csms.tokens.put(card, STATUSES[card])


async def presented(site: Site, card: str, *, evse: int = 1) -> int:
    """Hold a card to a reader; return the place in the record before that."""
    await asyncio.sleep(MOMENT_S)
    after = site.now
    site.bench.reader(evse).swipe(card)
    return after


async def asked(site: Site, card: str, *, after: int) -> None:
    """Return when the station has asked about a card."""
    request = await site.request("Authorize", after=after)
    assert request["idToken"] == token(card)


async def authorized_unasked(site: Site, card: str, *, after: int) -> Any:
    """Check that a card which was presented begins a transaction, and that nobody was asked; return the event."""
    event = await transaction_event(site, after=after, triggerReason="Authorized")
    assert event["eventType"] == "Started"
    assert event["idToken"] == token(card)
    assert site.requests("Authorize", after=after) == []
    return event


async def refused(site: Site, *, after: int) -> None:
    """Check that nothing comes of a card which was presented."""
    await asyncio.sleep(QUIET_S)
    assert site.requests("TransactionEvent", after=after) == []
    assert not site.contactor_closed


async def goes_on(site: Site, transaction_id: str, *, after: int) -> None:
    """Check that a transaction is not touched by a card which was presented."""
    await asyncio.sleep(QUIET_S)
    said = site.requests("TransactionEvent", after=after)
    assert {event["transactionInfo"]["transactionId"] for event in said} <= {transaction_id}
    assert {event["triggerReason"] for event in said} <= {"MeterValuePeriodic", "MeterValueClock"}
    assert site.contactor_closed


async def stopped_by(site: Site, transaction_id: str, card: str, *, after: int) -> None:
    """Check that a card which was presented ends a transaction, and that nobody was asked."""
    stop = await transaction_event(site, after=after, transactionId=transaction_id, triggerReason="StopAuthorized")
    assert stop["idToken"] == token(card)
    ended = await transaction_event(site, after=after, transactionId=transaction_id, eventType="Ended")
    assert ended["transactionInfo"].get("chargingState") == "EVConnected"
    assert ended["transactionInfo"].get("stoppedReason", "Local") == "Local"
    assert site.requests("Authorize", after=after) == []


async def id_token_cached(site: Site, card: str = CARD) -> None:
    """IdTokenCached: the station keeps what the CSMS thinks of a card; who is Accepted charges meanwhile."""
    if site.csms.tokens.info(card)["status"] == "Accepted":
        transaction_id = await energy_transfer_started(site, card=card)
        await asyncio.sleep(MOMENT_S)
        await stop_authorized(site, transaction_id, card=card)
        await ev_disconnected(site)
    else:
        after = await presented(site, card)
        await asked(site, card, after=after)
        await refused(site, after=after)


async def id_token_listed(site: Site, *cards: str, version: int = 1) -> None:
    """IdTokenLocalAuthList: these cards are on the list and no others, each with what the CSMS thinks of it."""
    listed = {card: site.csms.tokens.info(card) for card in cards}
    assert await site.csms.charging(site.seen.id).send_list(version, listed) == "Accepted"
