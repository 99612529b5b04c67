import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings
from tests.simulators.mock_csms.peer import SecuredStation, bare_station, secured_station
from tests.simulators.mock_csms.test_api import Client
from tests.simulators.mock_csms.tls_peer import csr, new_key, showing, trusting

NEW = "a-new-password-1"


@pytest.fixture
async def csms() -> AsyncIterator[MockCsms]:
    async with MockCsms(Settings(api_port=0, tls_port=0, mutual_tls_port=0)) as running:
        yield running


@pytest.fixture
async def api(csms: MockCsms) -> AsyncIterator[Client]:
    assert csms.api_url is not None
    async with aiohttp.ClientSession() as http:
        yield Client(http, csms.api_url)


@pytest.fixture
async def station(csms: MockCsms) -> AsyncIterator[SecuredStation]:
    async with secured_station(csms) as running:
        running.csr = csr(new_key())
        yield running


def over_tls(csms: MockCsms, profile: int, context: ssl.SSLContext) -> connect:
    return connect(csms.url_of("CS1", profile), subprotocols=["ocpp2.0.1"], ssl=context)  # type: ignore[list-item]


async def test_root_and_ports_are_shown(csms: MockCsms, api: Client) -> None:
    status, shown = await api("GET", "/tls")
    assert (status, shown["root"], shown["rootFile"]) == (200, csms.authority.root_pem, None)
    assert {profile: row["url"] for profile, row in shown["listeners"].items()} == {
        str(profile): url for profile, url in csms.urls.items()
    }
    assert shown["listeners"]["2"]["flaw"] == "none"


async def test_a_port_shows_what_it_is_told_and_as_by_default_again(csms: MockCsms, api: Client) -> None:
    root = trusting(csms.authority.root_pem)
    wish = {"flaw": "expired", "names": ["127.0.0.1", "a.example"], "maximum_version": "TLSv1.2"}
    status, shown = await api("PUT", "/tls/2", wish)
    assert (status, {key: shown[key] for key in wish}) == (200, wish)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        async with over_tls(csms, 2, root):
            pass
    assert (await api("PUT", "/tls/2", {}))[1]["flaw"] == "none"
    async with over_tls(csms, 2, root):
        _, shown = await api("GET", "/stations/CS1")
    assert (shown["security"]["profile"], shown["security"]["tlsVersion"]) == (2, "TLSv1.3")
    assert shown["security"]["clientCertificate"] is None


async def test_failed_handshakes_are_shown(csms: MockCsms, api: Client) -> None:
    await api("PUT", "/tls/3", {"maximum_version": "TLSv1.2"})
    with pytest.raises(ssl.SSLError):
        async with over_tls(csms, 3, trusting(csms.authority.root_pem)):
            pass
    assert (await api("GET", "/tls"))[1]["failures"] == ["PEER_DID_NOT_RETURN_A_CERTIFICATE"]


async def test_a_station_is_shown_with_its_certificate(csms: MockCsms, api: Client, tmp_path: Any) -> None:
    key = new_key()
    _, answer = await api("POST", "/ca/sign", {"csr": csr(key), "valid_days": 10})
    chain = answer["certificateChain"]
    serial = x509.load_pem_x509_certificate(chain.encode()).serial_number
    async with over_tls(csms, 3, showing(tmp_path, csms.authority.root_pem, chain, key)):
        _, shown = await api("GET", "/stations/CS1")
    assert shown["security"]["profile"] == 3
    assert shown["security"]["clientCertificate"] == {
        "serial": f"{serial:x}",
        "commonName": "CS1",
        "organization": "ACME CSO",
    }


async def test_websockets_are_refused(csms: MockCsms, api: Client) -> None:
    status, shown = await api("PUT", "/upgrade/0", {"status": 503, "times": 1})
    assert (status, shown["status"], shown["times"]) == (200, 503, 1)
    with pytest.raises(InvalidStatus):
        async with bare_station(csms):
            pass
    async with bare_station(csms):
        pass


async def test_root_certificate_and_password_are_given(csms: MockCsms, api: Client, station: SecuredStation) -> None:
    assert await api("POST", "/stations/CS1/root") == (200, {"status": "Accepted"})
    assert station.roots[0]["certificate"] == csms.authority.root_pem
    assert await api("POST", "/stations/CS1/certificate") == (200, {"status": "Accepted"})
    assert len(station.certificates) == 1
    sent = {"trigger": False, "flaw": "expired"}
    assert await api("POST", "/stations/CS1/certificate", sent) == (200, {"status": "Accepted"})
    assert len(station.certificates) == 2
    assert await api("POST", "/stations/CS1/password", {"password": NEW}) == (200, {"status": "Accepted"})
    assert station.passwords == [NEW]
    assert csms.settings.users == {"CS1": NEW}
    silent = {"password": "another-password", "tell": False}
    assert await api("POST", "/stations/CS1/password", silent) == (200, {"status": "Expected"})
    assert station.passwords == [NEW]


async def test_a_callerror_is_passed_on(api: Client, station: SecuredStation) -> None:
    status, answer = await api("POST", "/stations/CS1/reports", {"payload": {"reportBase": "FullInventory"}})
    assert (status, answer["error"]["code"]) == (200, "NotImplemented")


async def test_how_a_csr_is_followed_can_be_prepared(csms: MockCsms, api: Client) -> None:
    status, shown = await api("PUT", "/stations/CS1/signing", {"flaw": "wrong_name", "valid_days": 2})
    assert (status, shown) == (200, {"automatic": True, "flaw": "wrong_name", "valid_days": 2.0})
    assert (await api("GET", "/stations/CS1"))[1]["signing"] == shown


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "why"),
    [
        ("PUT", "/tls/5", {}, 400, "profile 5"),
        ("PUT", "/tls/0", {}, 400, "no TLS"),
        ("PUT", "/tls/x", {}, 400, "3"),
        ("PUT", "/tls/2", {"flaw": "bent"}, 400, "expired"),
        ("PUT", "/tls/2", {"flaw": "other_key"}, 400, "cannot be other_key"),
        ("PUT", "/tls/2", {"names": "a"}, 400, "names: list expected"),
        ("PUT", "/tls/2", {"names": [1]}, 400, "host names"),
        ("PUT", "/tls/2", {"names": ["käse"]}, 400, "no name"),
        ("PUT", "/tls/2", {"ciphers": "NONE-OF-THESE"}, 400, "OpenSSL"),
        ("PUT", "/tls/2", {"maximum_version": "SSLv3"}, 400, "TLSv1.1"),
        ("PUT", "/tls/2", {"color": "red"}, 400, "flaw"),
        ("PUT", "/upgrade/0", {"status": 999}, 400, "HTTP"),
        ("PUT", "/upgrade/0", {"status": True}, 400, "int expected"),
        ("PUT", "/upgrade/0", {"times": 0}, 400, "1 or more"),
        ("PUT", "/stations/CS1/signing", {"flaw": "self_signed"}, 400, "cannot be self_signed"),
        ("PUT", "/stations/CS1/signing", {"valid_days": 0}, 400, "more than 0"),
        ("POST", "/ca/sign", {}, 400, "csr"),
        ("POST", "/ca/sign", {"csr": "nonsense"}, 400, "no CSR"),
        ("POST", "/stations/CS1/certificate", {"flaw": "expired"}, 400, "trigger"),
        ("POST", "/stations/CS1/certificate", {"trigger": False}, 400, "no CSR"),
        ("POST", "/stations/CS1/password", {}, 400, "password"),
        ("POST", "/stations/CS1/reports", {"action": "Reset"}, 400, "GetBaseReport"),
        ("POST", "/stations/CS2/root", None, 404, "CS1"),
    ],
)
async def test_a_refusal_says_what_is_allowed(
    csms: MockCsms, api: Client, method: str, path: str, body: Any, status: int, why: str
) -> None:
    async with bare_station(csms):
        answer, refusal = await api(method, path, body)
    assert answer == status
    assert why in refusal["problem"] + " ".join(refusal["allowed"])
