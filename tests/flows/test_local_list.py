"""The CSMS says beforehand who may charge: the local list and the cache, as drivers and the wire show them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from simulators.mock_csms.settings import Settings as CsmsSettings
from tests.flows.house import CARD, OTHER_CARD, PASSWORD, House
from tests.flows.test_variables import done, set_to, value_of
from tests.flows.test_variables_authorization import refused

LIST = "LocalAuthListCtrlr"


async def send(house: House, version: int, update: str = "Full", **statuses: str | None) -> str:
    """Send a list of cards and what is said about them; None takes one off."""
    items = [
        {"idToken": {"idToken": card, "type": "ISO14443"}, **({"idTokenInfo": {"status": said}} if said else {})}
        for card, said in statuses.items()
    ]
    more = {"localAuthorizationList": items} if items else {}
    answer = await house.call("SendLocalList", versionNumber=version, updateType=update, **more)
    return str(answer["status"])


async def version(house: House) -> Any:
    return (await house.call("GetLocalListVersion"))["versionNumber"]


def knows_nobody() -> CsmsSettings:
    return CsmsSettings(password=PASSWORD, messages_kept=20_000, tokens={"*": "Unknown"})


@pytest.mark.ocpp("C13.FR.01", "C13.FR.02", "C13.FR.03", "D01.FR.10", "D02.FR.01")
async def test_who_is_listed_charges_while_the_csms_is_away_and_after_a_power_cut_too(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        assert await send(house, 7, **{CARD: "Accepted", OTHER_CARD: "Blocked"}) == "Accepted"
        await house.kill()
        await house.start()
        await house.seen.wait_connected(timeout_s=300)
        assert await version(house) == 7
        await house.csms.go_away()
        await refused(house, OTHER_CARD)
        await asyncio.sleep(3)
        house.plug()
        house.swipe(CARD)
        await house.power()


@pytest.mark.ocpp("C14.FR.02", "C14.FR.03")
async def test_who_is_listed_charges_unasked_and_who_is_listed_as_blocked_is_asked_about(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"AuthCtrlr.LocalPreAuthorize": "true"})
        await send(house, 1, **{CARD: "Accepted", OTHER_CARD: "Blocked"})
        await done(house, await house.charge(CARD))
        assert house.seen.received("Authorize") == ()
        await done(house, await house.charge(OTHER_CARD), OTHER_CARD)
        assert len(house.seen.received("Authorize")) == 1


@pytest.mark.parametrize(("disabled", "asked"), [("true", 0), ("false", 1)])
async def test_who_is_listed_as_refused_is_asked_about_unless_that_is_switched_off(
    tmp_path: Path, disabled: str, asked: int
) -> None:
    async with House(tmp_path, csms=knows_nobody()) as house:
        await send(house, 1, **{CARD: "Blocked"})
        await set_to(house, {f"{LIST}.DisablePostAuthorize": disabled})
        await refused(house, CARD)
        assert len(house.seen.received("Authorize")) == asked


@pytest.mark.ocpp("D01.FR.12", "D01.FR.13", "D02.FR.03")
async def test_the_variables_say_how_full_the_list_is_and_switch_it_off(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        assert await value_of(house, f"{LIST}.Entries") == "0"
        await send(house, 1, **{CARD: "Accepted", OTHER_CARD: "Accepted"})
        await send(house, 2, "Differential", **{OTHER_CARD: None})
        assert await value_of(house, f"{LIST}.Entries") == "1"
        assert 0 < int(await value_of(house, f"{LIST}.Storage")) < 200
        await set_to(house, {f"{LIST}.Enabled": "false"})
        assert (await version(house), await send(house, 3)) == (0, "Failed")
        await house.csms.go_away()
        await refused(house, CARD)


@pytest.mark.ocpp("C12.FR.09", "C16.FR.03")
async def test_a_card_of_the_master_group_starts_nothing(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"AuthCtrlr.MasterPassGroupId": "POLICE"})
        group = {"idToken": "police", "type": "Central"}
        info = {"idTokenInfo": {"status": "Accepted", "groupIdToken": group}}
        house.csms.override(house.seen.id, "Authorize", info)
        await refused(house, CARD)


@pytest.mark.ocpp("C11.FR.01", "C11.FR.03")
async def test_a_cache_that_is_cleared_has_no_bytes_and_nobody(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await done(house, await house.charge())
        assert int(await value_of(house, "AuthCacheCtrlr.Storage")) > 0
        assert (await house.call("ClearCache"))["status"] == "Accepted"
        assert await value_of(house, "AuthCacheCtrlr.Storage") == "0"
        await house.csms.go_away()
        await refused(house, CARD)
