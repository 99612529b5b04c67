"""Security profiles 1 to 3 at once, seen by a client with TLS."""

import base64
import ssl
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus

from simulators.mock_csms.errors import RequestError
from simulators.mock_csms.listener import Upgrade
from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import RSA, Settings
from simulators.mock_csms.tls import Flaw, Tls
from tests.simulators.mock_csms.payloads import BOOT
from tests.simulators.mock_csms.peer import BareStation
from tests.simulators.mock_csms.tls_peer import csr, new_key, showing, trusting

LOGIN = {"Authorization": "Basic " + base64.b64encode(b"CS1:s3cret").decode()}


@pytest.fixture
async def csms() -> AsyncIterator[MockCsms]:
    async with MockCsms(Settings(password="s3cret", tls_port=0, mutual_tls_port=0)) as running:
        yield running


def dial(csms: MockCsms, profile: int, *, identity: str = "CS1", **options: Any) -> connect:
    headers = {} if profile == 3 else LOGIN
    options = {"subprotocols": ["ocpp2.0.1"], "additional_headers": headers, **options}
    return connect(csms.url_of(identity, profile), **options)


def trusted(csms: MockCsms, **options: object) -> ssl.SSLContext:
    return trusting(csms.authority.root_pem, **options)


def certified(csms: MockCsms, folder: Path, cn: str = "CS1", **signing: Any) -> ssl.SSLContext:
    key = new_key()
    return showing(folder, csms.authority.root_pem, csms.authority.sign(csr(key, cn), **signing), key)


async def heartbeat(websocket: ClientConnection) -> None:
    await BareStation(websocket).told("Heartbeat", {})


async def problem(csms: MockCsms, **options: Any) -> ssl.SSLCertVerificationError:
    """Why a station on profile 2 does not trust the server."""
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        async with dial(csms, 2, ssl=trusted(csms), **options):
            pass
    return caught.value


async def test_three_profiles_are_served_at_once_and_seen(csms: MockCsms, tmp_path: Path) -> None:
    assert sorted(csms.urls) == [1, 2, 3]
    assert [csms.url_for(profile).split(":")[0] for profile in (0, 1, 2, 3)] == ["ws", "ws", "wss", "wss"]
    station = csms.station("CS1")
    async with dial(csms, 1) as websocket:
        await heartbeat(websocket)
        assert station.security is not None
        assert (station.security.profile, station.security.tls_version) == (1, None)
    async with dial(csms, 2, ssl=trusted(csms)) as websocket:
        await heartbeat(websocket)
        assert (station.security.profile, station.security.tls_version) == (2, "TLSv1.3")
    async with dial(csms, 3, ssl=certified(csms, tmp_path)) as websocket:
        await heartbeat(websocket)
        assert station.security.profile == 3
        assert station.security.client is not None
        assert (station.security.client.common_name, station.security.client.organization) == ("CS1", "ACME CSO")


async def test_the_serial_of_the_client_certificate_is_that_in_the_certificate(
    csms: MockCsms, tmp_path: Path
) -> None:
    from cryptography import x509

    key = new_key()
    chain = csms.authority.sign(csr(key))
    serial = x509.load_pem_x509_certificate(chain.encode()).serial_number
    async with dial(csms, 3, ssl=showing(tmp_path, csms.authority.root_pem, chain, key)):
        security = csms.station("CS1").security
        assert security is not None
        assert security.client is not None
        assert security.client.serial == f"{serial:x}"


async def test_tls_does_not_take_the_place_of_the_password(csms: MockCsms) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with dial(csms, 2, ssl=trusted(csms), additional_headers={}):
            pass
    assert caught.value.response.status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    ("flaw", "alert", "reason"),
    [
        (None, "ALERT_HANDSHAKE_FAILURE", "PEER_DID_NOT_RETURN_A_CERTIFICATE"),
        (Flaw.UNKNOWN_CA, "ALERT_UNKNOWN_CA", "CERTIFICATE_VERIFY_FAILED"),
        (Flaw.EXPIRED, "ALERT_CERTIFICATE_EXPIRED", "CERTIFICATE_VERIFY_FAILED"),
    ],
)
async def test_mutual_tls_needs_a_certificate_of_the_authority(
    csms: MockCsms, tmp_path: Path, flaw: Flaw | None, alert: str, reason: str
) -> None:
    context = trusted(csms) if flaw is None else certified(csms, tmp_path, flaw=flaw)
    with pytest.raises(InvalidMessage):  # in TLS 1.3 the station is through before its certificate is looked at
        async with dial(csms, 3, ssl=context, additional_headers=LOGIN):
            pass
    csms.listener(3).show(Tls(maximum_version="TLSv1.2"))
    with pytest.raises(ssl.SSLError, match=alert):
        async with dial(csms, 3, ssl=context, additional_headers=LOGIN):
            pass
    assert csms.tls_failures == (reason, reason)
    assert "CS1" not in csms.stations


async def test_a_certificate_of_another_station_is_turned_away(csms: MockCsms, tmp_path: Path) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with dial(csms, 3, ssl=certified(csms, tmp_path, "CS2")):
            pass
    assert caught.value.response.status_code == HTTPStatus.FORBIDDEN
    assert b"'CS2'" in (caught.value.response.body or b"")


async def test_a_certificate_with_the_serial_number_of_the_last_boot_is_welcome(
    csms: MockCsms, tmp_path: Path
) -> None:
    context = certified(csms, tmp_path, "SN-1")
    with pytest.raises(InvalidStatus):
        async with dial(csms, 3, ssl=context):
            pass
    async with dial(csms, 1) as websocket:
        described = {**BOOT["chargingStation"], "serialNumber": "SN-1"}  # type: ignore[dict-item]
        await BareStation(websocket).told("BootNotification", {**BOOT, "chargingStation": described})
    async with dial(csms, 3, ssl=context) as websocket:
        await heartbeat(websocket)


@pytest.mark.parametrize("kind", ["ec-p256", RSA])
@pytest.mark.parametrize("between", [False, True])
async def test_every_kind_of_authority_serves_both_ways(kind: str, between: bool, tmp_path: Path) -> None:
    async with MockCsms(Settings(mutual_tls_port=0, ca_key=kind, ca_intermediate=between)) as csms:
        csms.listener(3).show(Tls(key=kind))
        async with dial(csms, 3, ssl=certified(csms, tmp_path)) as websocket:
            await heartbeat(websocket)


@pytest.mark.parametrize(
    ("flaw", "why"),
    [
        (Flaw.EXPIRED, "certificate has expired"),
        (Flaw.NOT_YET_VALID, "not yet valid"),
        (Flaw.WRONG_NAME, "IP address mismatch"),
        (Flaw.UNKNOWN_CA, "unable to get local issuer"),
        (Flaw.SELF_SIGNED, "self-signed certificate"),
    ],
)
async def test_a_flaw_of_the_server_certificate_is_what_the_station_finds(
    csms: MockCsms, flaw: Flaw, why: str
) -> None:
    csms.listener(2).show(Tls(flaw))
    assert why in str(await problem(csms))
    csms.listener(2).show(Tls())
    async with dial(csms, 2, ssl=trusted(csms)) as websocket:
        await heartbeat(websocket)


async def test_another_certificate_leaves_open_connections_alone(csms: MockCsms) -> None:
    async with dial(csms, 2, ssl=trusted(csms)) as websocket:
        csms.listener(2).show(Tls(Flaw.EXPIRED))
        await problem(csms)
        await heartbeat(websocket)


async def test_names_can_be_chosen_wildcards_too(csms: MockCsms) -> None:
    csms.listener(2).show(Tls(names=("*.csms.example",)))
    assert "mismatch" in str(await problem(csms, server_hostname="csms.example"))
    async with dial(csms, 2, ssl=trusted(csms), server_hostname="a.csms.example") as websocket:
        await heartbeat(websocket)


async def test_the_highest_version_can_be_limited(csms: MockCsms) -> None:
    csms.listener(2).show(Tls(maximum_version="TLSv1.2"))
    async with dial(csms, 2, ssl=trusted(csms)):
        security = csms.station("CS1").security
        assert security is not None
        assert security.tls_version == "TLSv1.2"


@pytest.mark.skipif(not ssl.HAS_TLSv1_1, reason="this OpenSSL has no TLS 1.1")
async def test_tls_1_1_is_for_those_who_ask_for_it(csms: MockCsms) -> None:
    csms.listener(2).show(Tls(maximum_version="TLSv1.1"))
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        async with dial(csms, 2, ssl=trusted(csms)):
            pass
    old = trusted(csms, minimum_version=ssl.TLSVersion.TLSv1_1)
    old.set_ciphers("ALL:@SECLEVEL=0")
    async with dial(csms, 2, ssl=old):
        security = csms.station("CS1").security
        assert security is not None
        assert security.tls_version == "TLSv1.1"


async def test_the_cipher_suite_can_be_chosen(csms: MockCsms) -> None:
    suite = "ECDHE-ECDSA-AES128-GCM-SHA256"
    csms.listener(2).show(Tls(maximum_version="TLSv1.2", ciphers=suite))
    async with dial(csms, 2, ssl=trusted(csms)):
        security = csms.station("CS1").security
        assert security is not None
        assert security.cipher == suite
    csms.listener(2).show(Tls(key=RSA, maximum_version="TLSv1.2", ciphers="AES256-GCM-SHA384"))
    plain_rsa = trusted(csms)
    plain_rsa.set_ciphers("AES256-GCM-SHA384")
    async with dial(csms, 2, ssl=plain_rsa):
        assert csms.station("CS1").security.cipher == "AES256-GCM-SHA384"  # type: ignore[union-attr]


async def test_a_wish_that_openssl_cannot_grant_is_refused_and_changes_nothing(csms: MockCsms) -> None:
    for wish in (
        lambda: Tls(ciphers="NO-SUCH-SUITE"),
        lambda: Tls(Flaw.OTHER_KEY),
        lambda: Tls(key="dsa"),
        lambda: Tls(maximum_version="SSLv3"),
    ):
        with pytest.raises(RequestError):
            csms.listener(2).show(wish())
    with pytest.raises(RequestError, match="no TLS"):
        csms.listener(1).show(Tls())
    async with dial(csms, 2, ssl=trusted(csms)) as websocket:
        await heartbeat(websocket)


async def test_another_authority_can_be_trusted_for_stations(csms: MockCsms, tmp_path: Path) -> None:
    maker, key = csms.authority.stranger(), new_key()
    context = showing(tmp_path, csms.authority.root_pem, maker.sign(csr(key)), key)
    csms.listener(3).show(Tls(client_ca=maker.root_pem))
    async with dial(csms, 3, ssl=context) as websocket:
        await heartbeat(websocket)


async def test_an_expired_station_may_come_in_to_be_renewed(csms: MockCsms, tmp_path: Path) -> None:
    csms.listener(3).show(Tls(expired_clients=True))
    async with dial(csms, 3, ssl=certified(csms, tmp_path, flaw=Flaw.EXPIRED)) as websocket:
        await heartbeat(websocket)
    with pytest.raises((InvalidMessage, ssl.SSLError)):
        async with dial(csms, 3, ssl=certified(csms, tmp_path, flaw=Flaw.UNKNOWN_CA)):
            pass


async def test_two_csms_share_an_authority_or_do_not(csms: MockCsms, tmp_path: Path) -> None:
    context = certified(csms, tmp_path)
    settings = Settings(mutual_tls_port=0)
    async with MockCsms(settings, authority=csms.authority) as sister, dial(sister, 3, ssl=context) as websocket:
        await heartbeat(websocket)
    async with MockCsms(settings) as stranger:
        with pytest.raises(ssl.SSLCertVerificationError):
            async with dial(stranger, 3, ssl=context):
                pass


async def test_all_ports_go_and_come_back(csms: MockCsms) -> None:
    urls = csms.urls
    await csms.go_away()
    for profile in (1, 2):
        with pytest.raises(ConnectionRefusedError):
            async with dial(csms, profile, ssl=trusted(csms) if profile == 2 else None):
                pass
    await csms.come_back()
    assert csms.urls == urls
    async with dial(csms, 2, ssl=trusted(csms)) as websocket:
        await heartbeat(websocket)


async def test_a_profile_without_a_port_is_named() -> None:
    async with MockCsms() as csms:
        with pytest.raises(RequestError, match="profile 3"):
            csms.url_for(3)


async def test_requests_for_a_websocket_are_refused_so_often(csms: MockCsms) -> None:
    csms.listener(1).meet(Upgrade(status=503, times=2))
    for _ in range(2):
        with pytest.raises(InvalidStatus) as caught:
            async with dial(csms, 1):
                pass
        assert caught.value.response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    async with dial(csms, 1) as websocket:
        await heartbeat(websocket)


async def test_a_request_for_a_websocket_is_dropped(csms: MockCsms) -> None:
    csms.listener(2).meet(Upgrade(drop=True))
    with pytest.raises((InvalidMessage, ConnectionError)):
        async with dial(csms, 2, ssl=trusted(csms)):
            pass


@pytest.mark.parametrize("subprotocol", [None, "ocpp1.6"])
async def test_no_or_another_subprotocol_is_chosen(csms: MockCsms, subprotocol: str | None) -> None:
    csms.listener(1).meet(Upgrade(subprotocol=subprotocol))
    if subprotocol is None:
        async with dial(csms, 1) as websocket:
            assert websocket.subprotocol is None
    else:
        with pytest.raises(InvalidHandshake, match="subprotocol"):
            async with dial(csms, 1):
                pass
