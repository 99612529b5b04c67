"""Network profiles stay in their slots."""

from station.core.network import NetworkProfile, plain_profile
from station.storage.database import Database
from station.storage.network_profiles import NetworkProfiles
from tests.fakes_clock import FakeClock


def profile(slot, url="ws://csms.example"):
    return plain_profile(slot, url=url, security_profile=1, message_timeout_s=30)


def test_profiles_outlive_the_process_and_replace_each_other(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        store = NetworkProfiles(database)
        assert store.all() == {}
        store.put(profile(2))
        store.put(profile(1))
        store.put(profile(2, "ws://other.example"))
    with Database.open(tmp_path, FakeClock()) as database:
        store = NetworkProfiles(database)
        assert list(store.all().items()) == [(1, profile(1)), (2, profile(2, "ws://other.example"))]
        store.remove(1)
        store.remove(1)
        assert list(store.all()) == [2]


def test_nothing_of_a_profile_is_lost(tmp_path):
    document = {**profile(1).document, "customData": {"vendorId": "x", "snake_case": [1, "ü"]}, "apn": {"apn": "a"}}
    with Database.open(tmp_path, FakeClock()) as database:
        NetworkProfiles(database).put(NetworkProfile(1, document))
        assert NetworkProfiles(database).all()[1].document == document
