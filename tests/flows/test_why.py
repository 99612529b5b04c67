"""Whatever the bench can break, and whatever people and the CSMS do: "why does it not charge?" names it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ocpp.v201.enums import BootReasonEnumType

from simulators.bench.faults import FAULTS
from simulators.mock_csms.settings import Settings as CsmsSettings
from station.app import Station
from station.clock import SystemClock
from station.core.documents import to_document
from station.core.events import LimitChanged
from station.core.why import Explanation, Link, Standing, Step
from station.settings import Settings
from station.storage.database import Database
from station.texts import LANGUAGES, say
from tests.flows.house import CARD, IDENTITY, OTHER_CARD, PASSWORD, SETTINGS, House, until
from tests.flows.test_availability import change
from tests.flows.test_offline import known_card

FIRST: Mapping[str, str] = {
    "meter_silent": "meter_silent",
    "meter_crc": "meter_garbled",
    "meter_wrong_unit": "meter_garbled",
    "meter_exception": "meter_refuses",
    "meter_late": "meter_unsteady",
    "meter_truncated": "meter_garbled",
    "meter_garbage": "meter_garbled",
    "meter_busy_forever": "start_timeout",
    "meter_snapshot_fails": "start_failed",
    "meter_bad_signature": "start_signature",
    "meter_bad_ocmf_signature": "start_signature",
    "meter_ocmf_differs": "start_record",
    "meter_changed_key": "meter_other_key",
    "meter_changed_serial": "meter_other_serial",
    "meter_counter_gap": "",
    "meter_clock_unset": "time_not_taken",
    "meter_event_bits": "unfit_measuring",
    "meter_event_17": "unfit_communication",
    "meter_event_18": "unfit_firmware",
    "meter_event_19": "unfit_development",
    "meter_no_feedback": "contactor_feedback",
    "meter_power_cycle": "meter_silent",
    "meter_power_loss_in_snapshot": "start_interrupted",
    "controller_silent": "controller_silent",
    "controller_crc": "controller_garbled",
    "controller_wrong_unit": "controller_garbled",
    "controller_exception": "controller_refuses",
    "controller_late": "controller_silent",
    "controller_truncated": "controller_garbled",
    "controller_garbage": "controller_garbled",
    "contactor_welded": "contactor_feedback",
    "controller_pilot_short": "pilot_shorted",
    "controller_rcm_tripped": "residual_current",
    "controller_rcm_dead": "",
    "controller_lock_jammed": "lock_jammed",
    "controller_power_cycle": "controller_silent",
}
"""By fault of the bench, what is found first; empty for one that does not stop a driver."""

AT_NIGHT = frozenset({"meter_changed_key", "meter_changed_serial"})
"""Nobody swaps a meter while the station runs."""


def why(house: House) -> Explanation:
    assert house.station is not None
    return house.station.local.look.why(1)


def first(house: House) -> str:
    link = why(house).first
    return link.code if link else ""


def at(house: House, step: Step) -> Link:
    return next(link for link in why(house).links if link.step is step)


async def named(house: House, code: str, *, seconds: float = 120.0) -> Link:
    """Return the first link as soon as it is this one."""
    try:
        await until(lambda: first(house) == code, code, seconds=seconds)
    except AssertionError as error:
        raise AssertionError(f"{code} expected, found {first(house)}: {why(house).links}") from error
    link = why(house).first
    assert link is not None
    return link


def read_by(link: Link) -> None:
    """All that people read about it can be put together, and sent to a page."""
    for language in LANGUAGES:
        for suffix in ("", ".remedy", ".driver"):
            assert say(language, f"why.{link.code}{suffix}", **link.params)
    assert to_document(link)["code"] == link.code


@contextlib.asynccontextmanager
async def plugged(folder: Path, **more: Any) -> AsyncIterator[House]:
    """A house where somebody has plugged in and holds a card."""
    async with House(folder, **more) as house:
        house.plug()
        await house.status("Occupied")
        yield house


async def broken(house: House, name: str) -> None:
    if name in AT_NIGHT:
        await house.stop()
        house.fault(name)
        await house.start(wait=False)
        await until(lambda: first(house) not in ("process_starting", ""), "a station awake")
    else:
        house.fault(name)


def test_there_is_an_expectation_for_everything_that_the_bench_can_break() -> None:
    assert set(FIRST) == set(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
async def test_what_is_broken_is_named_to_a_driver_who_plugs_in_and_swipes(tmp_path: Path, name: str) -> None:
    async with House(tmp_path) as house:
        await broken(house, name)
        house.plug()
        await asyncio.sleep(1)
        house.swipe()
        await asyncio.sleep(45)
        explanation = why(house)
        assert first(house) == FIRST[name], explanation.links
        assert explanation.charging is (not FIRST[name])
        if explanation.first is not None:
            assert explanation.first.standing is Standing.STOPS
            assert explanation.first.detail
            read_by(explanation.first)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("meter_silent", "meter_silent"),  # and not the end that it owes
        ("meter_busy_forever", "end_owed"),
        ("meter_bad_signature", "end_owed"),
        ("meter_no_feedback", "contactor_feedback"),
        ("contactor_welded", "contactor_feedback"),
        ("controller_lock_jammed", "lock_held"),
        ("controller_pilot_short", "pilot_shorted"),
    ],
)
async def test_what_breaks_while_somebody_charges_is_named_when_he_stops(
    tmp_path: Path, name: str, code: str
) -> None:
    async with House(tmp_path) as house:
        await house.charge()
        house.fault(name)
        await asyncio.sleep(20)
        if why(house).charging:
            house.swipe()
        link = await named(house, code)
        assert (link.standing, bool(link.detail)) == (Standing.STOPS, True)
        read_by(link)


async def test_a_fault_that_is_over_is_not_named_any_more(tmp_path: Path) -> None:
    async with plugged(tmp_path) as house:
        house.fault("controller_silent")
        await named(house, "controller_silent")
        house.fault("controller_silent", on=False)
        await named(house, "card_awaited")
        house.swipe()
        await until(lambda: why(house).charging, "energy")


# Drivers


async def test_a_driver_is_led_from_the_plug_to_the_energy(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        assert [link.standing for link in why(house).links].count(Standing.STOPS) == 0
        assert first(house) == "plug_in"
        house.bench.evse(1).plug("station")
        await named(house, "plug_at_vehicle")
        house.plug()
        await named(house, "card_awaited")
        house.swipe()
        await named(house, "preparing")
        await until(lambda: why(house).charging, "energy")
        assert first(house) == ""
        await asyncio.sleep(60)
        assert (why(house).charging, first(house)) == (True, "")
        assert at(house, Step.VEHICLE).code == "vehicle_charges"
        house.swipe()
        await named(house, "session_ending")
        await named(house, "session_over")
        house.unplug()
        await named(house, "plug_in")


async def test_a_card_that_comes_first_waits_for_the_plug(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        house.swipe()
        link = await named(house, "plug_in_accepted")
        assert 50 < float(link.params["seconds"]) <= 60
        await asyncio.sleep(70)
        assert first(house) == "plug_in"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("Blocked", "card_refused"),
        ("Expired", "card_expired"),
        ("Unknown", "card_unknown"),
        ("NotAtThisTime", "card_not_here"),
        ({"evseId": [2]}, "card_not_here"),
    ],
)
async def test_a_card_that_the_csms_refuses(tmp_path: Path, answer: Any, code: str) -> None:
    csms = CsmsSettings(password=PASSWORD, tokens={CARD: answer})
    async with plugged(tmp_path, csms=csms) as house:
        house.swipe()
        link = await named(house, code)
        assert (link.step, link.standing) == (Step.CARD, Standing.STOPS)
        read_by(link)
        house.swipe(OTHER_CARD)
        await until(lambda: why(house).charging, "energy")


async def test_a_card_that_the_csms_withdraws_while_it_charges(tmp_path: Path) -> None:
    async with plugged(tmp_path, variables='"TxCtrlr.StopTxOnInvalidId" = false') as house:
        house.csms.override(IDENTITY, "TransactionEvent", {"idTokenInfo": {"status": "Invalid"}}, times=1)
        house.swipe()
        assert (await named(house, "card_withdrawn")).standing is Standing.STOPS


async def test_a_plug_that_is_held_for_its_owner(tmp_path: Path) -> None:
    async with plugged(tmp_path) as house:
        house.csms.override(IDENTITY, "TransactionEvent", {"idTokenInfo": {"status": "Invalid"}}, times=1)
        house.swipe()
        assert (await named(house, "plug_held")).standing is Standing.WAITS


async def test_a_reader_that_is_gone(tmp_path: Path) -> None:
    async with plugged(tmp_path, settings=SETTINGS.replace("{folder}/reader1", "{folder}/nowhere")) as house:
        link = await named(house, "reader_down")
        assert link.params == {"reader": "front"}
        assert "nowhere does not exist" in link.detail


# Vehicles


async def test_a_vehicle_that_wants_no_power(tmp_path: Path) -> None:
    async with plugged(tmp_path) as house:
        house.bench.evse(1).set_vehicle(wants_power=False)
        house.swipe()
        await named(house, "vehicle_asked")
        link = await named(house, "vehicle_declines")
        assert (link.standing, link.params) == (Standing.WAITS, {"amps": 16})
        house.bench.evse(1).set_vehicle(wants_power=True)
        await until(lambda: why(house).charging and first(house) == "", "energy")


async def test_a_vehicle_that_closes_its_contact_and_draws_nothing(tmp_path: Path) -> None:
    async with plugged(tmp_path) as house:
        house.bench.evse(1).set_vehicle(max_current_a=0)
        house.swipe()
        assert (await named(house, "vehicle_draws_nothing")).standing is Standing.WAITS
        assert not why(house).charging


async def test_a_vehicle_that_wants_ventilation(tmp_path: Path) -> None:
    async with plugged(tmp_path) as house:
        house.bench.evse(1).set_vehicle(needs_ventilation=True)
        house.swipe()
        assert (await named(house, "vehicle_ventilation")).step is Step.VEHICLE


# The CSMS


async def test_a_csms_that_is_away_is_a_note_until_a_card_is_refused_for_it(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await known_card(house)
        await house.csms.go_away(abruptly=True)
        house.plug()
        await named(house, "card_awaited")
        await until(lambda: bool(at(house, Step.CSMS).detail), "an attempt to connect that failed")
        assert (at(house, Step.CSMS).code, at(house, Step.CSMS).standing) == ("csms_away", Standing.NOTE)
        house.swipe(OTHER_CARD)
        link = await named(house, "card_offline")
        assert (link.step, link.standing) == (Step.CARD, Standing.STOPS)
        read_by(link)
        house.swipe(CARD)
        await until(lambda: why(house).charging, "energy")
        assert first(house) == ""


async def test_a_csms_without_which_nobody_may_charge(tmp_path: Path) -> None:
    async with plugged(tmp_path, variables='"AuthCtrlr.LocalAuthorizeOffline" = false') as house:
        await house.csms.go_away(abruptly=True)
        await named(house, "csms_needed")
        await house.csms.come_back()
        await named(house, "card_awaited", seconds=300)


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
async def test_a_csms_that_never_accepts(tmp_path: Path, status: str) -> None:
    async with House(tmp_path, wait=False) as house:
        house.csms.override(IDENTITY, "BootNotification", {"status": status, "interval": 600})
        link = await named(house, f"csms_{status.lower()}")
        assert (link.step, link.standing) == (Step.ACCEPTED, Standing.STOPS)
        house.plug()
        house.swipe()
        await asyncio.sleep(30)
        assert first(house) == f"csms_{status.lower()}"
        read_by(link)


async def test_an_outlet_that_was_taken_out_of_service(tmp_path: Path) -> None:
    async with plugged(tmp_path) as house:
        assert await change(house, "Inoperative") == "Accepted"
        link = await named(house, "out_of_service")
        house.swipe()
        await asyncio.sleep(5)
        assert why(house).first == link
        assert await change(house, "Operative") == "Accepted"
        await named(house, "card_awaited")


async def test_a_station_that_waits_for_its_reset(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await house.charge()
        assert (await house.call("Reset", type="OnIdle"))["status"] == "Scheduled"
        assert (first(house), at(house, Step.OPERATIVE).standing) == ("", Standing.NOTE)
        house.swipe()
        assert (await named(house, "waits_for_reset")).standing is Standing.STOPS


# Limits and time


async def test_a_limit_below_what_can_be_offered(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        await house.charge()
        assert house.station is not None
        house.station.evse(1).post(LimitChanged(0.0))
        link = await named(house, "limit_too_low")
        assert (link.standing, link.params) == (Standing.STOPS, {"amps": 0, "least": 6})
        house.station.evse(1).post(LimitChanged(10.0))
        await until(lambda: why(house).charging, "energy")


class Unsure(SystemClock):
    """A computer without NTP; `behind`: how far its clock is."""

    def __init__(self, behind: timedelta) -> None:
        super().__init__()
        self._behind = behind

    def now(self) -> datetime:
        return datetime.now(UTC) - self._behind

    def synchronised(self) -> bool:
        return False

    def offers(self, source: str) -> bool:
        return False


class Timeless(House):
    """Its station has no time of its own."""

    behind = timedelta(0)

    def _made(self, settings: Settings, database: Database, reason: BootReasonEnumType) -> Station:
        return Station(settings, database, boot_reason=reason, clock=Unsure(self.behind))


@pytest.mark.parametrize(
    ("behind", "code"),
    [(timedelta(0), "time_unsynchronised"), (timedelta(days=20 * 365), "time_implausible")],
)
async def test_a_station_without_time(tmp_path: Path, behind: timedelta, code: str) -> None:
    house = Timeless(tmp_path, wait=False)
    house.behind = behind
    async with house:
        await house.csms.go_away()
        link = await named(house, code)
        assert (link.step, link.standing) == (Step.METER_TIME, Standing.STOPS)
        read_by(link)
