"""What a CSMS does to a station: requests, variables, judgements, and being away."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import strategies as st

from simulators.bench.world import Evse as Outlet
from simulators.mock_csms.replies import ErrorReply
from simulators.mock_csms.tokens import Info
from tests.flows.machine.site import EVSES, FIXED, MASTERS, Site, Variable

POINTS = (
    "ParkingBayOccupancy",
    "EVConnected",
    "Authorized",
    "DataSigned",
    "PowerPathClosed",
    "EnergyTransfer",
)
SWITCHES = (
    "TxCtrlr.StopTxOnInvalidId",
    "TxCtrlr.StopTxOnEVSideDisconnect",
    "OCPPCommCtrlr.UnlockOnEVSideDisconnect",
    "AuthCtrlr.Enabled",
    "AuthCtrlr.LocalPreAuthorize",
    "AuthCtrlr.LocalAuthorizeOffline",
    "AuthCtrlr.OfflineTxForUnknownIdEnabled",
    "AuthCtrlr.AuthorizeRemoteStart",
    "AuthCacheCtrlr.Enabled",
    "SampledDataCtrlr.SignStartedReadings",
    "SampledDataCtrlr.SignUpdatedReadings",
    "AlignedDataCtrlr.SignReadings",
    "AlignedDataCtrlr.SignUpdatedReadings",
)
NUMBERS = {
    "TxCtrlr.EVConnectionTimeOut": (5, 60),
    "TxCtrlr.MaxEnergyOnInvalidId": (0, 300, 5000),
    "SampledDataCtrlr.TxUpdatedInterval": (0, 5, 60),
    "SampledDataCtrlr.TxEndedInterval": (0, 7),
    "AlignedDataCtrlr.Interval": (0, 20),
    "AlignedDataCtrlr.TxEndedInterval": (0, 15),
}
UNSIGNING = frozenset({"SampledDataCtrlr.SignReadings"})
DEFAULTS = (
    Variable("TxCtrlr.TxStartPoint", "PowerPathClosed"),
    Variable("TxCtrlr.TxStopPoint", "EVConnected,Authorized"),
    Variable("TxCtrlr.StopTxOnEVSideDisconnect", "true"),
    Variable("OCPPCommCtrlr.UnlockOnEVSideDisconnect", "true"),
    Variable("AuthCtrlr.Enabled", "true"),
    Variable("TxCtrlr.EVConnectionTimeOut", "60"),
)
"""With these every driver can leave, and the next one can charge."""


def _points(least: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(POINTS), min_size=least, max_size=3, unique=True).map(",".join)


VARIABLES = st.one_of(
    st.builds(Variable, st.just("TxCtrlr.TxStartPoint"), _points(1)),
    st.builds(Variable, st.just("TxCtrlr.TxStopPoint"), _points(1)),
    st.builds(Variable, st.just("TxCtrlr.TxStopPoint"), _points(1)),
    st.builds(Variable, st.sampled_from(SWITCHES), st.sampled_from(("true", "false"))),
    st.sampled_from([Variable(name, str(value)) for name, values in NUMBERS.items() for value in values]),
    st.builds(Variable, st.just("AuthCtrlr.MasterPassGroupId"), st.sampled_from(("", MASTERS))),
    st.builds(Variable, st.sampled_from(tuple(UNSIGNING)), st.sampled_from(("true", "false"))),
)
REMOTE_STARTS = itertools.count(1)


async def arrive(site: Site, number: int, card: str, *, card_first: bool = False, remote: bool = False) -> None:
    """Have somebody drive up, and wait a while for his power; another one who stands there leaves before."""
    outlet = site.outlet(number)
    if outlet.vehicle.at_vehicle:
        await leave(site, number)
    outlet.occupy_bay(True)
    outlet.set_vehicle(wants_power=True)
    if card_first:
        site.swipe(card)
        await asyncio.sleep(2)
    outlet.plug()
    await asyncio.sleep(1)
    if remote:
        await start(site, number, card)
    elif not card_first:
        site.swipe(card)
    await for_a_while(lambda: any(outlet.meter.measuring.currents_a))


async def leave(site: Site, number: int) -> None:
    """Have somebody drive off; where the plug is held he leaves his cable behind."""
    outlet = site.outlet(number)
    outlet.unplug()
    outlet.occupy_bay(False)
    await for_a_while(lambda: outlet.id == FIXED or not outlet.vehicle.at_station)


async def for_a_while(wanted: Callable[[], bool], *, seconds: int = 12) -> None:
    """Wait for something that may not come."""
    for _ in range(seconds):
        if wanted():
            break
        await asyncio.sleep(1)


async def fail(site: Site, number: int, fault: str, seconds: float) -> None:
    """Have a device fail for a while."""
    site.outlet(number).fault(fault, on=True)
    await asyncio.sleep(seconds)
    site.outlet(number).fault(fault, on=False)


def repair(site: Site) -> None:
    for number in EVSES:
        site.repair(number)


async def start(site: Site, number: int | None, card: str) -> None:
    where = {} if number is None else {"evseId": number}
    token = {"idToken": card, "type": "ISO14443"}
    await site.ask("RequestStartTransaction", idToken=token, remoteStartId=next(REMOTE_STARTS), **where)


async def stop(site: Site, number: int) -> None:
    await site.ask("RequestStopTransaction", transactionId=site.running(number) or "no-such-transaction")


async def out_of_service(site: Site, number: int | None, seconds: float) -> None:
    await availability(site, number, operative=False)
    await asyncio.sleep(seconds)
    await availability(site, number, operative=True)


async def availability(site: Site, number: int | None, *, operative: bool) -> None:
    where: dict[str, Any] = {} if number is None else {"evse": {"id": number}}
    await site.ask("ChangeAvailability", operationalStatus="Operative" if operative else "Inoperative", **where)


async def reset(site: Site, number: int | None, kind: str) -> None:
    await site.ask("Reset", type=kind, **({} if number is None else {"evseId": number}))


def judge(site: Site, number: int, info: Info) -> None:
    """Say so about the driver in the next answer about the transaction that runs there."""
    if transaction := site.running(number):
        site.csms.charging(site.seen.id).judge(transaction, info)


def refuse(site: Site, action: str, times: int) -> None:
    site.csms.override(site.seen.id, action, error=ErrorReply("InternalError", "not now"), times=times)


async def go_away(site: Site, *, abruptly: bool, seconds: float) -> None:
    await site.csms.go_away(abruptly=abruptly)
    await asyncio.sleep(seconds)
    await site.csms.come_back()


async def flap(site: Site) -> None:
    if site.seen.connected:
        await site.csms.disconnect(site.seen.id, abruptly=True)


async def put_right(site: Site) -> None:
    """Take back everything that would keep drivers from leaving, or from charging."""
    await site.set(*DEFAULTS)
    await availability(site, None, operative=True)
    for number in EVSES:
        await availability(site, number, operative=True)


async def unlock(site: Site, number: int) -> None:
    await site.ask("UnlockConnector", evseId=number, connectorId=1)


async def trigger(site: Site, number: int) -> None:
    await site.ask("TriggerMessage", requestedMessage="TransactionEvent", evse={"id": number})


REQUESTS: dict[str, Callable[[Site, int], Awaitable[None]]] = {"stop": stop, "trigger": trigger, "unlock": unlock}
FIDGETS: dict[str, Callable[[Outlet], None]] = {
    "has enough": lambda outlet: outlet.set_vehicle(wants_power=False),
    "wants power": lambda outlet: outlet.set_vehicle(wants_power=True),
    "leaves the bay": lambda outlet: outlet.occupy_bay(False),
    "comes into the bay": lambda outlet: outlet.occupy_bay(True),
    "plugs in": lambda outlet: outlet.plug(),
    "plugs in at the station": lambda outlet: outlet.plug("station"),
    "plugs in at the vehicle": lambda outlet: outlet.plug("vehicle"),
}
"""What drivers and their vehicles do besides."""
