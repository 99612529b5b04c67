"""Addresses, as sockets and people write them."""

import pytest

from station.web.addresses import is_loopback, neighbourhood, parse


@pytest.mark.parametrize("text", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_this_computer_has_many_addresses(text: str) -> None:
    assert is_loopback(text)


@pytest.mark.parametrize("text", ["192.0.2.1", "::", "0.0.0.0", "fe80::1%eth0", "localhost", "", "127.0.0.1.example"])
def test_everything_else_is_not_this_computer(text: str) -> None:
    assert not is_loopback(text)


def test_an_ipv4_address_in_the_form_of_ipv6_is_that_address() -> None:
    assert str(parse("::ffff:192.0.2.7")) == "192.0.2.7"
    assert neighbourhood("::ffff:192.0.2.7") == neighbourhood("192.0.2.7")


def test_a_zone_is_no_part_of_an_address() -> None:
    assert str(parse("fe80::1%eth0")) == "fe80::1"


def test_whoever_has_an_ipv6_network_is_one_neighbour() -> None:
    assert neighbourhood("2001:db8:0:1::1") == neighbourhood("2001:db8:0:1:ffff::2") == "2001:db8:0:1::/64"
    assert neighbourhood("2001:db8:0:1::1") != neighbourhood("2001:db8:0:2::1")
    assert neighbourhood("192.0.2.1") != neighbourhood("192.0.2.2")


def test_what_is_no_address_is_its_own_neighbourhood() -> None:
    assert parse("nonsense") is None
    assert neighbourhood("nonsense") == "nonsense"
