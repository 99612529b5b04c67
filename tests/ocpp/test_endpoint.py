"""Where the CSMS is and who the station is to it."""

import pytest

from station.ocpp.endpoint import Endpoint
from station.secret import Secret
from tests.ocpp.web import PASSWORD


@pytest.mark.parametrize(
    ("url", "identity", "dialled"),
    [
        ("ws://host/ocpp", "CS1", "ws://host/ocpp/CS1"),
        ("ws://host/ocpp/", "CS1", "ws://host/ocpp/CS1"),
        ("ws://host/ocpp//", "CS1", "ws://host/ocpp/CS1"),
        ("ws://host", "CS1", "ws://host/CS1"),
        ("ws://host:9000/", "CS1", "ws://host:9000/CS1"),
        ("ws://host/ocpp/CS1", "CS1", "ws://host/ocpp/CS1"),
        ("ws://host/ocpp/CS1/", "CS1", "ws://host/ocpp/CS1"),
        ("ws://host/ocpp/xCS1", "CS1", "ws://host/ocpp/xCS1/CS1"),
        ("wss://csms.example/a?tenant=7", "CS1", "wss://csms.example/a/CS1?tenant=7"),
        ("ws://host/ocpp", "RDAM 123", "ws://host/ocpp/RDAM%20123"),
        ("ws://host/ocpp/RDAM%20123", "RDAM 123", "ws://host/ocpp/RDAM%20123"),
        ("ws://host/ocpp/RDAM 123", "RDAM 123", "ws://host/ocpp/RDAM%20123"),
        ("ws://host/ocpp", "A/B?C#D%E|ü", "ws://host/ocpp/A%2FB%3FC%23D%25E%7C%C3%BC"),
        ("ws://host/a%20b", "CS1", "ws://host/a%20b/CS1"),
        ("ws://[::1]:80/x", "CS1", "ws://[::1]:80/x/CS1"),
    ],
)
@pytest.mark.ocpp("Part4-3.1.1")
def test_the_identity_ends_the_url_once_and_encoded(url: str, identity: str, dialled: str) -> None:
    assert Endpoint(url, identity).dial_url == dialled


@pytest.mark.parametrize(
    ("url", "identity", "told"),
    [
        ("http://host/", "CS1", "ws://"),
        ("host/ocpp", "CS1", "ws://"),
        ("ws:///ocpp", "CS1", "ws://"),
        ("ws://host:port/", "CS1", "(?i)port"),
        ("ws://CS1:SECRET@host/", "CS1", "password"),
        ("ws://host/", "", "1 to 48"),
        ("ws://host/", "x" * 49, "1 to 48"),
        ("ws://host/", "CS:1", "':'"),
    ],
)
def test_an_endpoint_that_cannot_work_is_refused(url: str, identity: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as refusal:
        Endpoint(url, identity)
    assert "SECRET" not in str(refusal.value)


def test_an_endpoint_does_not_show_its_password() -> None:
    assert PASSWORD not in repr(Endpoint("ws://host/", "CS1", Secret(PASSWORD)))


def test_an_endpoint_does_not_show_its_proxy() -> None:
    assert "s3cret" not in repr(Endpoint("ws://host/", "CS1", proxy="http://user:s3cret@proxy:3128"))


@pytest.mark.parametrize(("url", "encrypted"), [("ws://host/", False), ("wss://host/", True), ("WSS://host/", True)])
def test_the_scheme_says_whether_the_connection_is_encrypted(url: str, encrypted: bool) -> None:
    assert Endpoint(url, "CS1").encrypted == encrypted


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("wss://csms.example.:443/x", "csms.example"),
        ("wss://CSMS.example/", "csms.example"),
        ("wss://[::1]:1/", "::1"),
    ],
)
def test_the_name_for_tls_is_the_host_without_the_dot_at_its_end(url: str, name: str) -> None:
    assert Endpoint(url, "CS1").server_name == name
