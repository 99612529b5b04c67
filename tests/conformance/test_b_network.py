"""Block B: network connection profiles, and coming back after the connection is lost."""

import asyncio

import pytest

from tests.conformance.door import Mood
from tests.conformance.site import BASIC, Site
from tests.conformance.states import has_booted
from tests.flows.house import until

WAIT_S = 20.0
"""RetryBackOffWaitMinimum where a case measures it."""


async def preferred(site: Site, url: str) -> int:
    """Put a profile for another endpoint before the one in use; return its slot."""
    active = await site.active_slot()
    slot = 3 - active
    assert await site.set_profile(slot, url, BASIC) == "Accepted"
    assert await site.prefer(slot, active) in ("Accepted", "RebootRequired")
    return slot


async def reset(site: Site) -> None:
    """Start anew; who is in stays so until the station goes, whatever the doors do by then."""
    answer = await site.call("Reset", type="OnIdle")
    assert answer["status"] == "Accepted"
    await site.restarted()


@pytest.mark.conformance("TC_B_45_CS")
@pytest.mark.ocpp("B09.FR.01", "B09.FR.06", "B10.FR.01", "B10.FR.04", "B10.FR.06", "A05.FR.05")
async def test_tc_b_45_cs(site: Site) -> None:
    """A station moves to the endpoint that it is told to prefer."""
    async with site.another_door(BASIC) as door:
        slot = await preferred(site, door.url)
        after, upgrades = site.now, len(site.door.attempts)
        await reset(site)
        await has_booted(site, after=after)
        assert len(door.upgrades) == 1
        assert len(site.door.attempts) == upgrades
        assert await site.active_slot() == slot


@pytest.mark.conformance("TC_B_46_CS")
@pytest.mark.ocpp("B10.FR.03", "B10.FR.04")
async def test_tc_b_46_cs(site: Site) -> None:
    """A station goes back to the second endpoint after as many attempts at the first as it is told to make."""
    await site.configured(NetworkProfileConnectionAttempts="2")
    async with site.another_door(BASIC) as door:
        door.mood = Mood.SILENT
        slot = await preferred(site, door.url)
        after, upgrades = site.now, len(site.door.upgrades)
        await reset(site)
        await has_booted(site, after=after)
        assert len(door.attempts) == 2
        assert len(site.door.upgrades) == upgrades + 1
        assert await site.active_slot() == 3 - slot


@pytest.mark.conformance("TC_B_49_CS")
@pytest.mark.ocpp("B10.FR.03", "B10.FR.04", "B10.FR.07")
async def test_tc_b_49_cs(site: Site) -> None:
    """A station that comes in nowhere goes on trying where it came in last."""
    await site.configured(
        NetworkProfileConnectionAttempts="1",
        RetryBackOffRepeatTimes="0",
        RetryBackOffRandomRange="0",
        RetryBackOffWaitMinimum=str(int(WAIT_S)),
    )
    async with site.another_door(BASIC) as door:
        await preferred(site, door.url)
        after, attempts = site.now, len(site.door.attempts)
        door.mood = site.door.mood = Mood.SHUT
        await reset(site)
        await until(lambda: len(site.door.attempts) == attempts + 1, "an attempt at the old endpoint", seconds=3600)
        assert len(door.attempts) == 1
        await asyncio.sleep(1)
        site.door.mood = Mood.OPEN
        await has_booted(site, after=after)
        failed, succeeded = site.door.attempts[attempts : attempts + 2]
        assert succeeded.at_s - failed.at_s >= WAIT_S
        assert len(door.attempts) == 1


@pytest.mark.conformance("TC_B_57_CS")
async def test_tc_b_57_cs(site: Site) -> None:
    """A lost connection is made again after the wait that is set, and after twice that wait if it fails."""
    await site.configured(
        NetworkProfileConnectionAttempts="3",
        RetryBackOffRepeatTimes="2",
        RetryBackOffRandomRange="0",
        RetryBackOffWaitMinimum=str(int(WAIT_S)),
    )
    loop = asyncio.get_running_loop()
    upgrades = len(site.door.upgrades)
    closed_s = loop.time()
    await site.csms.disconnect(site.seen.id)
    await site.connected(site.door, upgrades=upgrades + 1)
    assert site.door.attempts[-1].at_s - closed_s >= WAIT_S

    attempts = len(site.door.attempts)
    site.door.mood = Mood.SHUT
    closed_s = loop.time()
    await site.csms.disconnect(site.seen.id)
    await until(lambda: len(site.door.attempts) == attempts + 1, "an attempt")
    failed = site.door.attempts[-1]
    assert failed.at_s - closed_s >= WAIT_S
    await asyncio.sleep(1)
    site.door.mood = Mood.OPEN
    await site.connected(site.door, upgrades=upgrades + 2)
    succeeded = site.door.attempts[-1]
    assert len(site.door.attempts) == attempts + 2
    assert succeeded.at_s - failed.at_s >= 2 * WAIT_S
