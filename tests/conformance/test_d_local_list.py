"""Block D: the local authorization list."""

import pytest

from tests.conformance.site import Site
from tests.conformance.states_authorization import id_token_listed
from tests.conformance.states_sessions import configured
from tests.flows.house import CARD, OTHER_CARD

VERSION = 7


@pytest.mark.conformance("TC_D_01_CS")
@pytest.mark.ocpp("D01.FR.01", "D01.FR.02", "D01.FR.15", "D02.FR.01")
async def test_tc_d_01_cs(site: Site) -> None:
    """A whole list is taken over."""
    await _sent(site, VERSION, {CARD: "Accepted"})


@pytest.mark.conformance("TC_D_02_CS")
@pytest.mark.ocpp("D01.FR.01", "D01.FR.02", "D01.FR.16", "D02.FR.01")
async def test_tc_d_02_cs(site: Site) -> None:
    """A card is added to the list."""
    await _listed(site)
    await _sent(site, VERSION + 1, {OTHER_CARD: "Accepted"}, differential=True)


@pytest.mark.conformance("TC_D_03_CS")
@pytest.mark.ocpp("D01.FR.01", "D01.FR.02", "D01.FR.17", "D02.FR.01")
async def test_tc_d_03_cs(site: Site) -> None:
    """A card is taken off the list."""
    await _listed(site)
    await _sent(site, VERSION + 1, {CARD: None}, differential=True)


@pytest.mark.conformance("TC_D_04_CS")
@pytest.mark.ocpp("D01.FR.01", "D01.FR.02", "D01.FR.04", "D02.FR.01")
async def test_tc_d_04_cs(site: Site) -> None:
    """A list with nobody on it has a version, too."""
    await _listed(site)
    await _sent(site, VERSION, {})


@pytest.mark.conformance("TC_D_08_CS")
@pytest.mark.ocpp("D02.FR.01")
async def test_tc_d_08_cs(site: Site) -> None:
    """The station knows which version of the list it has."""
    await _listed(site)
    assert await site.csms.charging(site.seen.id).list_version() == VERSION


async def _listed(site: Site) -> None:
    await configured(site, LocalAuthListCtrlr__Enabled="true")
    await id_token_listed(site, CARD, version=VERSION)


async def _sent(site: Site, version: int, cards: dict[str, str | None], *, differential: bool = False) -> None:
    """Send a list, or a change of it, and check that the station has it."""
    await configured(site, LocalAuthListCtrlr__Enabled="true")
    charging = site.csms.charging(site.seen.id)
    assert await charging.send_list(version, cards, differential=differential) == "Accepted"
    assert await charging.list_version() == version
