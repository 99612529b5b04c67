"""Block G: what may be used, and what the CSMS is told about it."""

import asyncio

import pytest

from tests.conformance.site import Site
from tests.conformance.states import (
    STARTED,
    availability_changed,
    booting,
    connectors_told,
    ev_connected_pre_session,
    ev_disconnected,
    unavailable,
)
from tests.conformance.states_sessions import SETTLE_S, Visit

EVSE_1 = {1: "Unavailable", 2: "Available"}
STATION = {1: "Unavailable", 2: "Unavailable"}


@pytest.fixture
async def free_site(site_of_two: Site) -> Site:
    """A station that has told the status of both connectors."""
    await connectors_told(site_of_two, dict.fromkeys(STATION, "Available"), after=0)
    return site_of_two


@pytest.mark.conformance("TC_G_02_CS")
@pytest.mark.ocpp("G01.FR.01", "N07.FR.19")
async def test_tc_g_02_cs(site: Site) -> None:
    """A connector whose cable is taken away is Available."""
    await ev_connected_pre_session(site)
    await ev_disconnected(site)


@pytest.mark.conformance("TC_G_03_CS")
@pytest.mark.ocpp("G03.FR.01", "G03.FR.02", "G03.FR.04", "G03.FR.06")
async def test_tc_g_03_cs(free_site: Site) -> None:
    """An EVSE is taken out of service, and no other."""
    site = free_site
    after = site.now
    await unavailable(site, evse=1, connector=None)
    await _told_only(site, {1: "Unavailable"}, after=after)


@pytest.mark.conformance("TC_G_04_CS")
@pytest.mark.ocpp("G03.FR.01", "G03.FR.02", "G03.FR.04", "G03.FR.07")
async def test_tc_g_04_cs(free_site: Site) -> None:
    """An EVSE is put back."""
    site = free_site
    await unavailable(site, evse=1, connector=None)
    after = site.now
    assert await availability_changed(site, "Operative", evse=1) == "Accepted"
    await _told_only(site, {1: "Available"}, after=after)


@pytest.mark.conformance("TC_G_05_CS")
@pytest.mark.ocpp("G04.FR.01", "G04.FR.02", "G04.FR.03", "G04.FR.05", "G04.FR.07")
async def test_tc_g_05_cs(free_site: Site) -> None:
    """The whole station is taken out of service."""
    site = free_site
    after = site.now
    await unavailable(site, evse=None, connector=None)
    await _told_only(site, STATION, after=after)


@pytest.mark.conformance("TC_G_06_CS")
@pytest.mark.ocpp("G04.FR.01", "G04.FR.02", "G04.FR.03", "G04.FR.05", "G04.FR.08")
async def test_tc_g_06_cs(free_site: Site) -> None:
    """The whole station is put back."""
    site = free_site
    await unavailable(site, evse=None, connector=None)
    after = site.now
    assert await availability_changed(site, "Operative") == "Accepted"
    await _told_only(site, dict.fromkeys(STATION, "Available"), after=after)


@pytest.mark.conformance("TC_G_08_CS")
@pytest.mark.ocpp("G03.FR.01", "G03.FR.02", "G03.FR.04", "G03.FR.07")
async def test_tc_g_08_cs(free_site: Site) -> None:
    """A connector is put back."""
    site = free_site
    await unavailable(site, evse=1, connector=1)
    after = site.now
    assert await availability_changed(site, "Operative", evse=1, connector=1) == "Accepted"
    await _told_only(site, {1: "Available"}, after=after)


@pytest.mark.conformance("TC_G_10_CS")
@pytest.mark.ocpp("G03.FR.01", "G03.FR.02", "G03.FR.03", "G03.FR.04")
async def test_tc_g_10_cs(site: Site) -> None:
    """What is out of service already is accepted to be so."""
    await unavailable(site, evse=1, connector=None)
    assert await availability_changed(site, "Inoperative", evse=1) == "Accepted"


@pytest.mark.conformance("TC_G_11_CS")
@pytest.mark.ocpp("G03.FR.01", "G03.FR.02", "G03.FR.04", "G03.FR.05", "G01.FR.05")
async def test_tc_g_11_cs(site: Site) -> None:
    """Who charges at an EVSE may finish; then it is out of service, also when the cable is taken away."""
    visit = await Visit.at(site)
    await visit.energy_transfer_started()
    assert await availability_changed(site, "Inoperative", evse=1) == "Scheduled"
    await _goes_out_of_service(visit)


@pytest.mark.conformance("TC_G_14_CS")
@pytest.mark.ocpp("G04.FR.01", "G04.FR.02", "G04.FR.03", "G04.FR.05", "G04.FR.06")
async def test_tc_g_14_cs(free_site: Site) -> None:
    """Who charges may finish; what is free is out of service at once."""
    site = free_site
    visit = await Visit.at(site)
    await visit.energy_transfer_started()
    after = site.now
    assert await availability_changed(site, "Inoperative") == "Scheduled"
    await _told_only(site, {2: "Unavailable"}, after=after)
    await _goes_out_of_service(visit)


@pytest.mark.conformance("TC_G_15_CS")
@pytest.mark.ocpp("G03.FR.01", "G03.FR.02", "G03.FR.03", "G03.FR.04")
async def test_tc_g_15_cs(site: Site) -> None:
    """What is in service already is accepted to be so."""
    assert await availability_changed(site, "Operative", evse=1, connector=1) == "Accepted"


@pytest.mark.conformance("TC_G_19_CS")
@pytest.mark.ocpp("G03.FR.08")
async def test_tc_g_19_cs(free_site: Site) -> None:
    """A connector that is out of service is so after a reset."""
    await unavailable(free_site, evse=1, connector=1)
    await _told_after_reset(free_site, EVSE_1)


@pytest.mark.conformance("TC_G_20_CS")
@pytest.mark.ocpp("G05.FR.01", "G05.FR.02")
async def test_tc_g_20_cs(site: Site) -> None:
    """Nobody charges with a plug that cannot be locked, and the CSMS learns why."""
    site.bench.evse(1).fault("controller_lock_jammed", on=True)
    await ev_connected_pre_session(site)
    after = site.now
    visit = await Visit.at(site)
    site.bench.reader(1).swipe(visit.card)
    await site.request("Authorize", after=after)

    def is_lock(event: object) -> bool:
        return isinstance(event, dict) and event["component"]["name"] == "ConnectorPlugRetentionLock"

    event = await site.request("NotifyEvent", lambda told: is_lock(told["eventData"][0]), after=after)
    problem = event["eventData"][0]
    assert problem["component"]["evse"]["id"] == 1
    assert (problem["trigger"], problem["variable"], problem["actualValue"]) == ("Delta", {"name": "Problem"}, "true")
    await asyncio.sleep(SETTLE_S)
    assert not visit.charging
    assert not site.contactor_closed


@pytest.mark.conformance("TC_G_21_CS")
@pytest.mark.ocpp("G04.FR.09")
async def test_tc_g_21_cs(free_site: Site) -> None:
    """A station that is out of service is so after a reset."""
    await unavailable(free_site, evse=None, connector=None)
    await _told_after_reset(free_site, STATION)


async def _told_only(site: Site, wanted: dict[int, str], *, after: int) -> None:
    """Check that the status of these connectors is told, once, and of no other."""
    await connectors_told(site, wanted, after=after)
    await asyncio.sleep(SETTLE_S)
    told = [(row["evseId"], row["connectorStatus"]) for row in site.requests("StatusNotification", after=after)]
    assert sorted(told) == sorted(wanted.items())


async def _goes_out_of_service(visit: Visit) -> None:
    """Let the driver finish and go; not later than with the cable it is told that the EVSE is out of service."""
    site = visit.site
    after = site.now
    await asyncio.sleep(SETTLE_S)
    assert site.requests("StatusNotification", after=after) == []
    assert visit.charging
    await visit.stop_authorized()
    await visit.ev_connected_post_session()
    await visit.ev_disconnected(status=None)
    await _told_only(site, {visit.evse: "Unavailable"}, after=after)
    await visit.settled()


async def _told_after_reset(site: Site, wanted: dict[int, str]) -> None:
    after = await booting(site)
    await site.request("BootNotification", after=after)
    await connectors_told(site, wanted, after=after)
    await site.security_event(*STARTED, after=after)
