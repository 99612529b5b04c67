"""What a CSMS does to a station: requests, variables, judgements, and being away."""

import itertools
from typing import Any

from hypothesis import strategies as st

from simulators.mock_csms.replies import ErrorReply
from simulators.mock_csms.tokens import Info
from tests.flows.machine.site import EVSES, MASTERS, Site, Variable

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


async def start(site: Site, number: int | None, card: str) -> None:
    where = {} if number is None else {"evseId": number}
    token = {"idToken": card, "type": "ISO14443"}
    await site.ask("RequestStartTransaction", idToken=token, remoteStartId=next(REMOTE_STARTS), **where)


async def stop(site: Site, number: int) -> None:
    await site.ask("RequestStopTransaction", transactionId=site.running(number) or "no-such-transaction")


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


async def go_away(site: Site, *, abruptly: bool) -> None:
    if site.csms.listening:
        await site.csms.go_away(abruptly=abruptly)


async def come_back(site: Site) -> None:
    if not site.csms.listening:
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
