import asyncio
import base64
import ssl
from datetime import timedelta
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from simulators.mock_csms.messages import Message
from simulators.mock_csms.server import MockCsms, utc_now
from simulators.mock_csms.settings import Settings
from simulators.mock_csms.verify import Verdict
from tests.simulators.mock_csms.payloads import BOOT, DEMO_KEY, begin_sample, end_sample, event
from tests.simulators.mock_csms.peer import bare_station


async def refused(url: str, **options: Any) -> InvalidStatus:
    options.setdefault("subprotocols", ["ocpp2.0.1"])
    with pytest.raises(InvalidStatus) as caught:
        async with connect(url, **options):
            pass
    return caught.value


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def test_a_station_connects_under_its_decoded_identity(csms: MockCsms) -> None:
    async with bare_station(csms, "RDAM 123") as station:
        assert station.websocket.subprotocol == "ocpp2.0.1"
        assert csms.station("RDAM 123").connected
    await csms.station("RDAM 123").wait_connected(connected=False)


async def test_a_station_without_the_subprotocol_is_told_which_one(csms: MockCsms) -> None:
    for offered in (None, ["ocpp1.6"]):
        response = (await refused(csms.url_of("CS1"), subprotocols=offered)).response
        assert response.status_code == HTTPStatus.BAD_REQUEST
        assert b"ocpp2.0.1" in response.body
    assert not csms.stations


async def test_an_unknown_path_is_not_found(csms: MockCsms) -> None:
    response = (await refused(csms.url.removesuffix("/ocpp") + "/CS1")).response
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert b"/ocpp/<identity>" in response.body


async def test_the_right_password_lets_in_and_a_wrong_one_does_not() -> None:
    async with MockCsms(Settings(password="s3cret")) as csms:
        response = (await refused(csms.url_of("CS1"), additional_headers=basic("CS1", "wrong"))).response
        assert response.status_code == HTTPStatus.UNAUTHORIZED
        assert response.headers["WWW-Authenticate"].startswith("Basic")
        assert b"s3cret" not in response.body
        async with bare_station(csms, additional_headers=basic("CS1", "s3cret")):
            assert csms.station("CS1").connected


async def test_a_second_connection_of_a_station_takes_the_place_of_the_first(csms: MockCsms) -> None:
    async with bare_station(csms) as first, bare_station(csms) as second:
        with pytest.raises(ConnectionClosed):
            await first.read()
        assert first.websocket.close_code == 1008
        assert (await second.ask("Heartbeat", {}))[0] == 3
        assert csms.station("CS1").connected
        assert csms.station("CS1").connections == 2


async def test_the_settings_decide_about_boot_and_tokens() -> None:
    chosen = Settings(heartbeat_interval_s=42, tokens={"04AA": "Expired"})
    async with MockCsms(chosen) as csms, bare_station(csms) as station:
        assert (await station.told("BootNotification", BOOT))["interval"] == 42
        ask = {"idToken": {"idToken": "04aa", "type": "ISO14443"}}
        assert await station.told("Authorize", ask) == {"idTokenInfo": {"status": "Expired"}}
        assert await station.told("TransactionEvent", event(0, **ask)) == {"idTokenInfo": {"status": "Expired"}}


async def test_transactions_and_their_signatures_are_kept(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        await station.told("TransactionEvent", event(0))
        await station.told("TransactionEvent", event(1, begin_sample(), end_sample(), kind="Ended"))
    transaction = csms.transactions["tx-1"]
    assert transaction.complete
    assert [value.verdict for _, value in transaction.signed] == [Verdict.NO_KEY, Verdict.NO_KEY]


async def test_a_configured_meter_key_is_used() -> None:
    async with MockCsms(Settings(meter_keys={"*": bytes.fromhex(DEMO_KEY)})) as csms, bare_station(csms) as station:
        await station.told("TransactionEvent", event(0, begin_sample()))
        begin = csms.transactions["tx-1"].begin
        assert begin is not None
        assert begin.verdict is Verdict.VALID


async def test_stations_may_connect_over_tls(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    async with MockCsms(tls=serving) as csms:
        assert csms.url.startswith("wss://")
        async with bare_station(csms, ssl=ssl.create_default_context(cafile=certificate)) as station:
            await station.told("Heartbeat", {})


def self_signed(folder: Path) -> tuple[Path, Path]:
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@pytest.mark.parametrize("abruptly", [False, True])
async def test_a_csms_that_went_away_comes_back_on_the_same_port(csms: MockCsms, abruptly: bool) -> None:
    url = csms.url
    async with bare_station(csms) as station:
        await csms.go_away(abruptly=abruptly)
        with pytest.raises(ConnectionClosed):
            await station.read()
        assert station.websocket.close_code == (1006 if abruptly else 1001)
    with pytest.raises(ConnectionRefusedError):
        async with bare_station(csms):
            pass
    await csms.come_back()
    assert csms.url == url
    async with bare_station(csms) as station:
        await station.told("Heartbeat", {})
    assert csms.station("CS1").connections == 2
    assert len(csms.station("CS1").received("Heartbeat")) == 1


async def test_going_away_does_not_wait_for_a_station_that_does_not_close(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        station.websocket.transport.pause_reading()
        started = asyncio.get_running_loop().time()
        await csms.go_away()
        assert asyncio.get_running_loop().time() - started < 5


async def test_a_station_can_be_sent_away_with_a_close_code(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        await csms.disconnect("CS1", code=1012, reason="restart")
        with pytest.raises(ConnectionClosed):
            await station.read()
        assert (station.websocket.close_code, station.websocket.close_reason) == (1012, "restart")


async def test_every_message_is_told_to_who_wants_to_hear_it() -> None:
    heard: list[str] = []

    def hear(station: str, what: Message | str) -> None:
        heard.append(what if isinstance(what, str) else f"{station} {what.direction} {what.action}")

    async with MockCsms(say=hear) as csms:
        await refused(csms.url_of("CS1"), subprotocols=None)
        async with bare_station(csms) as station:
            await station.told("Heartbeat", {})
        await csms.station("CS1").wait_connected(connected=False)
    assert heard[0].startswith("turned away with 400")
    assert heard[1:] == ["connected", "CS1 in Heartbeat", "CS1 out Heartbeat", "disconnected, close code 1000"]
