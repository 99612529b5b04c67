"""From answers to a plan."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from station.commands.init import options
from station.commands.init.asking import Answers, Nobody, Person
from station.commands.init.interview import PASSWORD_FILE, interview
from station.commands.init.pairs import Pair, blank, paired
from station.commands.init.plan import Plan
from station.commands.init.probing import METER, Found, Speed
from station.errors import StationError
from tests.commands.init.test_asking import Typing

URL = "ws://csms.example/ocpp"


def given(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    options.add(parser)
    return parser.parse_args(arguments)


def planned(*arguments: str, pairs: list[Pair] | None = None, folder: Path = Path("/etc/station")) -> Plan:
    nobody = Nobody()
    usual, lines = paired(blank(1))
    plan = interview(Answers(given(*arguments), nobody), pairs or usual, lines, folder=folder)
    nobody.all_there()
    return plan


def test_only_the_address_of_the_csms_has_to_be_said():
    plan = planned("--csms-url", URL)
    assert plan.identity
    assert (plan.csms.url, plan.csms.security_profile, plan.csms.password_file) == (URL, 1, PASSWORD_FILE)
    assert [(evse.name, evse.max_current_a, evse.phases, evse.connector) for evse in plan.evses] == [
        (f"{plan.identity}*1", 16, 3, "sType2")
    ]
    assert plan.readers == ()
    assert not plan.web.enabled
    assert plan.state_dir == "/var/lib/station"


def test_without_it_that_is_told():
    with pytest.raises(StationError, match="--csms-url"):
        planned()


def test_everything_can_be_said():
    plan = planned(
        *("--csms-url", "wss://csms.example", "--identity", "CS-1", "--vendor", "V", "--model", "M"),
        *("--serial-number", "7", "--state-dir", "/srv/state", "--timezone", "Europe/Berlin", "--trust-clock"),
        *("--security-profile", "3", "--root-certificate", "root.pem", "--evse-id", "DE*ABC*E1"),
        *("--max-current", "32", "--cable", "fixed", "--phases", "1", "--reader", "/dev/ttyACM0"),
        *("--reader-type", "serial-keypad", "--reader-baud", "115200", "--web", "--web-host", "0.0.0.0"),
        *("--web-port", "80", "--public-url", "https://a.example", "--language", "de"),
    )
    assert (plan.identity, plan.vendor_name, plan.model, plan.serial_number) == ("CS-1", "V", "M", "7")
    assert (plan.state_dir, plan.timezone, plan.trust_clock) == ("/srv/state", "Europe/Berlin", True)
    assert (plan.csms.security_profile, plan.csms.password_file, plan.csms.root_certificate) == (3, "", "root.pem")
    (evse,) = plan.evses
    assert (evse.name, evse.max_current_a, evse.phases, evse.connector) == ("DE*ABC*E1", 32, 1, "cType2")
    (reader,) = plan.readers
    assert (reader.type, reader.port, reader.baud, reader.evses) == ("serial-keypad", "/dev/ttyACM0", 115200, (1,))
    web = plan.web
    assert (web.enabled, web.host, web.port, web.public_url, web.language) == (
        True,
        "0.0.0.0",
        80,
        "https://a.example",
        "de",
    )


def test_with_tls_the_usual_profile_is_2():
    assert planned("--csms-url", "wss://csms.example").csms.security_profile == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--csms-url", "http://csms.example"), "write ws://"),
        (("--csms-url", URL, "--security-profile", "2"), "with this address 0 or 1 is possible"),
        (("--csms-url", URL, "--identity", "a:b"), "no colon"),
        (("--csms-url", URL, "--max-current", "5"), "write 6 to 63"),
        (("--csms-url", URL, "--model", "x" * 21), "1 to 20 printable characters"),
    ],
)
def test_an_answer_that_cannot_be_is_told(arguments: tuple[str, ...], told: str):
    with pytest.raises(StationError, match=told):
        planned(*arguments)


def test_a_controller_that_locks_nothing_has_a_fixed_cable():
    found = [Found("a", Speed(19200, "E"), 42, METER, ""), Found("b", Speed(9600, "N"), 1, "evse-wb", "")]
    pairs, _ = paired(found)
    assert planned("--csms-url", URL, pairs=pairs).evses[0].connector == "cType2"
    with pytest.raises(StationError, match="evse-wb locks no plug"):
        planned("--csms-url", URL, "--cable", "socket", pairs=pairs)


def test_readers_are_for_all_evses_or_for_some():
    pairs, _ = paired(blank(2))
    plan = planned("--csms-url", URL, "--reader", "/dev/a", "--reader", "/dev/b=2", pairs=pairs)
    assert [(reader.name, reader.port, reader.evses) for reader in plan.readers] == [
        ("reader-1", "/dev/a", (1, 2)),
        ("reader-2", "/dev/b", (2,)),
    ]


def test_settings_elsewhere_keep_their_state_beside_them():
    assert planned("--csms-url", URL, folder=Path("/tmp/new")).state_dir == "state"


def test_a_person_is_asked_for_what_matters(capsys: Any):
    typing = Typing("CS-9", "", "", "nowhere", URL, "", "DE*ABC*E9", "20", "fixed", "n", "", "y")
    pairs, lines = paired(blank(1))
    plan = interview(Answers(given(), Person(typing)), pairs, lines, folder=Path("/etc/station"))
    assert (plan.identity, plan.csms.url, plan.csms.security_profile) == ("CS-9", URL, 1)
    assert (plan.evses[0].name, plan.evses[0].max_current_a, plan.evses[0].fixed_cable) == ("DE*ABC*E9", 20, True)
    assert (plan.readers, plan.web.enabled) == ((), True)
    told = capsys.readouterr().out
    assert "write ws://host:port/path" in told
    assert "write its path, such as /dev/ttyACM0, or nothing" in told


@pytest.mark.parametrize("text", ["0-3", "200-300", "5-4", "x"])
def test_units_that_there_cannot_be_are_refused(text: str, capsys: Any):
    with pytest.raises(SystemExit):
        given("--meter-units", text)
    assert "write units between 1 and 247" in capsys.readouterr().err


def test_units_are_one_or_a_range():
    assert given("--meter-units", "42").meter_units == (42,)
    assert given("--controller-units", "3-5").controller_units == (3, 4, 5)
