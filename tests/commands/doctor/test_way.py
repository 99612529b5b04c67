"""Where a station goes first: what the settings say, and what the CSMS changed since."""

import json
from pathlib import Path

from station.commands.doctor.way import way
from station.core import variables as var
from station.core.network import plain_profile
from station.ocpp.endpoint import Endpoint
from station.settings import Settings
from station.storage.database import Database
from station.storage.facts import Facts
from station.storage.network_profiles import NetworkProfiles
from station.storage.variables import Variables
from tests.commands.doctor.place import NOWHERE, PASSWORD, settings
from tests.fakes_clock import FakeClock

CLOCK = FakeClock()
OTHER = "ws://other.example/ocpp"


def ran(chosen: Settings, *, changed: str = "", order: str = "1") -> None:
    """Leave what a station leaves that ran with these settings: slots, and perhaps a password of the CSMS."""
    own = plain_profile(1, url=chosen.csms.url, security_profile=1, message_timeout_s=30)
    with Database.open(chosen.station.state_dir, CLOCK) as database:
        NetworkProfiles(database).put(own)
        NetworkProfiles(database).put(plain_profile(2, url=OTHER, security_profile=1, message_timeout_s=30))
        Facts(database).put("network_profile_of_the_configuration", json.dumps([1, dict(own.document)]))
        Facts(database).put("security_profile", "1")
        variables = Variables(database)
        variables.save(var.NETWORK_CONFIGURATION_PRIORITY.address, order)
        if changed:
            variables.save(var.BASIC_AUTH_PASSWORD.address, changed)


def dialled(chosen: Settings) -> Endpoint:
    endpoint = way(chosen, CLOCK).endpoint
    assert isinstance(endpoint, Endpoint)
    return endpoint


def password(endpoint: Endpoint) -> str:
    assert endpoint.password is not None
    return endpoint.password.reveal()


def test_a_station_that_never_ran_goes_where_the_settings_say(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    assert dialled(chosen).url == NOWHERE
    assert password(dialled(chosen)) == PASSWORD
    assert not chosen.station.state_dir.exists()


def test_the_csms_may_have_changed_the_order_and_the_password(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    ran(chosen, changed="given-by-the-csms", order="2,1")
    found = way(chosen, CLOCK)
    assert (found.profile.url, [other.url for other in found.others]) == (OTHER, [NOWHERE])
    assert password(dialled(chosen)) == "given-by-the-csms"


def test_settings_that_were_changed_since_come_first(tmp_path: Path) -> None:
    ran(settings(tmp_path), order="2,1")
    found = way(settings(tmp_path, url="ws://new.example/ocpp"), CLOCK)
    assert (found.profile.url, [other.url for other in found.others]) == ("ws://new.example/ocpp", [OTHER])
