"""What the CSMS sets about authorization has its effect: each variable as drivers and the wire show it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulators.mock_csms.settings import Settings as CsmsSettings
from station.storage.database import text_of
from tests.flows.house import CARD, OTHER_CARD, PASSWORD, House, is_whole, until
from tests.flows.test_variables import done, set_to


async def refused(house: House, card: str) -> None:
    """Plug in and hold a card to the reader in vain."""
    house.plug()
    house.swipe(card)
    await asyncio.sleep(30)
    assert not house.contactor_closed
    house.unplug()
    await house.status("Available")


def knows_one_card() -> CsmsSettings:
    return CsmsSettings(password=PASSWORD, messages_kept=20_000, tokens={CARD: "Accepted", "*": "Unknown"})


async def test_without_authorization_everybody_charges_and_nobody_is_asked(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.csms.override(house.seen.id, "Authorize", {"idTokenInfo": {"status": "Unknown"}})
        await refused(house, OTHER_CARD)
        await asyncio.sleep(3)
        await set_to(house, {"AuthCtrlr.Enabled": "false"})
        await done(house, await house.charge(OTHER_CARD), OTHER_CARD)
        assert len(house.seen.received("Authorize")) == 1


async def test_a_cached_token_charges_before_the_csms_has_answered_if_it_may(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await done(house, await house.charge())
        house.csms.override(house.seen.id, "Authorize", {}, delay_s=25)
        house.plug()
        house.swipe()
        await asyncio.sleep(20)
        assert not house.contactor_closed
        await house.power()
        await done(house, list(house.csms.transactions)[-1])
        await set_to(house, {"AuthCtrlr.LocalPreAuthorize": "true"})
        asked = len(house.seen.received("Authorize"))
        await done(house, await house.charge())
        assert len(house.seen.received("Authorize")) == asked


@pytest.mark.parametrize(
    ("variable", "value", "charges"),
    [
        ("AuthCtrlr.LocalAuthorizeOffline", "true", True),
        ("AuthCtrlr.LocalAuthorizeOffline", "false", False),
        ("AuthCacheCtrlr.Enabled", "false", False),
        ("AuthCacheCtrlr.LifeTime", "5", False),
        ("AuthCacheCtrlr.LifeTime", "600", True),
    ],
)
async def test_offline_a_cached_token_counts_as_far_as_the_variables_say(
    tmp_path: Path, variable: str, value: str, charges: bool
) -> None:
    async with House(tmp_path) as house:
        await done(house, await house.charge())
        await set_to(house, {variable: value})
        age_cache(house, seconds=60)
        await house.csms.go_away()
        house.plug()
        house.swipe()
        await asyncio.sleep(30)
        assert house.contactor_closed is charges


def age_cache(house: House, *, seconds: float) -> None:
    """Let what is cached be older; the loop's clock is virtual, that of the tokens is not."""
    then = text_of(datetime.now(UTC) - timedelta(seconds=seconds))
    house.database.execute("UPDATE tokens SET updated_at = ?", (then,))


async def test_an_unknown_token_charges_offline_if_the_operator_takes_the_risk(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await house.csms.go_away()
        house.plug()
        house.swipe(OTHER_CARD)
        await asyncio.sleep(30)
        assert not house.contactor_closed
        await house.csms.come_back()
        await house.seen.wait_connected(timeout_s=300)
        await set_to(house, {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
        await house.csms.go_away()
        house.swipe(OTHER_CARD)
        await until(lambda: house.contactor_closed, "a closed contactor")


async def test_no_authorize_is_sent_where_only_the_cache_counts(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"AuthCtrlr.DisableRemoteAuthorization": "true"})
        await refused(house, CARD)
        assert house.seen.received("Authorize") == ()


@pytest.mark.parametrize(("disabled", "asked"), [("true", 1), ("false", 2)])
async def test_a_token_that_is_known_as_refused_is_asked_about_again_unless_that_is_switched_off(
    tmp_path: Path, disabled: str, asked: int
) -> None:
    async with House(tmp_path, csms=knows_one_card()) as house:
        await refused(house, OTHER_CARD)
        await asyncio.sleep(3)
        await set_to(house, {"AuthCacheCtrlr.DisablePostAuthorize": disabled})
        await refused(house, OTHER_CARD)
        assert len(house.seen.received("Authorize")) == asked


@pytest.mark.parametrize(("checked", "asked"), [("true", 1), ("false", 0)])
async def test_a_remote_start_is_checked_if_the_variable_says_so(tmp_path: Path, checked: str, asked: int) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"AuthCtrlr.AuthorizeRemoteStart": checked})
        house.plug()
        token = {"idToken": "APP", "type": "eMAID"}
        await house.call("RequestStartTransaction", idToken=token, remoteStartId=1, evseId=1)
        await house.power()
        assert len(house.seen.received("Authorize")) == asked


async def test_who_plugs_in_charges_without_a_card_where_authorization_is_switched_off(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"AuthCtrlr.Enabled": "false"})
        house.plug()
        await house.power()
        event = await house.event(lambda event: "idToken" in event)
        assert event["idToken"] == {"idToken": "", "type": "NoAuthorization"}
        house.swipe()  # any card stops
        transaction = await house.finished(event["transactionInfo"]["transactionId"])
        assert is_whole(transaction)
        assert house.seen.received("Authorize") == ()


async def test_a_master_pass_stops_what_runs_and_starts_nothing(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await set_to(house, {"AuthCtrlr.MasterPassGroupId": "POLICE"})
        transaction_id = await house.charge()
        police = {"idTokenInfo": {"status": "Accepted", "groupIdToken": {"idToken": "POLICE", "type": "Central"}}}
        house.csms.override(house.seen.id, "Authorize", police)
        house.swipe(OTHER_CARD)
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "MasterPass"
        house.unplug()
        await house.status("Available")
        await refused(house, OTHER_CARD)
