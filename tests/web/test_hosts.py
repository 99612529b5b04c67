"""By which names a station may be asked for, and whose pages may ask it."""

import pytest

from station.web.hosts import Hosts, authority, is_local_name

HOSTS = Hosts(("Station.Example", "192.0.2.80", "fd00::80"), "https://public.example/charging")
HERE = "192.0.2.7"


@pytest.mark.parametrize(
    "host",
    [
        "station.example",
        "STATION.example.:8080",
        "public.example",
        "192.0.2.80:80",
        "[fd00:0::80]:8080",
        "192.0.2.7:8080",
        "localhost",
        "localhost:8080",
        "127.0.0.1:8080",
        "[::1]",
    ],
)
def test_names_and_addresses_of_this_station_are_known(host: str) -> None:
    assert HOSTS.knows(host, reached_at=HERE)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "station.example.evil.example",
        "evilstation.example",
        "192.0.2.8",
        "127.0.0.1.evil.example",
        "station.example@evil.example",
        "station.example:80@evil.example",
        "evil.example#station.example",
        "evil.example/station.example",
        "station.example:port",
        "[::1",
        "[::1]x",
        "",
        " ",
    ],
)
def test_every_other_name_is_not(host: str) -> None:
    assert not HOSTS.knows(host, reached_at=HERE)


def test_the_address_that_a_connection_was_made_to_is_known_in_any_form() -> None:
    nameless = Hosts((), "")
    assert nameless.knows("192.0.2.7", reached_at="::ffff:192.0.2.7")
    assert nameless.knows("[2001:db8::1]:8080", reached_at="2001:db8:0::1")
    assert not nameless.knows("[2001:db8::2]:8080", reached_at="2001:db8::1")
    assert not nameless.knows("", reached_at="")


def test_a_page_of_this_station_is_one_that_was_loaded_under_the_same_host() -> None:
    assert HOSTS.is_own_origin("http://192.0.2.7:8080", "192.0.2.7:8080", tls=False)
    assert HOSTS.is_own_origin("HTTP://Station.Example", "station.example", tls=False)
    assert not HOSTS.is_own_origin("http://192.0.2.7:8081", "192.0.2.7:8080", tls=False)
    assert not HOSTS.is_own_origin("http://evil.example", "192.0.2.7:8080", tls=False)
    assert not HOSTS.is_own_origin("null", "192.0.2.7:8080", tls=False)
    assert not HOSTS.is_own_origin("", "", tls=False)
    assert not HOSTS.is_own_origin("file://station.example", "station.example", tls=False)


def test_a_server_with_tls_may_stand_before_the_station() -> None:
    assert HOSTS.is_own_origin("https://station.example", "station.example", tls=False)
    assert HOSTS.is_own_origin("https://public.example", "127.0.0.1:8080", tls=False)
    assert not HOSTS.is_own_origin("http://public.example", "127.0.0.1:8080", tls=False)


def test_with_tls_of_its_own_a_page_that_came_without_is_not_trusted() -> None:
    assert HOSTS.is_own_origin("https://station.example", "station.example", tls=True)
    assert not HOSTS.is_own_origin("http://station.example", "station.example", tls=True)


def test_without_a_public_url_an_empty_origin_is_not_own() -> None:
    assert not Hosts((), "").is_own_origin("", "station.example", tls=False)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost:8080", True),
        ("127.0.0.1", True),
        ("[::1]:80", True),
        ("station.example", False),
        ("192.0.2.7", False),
    ],
)
def test_names_of_whatever_computer_asks_are_told_apart(host: str, local: bool) -> None:
    assert is_local_name(host) is local


@pytest.mark.parametrize(
    ("host", "reached_at", "port", "tls", "told"),
    [
        ("192.0.2.7:99", "192.0.2.7", 8080, False, "192.0.2.7:8080"),
        ("STATION.example.:99", "192.0.2.7", 8080, False, "station.example:8080"),
        ("127.1.2.3", "192.0.2.7", 8080, False, "192.0.2.7:8080"),
        ("127.0.0.1:8080", "::ffff:127.0.0.1", 8080, False, "127.0.0.1:8080"),
        ("localhost", "127.0.0.1", 8080, False, "localhost:8080"),
        ("[2001:db8:0::1]:99", "2001:db8::1", 8080, False, "[2001:db8::1]:8080"),
        ("[::1]", "::1", 8080, False, "[::1]:8080"),
        ("station.example", "192.0.2.7", 80, False, "station.example"),
        ("station.example", "192.0.2.7", 80, True, "station.example:80"),
        ("station.example", "192.0.2.7", 443, True, "station.example"),
    ],
)
def test_whatever_port_and_form_a_host_has_the_station_is_told_in_one(
    host: str, reached_at: str, port: int, tls: bool, told: str
) -> None:
    assert authority(host, reached_at=reached_at, port=port, tls=tls) == told
