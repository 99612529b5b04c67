"""SetNetworkProfile and NetworkConfigurationPriority."""

from typing import Any

import pytest

from station.core.device_model import Refusal, Rejected
from station.core.network import NetworkProfile
from station.errors import StorageError
from station.ocpp.blocks.network_profiles import NetworkProfiles
from station.ocpp.frames import Call, Result
from station.ocpp.router import Router
from tests.ocpp.lines import a_profile

SLOTS = ("1", "2", "3", "4")


class Shelf:
    """Slots that hold, or fail to."""

    def __init__(self) -> None:
        self.security_profile = 1
        self.profiles: dict[int, NetworkProfile] = {1: a_profile(1)}
        self.broken = False

    def get(self, slot: int) -> NetworkProfile | None:
        return self.profiles.get(slot)

    def put(self, profile: NetworkProfile) -> None:
        if self.broken:
            raise StorageError("disk full")
        self.profiles[profile.slot] = profile


class Place:
    def __init__(self) -> None:
        self.shelf = Shelf()
        self.downgrade = self.root = self.certificate = False
        self.block = NetworkProfiles(
            self.shelf,
            slots=SLOTS,
            downgrade_allowed=lambda: self.downgrade,
            has_root=lambda: self.root,
            has_certificate=lambda: self.certificate,
        )

    async def ask(self, profile: NetworkProfile) -> dict[str, Any]:
        """Send SetNetworkProfile as it arrives; return the answer's payload."""
        payload = {"configurationSlot": profile.slot, "connectionData": dict(profile.document)}
        answer = await Router(self.block).respond(Call("1", "SetNetworkProfile", payload))
        assert isinstance(answer.frame, Result), answer.frame
        return answer.frame.payload

    def refusal(self, *slots: str) -> str | None:
        verdict = self.block.check_priority(slots)
        if verdict is not None:
            assert verdict.status is Refusal.REJECTED
        return verdict.reason_code if verdict is not None else None


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.mark.ocpp("B09.FR.01", "B09.FR.06")
@pytest.mark.parametrize("slot", [1, 2, 4])
async def test_a_good_profile_is_kept_in_its_slot(place: Place, slot: int) -> None:
    profile = a_profile(slot, "ws://new.example/", customData={"vendorId": "x", "some_key": {"ocppCsmsUrl": 1}})
    assert await place.ask(profile) == {"status": "Accepted"}
    assert place.shelf.profiles[slot] == profile


@pytest.mark.ocpp("B09.FR.02", "B09.FR.04", "B09.FR.05", "B09.FR.31")
@pytest.mark.parametrize(
    ("profile", "now", "downgrade", "code"),
    [
        (a_profile(2, ocppVersion="OCPP16"), 1, False, "InvalidNetworkConf"),
        (a_profile(2, "http://csms/"), 1, False, "InvalidNetworkConf"),
        (a_profile(0), 1, False, "InvalidConfSlot"),
        (a_profile(5), 1, False, "InvalidConfSlot"),
        (a_profile(-1), 1, False, "InvalidConfSlot"),
        (a_profile(2, security=0), 1, False, "NoSecurityDowngrade"),
        (a_profile(2, security=1), 2, False, "NoSecurityDowngrade"),
        (a_profile(2, security=1), 2, True, "NoSecurityDowngrade"),
        (a_profile(2, security=1), 3, True, "NoSecurityDowngrade"),
        (a_profile(2, "wss://csms/", 2), 3, False, "NoSecurityDowngrade"),
    ],
)
async def test_a_profile_that_may_not_be_is_refused_with_the_reason(
    place: Place, profile: NetworkProfile, now: int, downgrade: bool, code: str
) -> None:
    place.shelf.security_profile, place.downgrade = now, downgrade
    answer = await place.ask(profile)
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", code)
    assert place.shelf.profiles == {1: a_profile(1)}


@pytest.mark.ocpp("B09.FR.04", "A05.FR.08")
async def test_two_instead_of_three_is_accepted_when_that_is_allowed(place: Place) -> None:
    place.shelf.security_profile, place.downgrade = 3, True
    assert await place.ask(a_profile(2, "wss://csms/", 2)) == {"status": "Accepted"}
    assert place.refusal("2") is None


@pytest.mark.ocpp("B09.FR.03")
async def test_a_profile_that_cannot_be_stored_has_failed(place: Place) -> None:
    place.shelf.broken = True
    assert (await place.ask(a_profile(2)))["status"] == "Failed"


@pytest.mark.ocpp("B10.FR.01", "A05.FR.04")
def test_an_order_of_good_slots_is_accepted(place: Place) -> None:
    place.shelf.put(a_profile(2))
    assert place.refusal("2", "1") is None


@pytest.mark.ocpp("B10.FR.02")
def test_an_order_with_an_empty_slot_is_refused(place: Place) -> None:
    assert place.block.check_priority(("1", "3")) == Rejected(Refusal.REJECTED, "InvalidConfSlot", "slot 3 is empty")


@pytest.mark.ocpp("B10.FR.02")
def test_an_order_with_a_profile_that_this_version_cannot_use_any_more_is_refused(place: Place) -> None:
    place.shelf.put(a_profile(2, ocppTransport="SOAP"))
    assert place.refusal("1", "2") == "InvalidNetworkConf"


@pytest.mark.ocpp("A05.FR.02")
@pytest.mark.parametrize("security", [2, 3])
def test_more_security_needs_a_root_certificate(place: Place, security: int) -> None:
    place.shelf.put(a_profile(2, "wss://csms/", security))
    place.certificate = True
    assert place.refusal("2", "1") == "InvalidNetworkConf"
    place.root = True
    assert place.refusal("2", "1") is None


@pytest.mark.ocpp("A05.FR.03")
def test_profile_3_needs_a_certificate_of_the_station(place: Place) -> None:
    place.shelf.put(a_profile(2, "wss://csms/", 3))
    place.root = True
    assert place.refusal("2") == "InvalidNetworkConf"
    place.certificate = True
    assert place.refusal("2") is None


def test_what_is_in_use_already_needs_nothing_more(place: Place) -> None:
    place.shelf.security_profile = 3
    place.shelf.put(a_profile(1, "wss://csms/", 3))
    assert place.refusal("1") is None


@pytest.mark.ocpp("A05.FR.09", "A05.FR.10")
@pytest.mark.parametrize(("now", "to", "allowed"), [(2, 1, False), (3, 2, False), (2, 1, True), (3, 1, True)])
def test_an_order_with_less_security_is_refused(place: Place, now: int, to: int, allowed: bool) -> None:
    place.shelf.security_profile, place.downgrade = now, allowed
    place.shelf.put(a_profile(1, "wss://csms/", now))
    place.shelf.put(a_profile(2, "wss://csms/" if to > 1 else "ws://csms/", to))
    assert place.refusal("1", "2") == "NoSecurityDowngrade"
