"""Block C: drivers who are on the local authorization list."""

import pytest

from tests.conformance.site import Site
from tests.conformance.states import ev_connected_pre_session
from tests.conformance.states_authorization import (
    BLOCKED,
    EXPIRED,
    INVALID,
    asked,
    id_token_listed,
    knows,
    presented,
    refused,
)
from tests.conformance.states_sessions import Visit, configured, offline

RETRY_S = 30


async def with_list(site: Site, *cards: str, **values: str) -> None:
    """Put cards on the list, have the station believe it, and set more variables."""
    await configured(site, LocalAuthListCtrlr__Enabled="true", AuthCtrlr__LocalPreAuthorize="true", **values)
    knows(site, *cards)
    await id_token_listed(site, *cards)


@pytest.mark.conformance("TC_C_22_CS")
@pytest.mark.ocpp("C13.FR.02")
async def test_tc_c_22_cs(site: Site) -> None:
    """Who is listed as Invalid charges nothing while nobody can be asked."""
    await _is_refused_offline(site, INVALID)


@pytest.mark.conformance("TC_C_23_CS")
@pytest.mark.ocpp("C13.FR.02")
async def test_tc_c_23_cs(site: Site) -> None:
    """Who is listed as Blocked charges nothing while nobody can be asked."""
    await _is_refused_offline(site, BLOCKED)


@pytest.mark.conformance("TC_C_24_CS")
@pytest.mark.ocpp("C13.FR.02")
async def test_tc_c_24_cs(site: Site) -> None:
    """Who is listed as Expired charges nothing while nobody can be asked."""
    await _is_refused_offline(site, EXPIRED)


async def _is_refused_offline(site: Site, card: str) -> None:
    await with_list(
        site,
        card,
        AuthCtrlr__OfflineTxForUnknownIdEnabled="false",
        AuthCtrlr__LocalAuthorizeOffline="true",
        TxCtrlr__TxStartPoint="Authorized",  # what is authorized shows without a cable
        OCPPCommCtrlr__OfflineThreshold=str(RETRY_S + 60),
        OCPPCommCtrlr__RetryBackOffWaitMinimum=str(RETRY_S),
        OCPPCommCtrlr__RetryBackOffRandomRange="0",
    )
    after = site.now
    async with offline(site):
        await presented(site, card)
    await refused(site, after=after)


@pytest.mark.conformance("TC_C_29_CS")
@pytest.mark.ocpp("C14.FR.03")
async def test_tc_c_29_cs(site: Site) -> None:
    """Who is listed as Blocked is asked about."""
    await _is_asked_about(site, BLOCKED)


@pytest.mark.conformance("TC_C_30_CS")
@pytest.mark.ocpp("C14.FR.03")
async def test_tc_c_30_cs(site: Site) -> None:
    """Who is listed as Expired is asked about."""
    await _is_asked_about(site, EXPIRED)


async def _is_asked_about(site: Site, card: str) -> None:
    await with_list(site, card, LocalAuthListCtrlr__DisablePostAuthorize="false")
    await ev_connected_pre_session(site)
    after = await presented(site, card)
    await asked(site, card, after=after)
    await refused(site, after=after)


@pytest.mark.conformance("TC_C_31_CS")
@pytest.mark.ocpp("C14.FR.03")
async def test_tc_c_31_cs(site: Site) -> None:
    """Who is listed as Invalid charges if the CSMS knows better."""
    await with_list(site, INVALID, LocalAuthListCtrlr__DisablePostAuthorize="false")
    site.csms.tokens.put(INVALID, "Accepted")
    visit = await Visit.at(site, card=INVALID)
    await visit.authorized()
    await visit.ev_connected_pre_session()
    await visit.energy_transfer_started()


@pytest.mark.conformance("TC_C_58_CS")
@pytest.mark.ocpp("C14.FR.03")
async def test_tc_c_58_cs(site: Site) -> None:
    """Who is listed as Invalid is refused without a question, if the station is told so."""
    await with_list(site, INVALID, LocalAuthListCtrlr__DisablePostAuthorize="true")
    await ev_connected_pre_session(site)
    after = await presented(site, INVALID)
    await refused(site, after=after)
    assert site.requests("Authorize", after=after) == []
