"""The page over TLS: with a certificate of its own, renewed while it runs, and errors that name the files."""

import asyncio
import contextlib
import os
import ssl
from functools import cache
from pathlib import Path

import pytest
from aiohttp import ClientConnectorCertificateError
from structlog.testing import capture_logs

from station.errors import SettingsError
from station.web.connections import HANDSHAKE_S
from station.web.server import REFRESH_S
from station.web.tls import Certificate
from tests.pki.authority import Authority, Leaf
from tests.web.house import PASSWORD, House, house


@cache
def root() -> Authority:
    return Authority.now("Root")


def leaf() -> Leaf:
    return root().issue("station.example", sans=("127.0.0.1",), server=True)


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cadata=root().pem)


async def serial_of(page: House) -> int:
    """Return the serial number of the certificate that a new connection is shown."""
    host, port = page.url.removeprefix("https://").split(":")
    _, writer = await asyncio.open_connection(host, int(port), ssl=trusting())
    shown = writer.get_extra_info("peercert")
    writer.close()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()
    return int(shown["serialNumber"], 16)


async def test_the_page_is_served_over_tls(tmp_path: Path) -> None:
    chain, key = leaf().write(tmp_path)
    async with house(tmp_path, certificate=chain, key=key) as page:
        assert page.url.startswith("https://127.0.0.1:")
        async with page.ask("GET", "/api/v1/outlets", ssl=trusting()) as answer:
            assert answer.status == 200
        async with page.ask("POST", "/api/v1/login", json={"password": PASSWORD}, ssl=trusting()) as answer:
            assert answer.status == 200
            assert "; Secure" in answer.headers["Set-Cookie"]
            assert "SameSite=Strict" in answer.headers["Set-Cookie"]
        # Port and host are the same, the page is not: it came without TLS.
        origin = {"Origin": page.url.replace("https", "http")}
        async with page.ask("POST", "/api/v1/logout", json={}, headers=origin, ssl=trusting()) as answer:
            assert answer.status == 403
            assert "somebody else" in (await answer.json())["error"]


async def test_a_browser_that_does_not_trust_it_is_let_go_and_the_next_one_served(tmp_path: Path) -> None:
    chain, key = leaf().write(tmp_path)
    async with house(tmp_path, certificate=chain, key=key) as page:
        with pytest.raises(ClientConnectorCertificateError):
            async with page.ask("GET", "/", ssl=ssl.create_default_context()):
                pass
        async with page.ask("GET", "/", ssl=trusting()) as answer:
            assert answer.status == 200


async def test_tls_older_than_1_2_is_refused(tmp_path: Path) -> None:
    chain, key = leaf().write(tmp_path)
    assert Certificate(chain, key).context.minimum_version == ssl.TLSVersion.TLSv1_2


async def test_a_handshake_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    chain, key = leaf().write(tmp_path)
    async with house(tmp_path, certificate=chain, key=key) as page:
        host, port = page.url.removeprefix("https://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        await asyncio.sleep(1)
        assert page.server.connections == 1
        began_s = asyncio.get_running_loop().time()
        assert await reader.read() == b""
        assert asyncio.get_running_loop().time() - began_s < HANDSHAKE_S + 5
        await asyncio.sleep(1)
        assert page.server.connections == 0
        writer.close()
        with capture_logs() as lines:
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await asyncio.sleep(2 * HANDSHAKE_S)
            writer.close()
        assert [line for line in lines if line["log_level"] != "debug"] == []
        assert page.server.connections == 0


async def test_a_renewed_certificate_is_shown_without_a_restart(tmp_path: Path) -> None:
    first, second = leaf(), leaf()
    chain, key = first.write(tmp_path)
    async with house(tmp_path, certificate=chain, key=key) as page:
        assert await serial_of(page) == first.certificate.serial_number
        second.write(tmp_path)
        touch(chain, key)
        with capture_logs() as lines:
            await asyncio.sleep(REFRESH_S + 1)
        assert [line["event"] for line in lines] == ["web_certificate_renewed"]
        assert await serial_of(page) == second.certificate.serial_number


async def test_half_a_renewal_changes_nothing_and_is_told_once(tmp_path: Path) -> None:
    first, second = leaf(), leaf()
    chain, key = first.write(tmp_path)
    async with house(tmp_path, certificate=chain, key=key) as page:
        chain.write_text(second.chain_pem)
        touch(chain)
        with capture_logs() as lines:
            await asyncio.sleep(3 * REFRESH_S)
        assert [line["event"] for line in lines] == ["web_certificate_unusable"]
        assert str(chain) in lines[0]["error"]
        assert await serial_of(page) == first.certificate.serial_number
        key.write_text(second.key_pem)
        touch(key)
        await asyncio.sleep(REFRESH_S + 1)
        assert await serial_of(page) == second.certificate.serial_number


def touch(*files: Path) -> None:
    """Make sure that a change can be seen, however coarse the clock of the file system is."""
    for file in files:
        os.utime(file, ns=(1, 1))


def problem(chain: Path, key: Path) -> str:
    with pytest.raises(SettingsError) as error:
        Certificate(chain, key)
    return str(error.value)


def test_files_that_cannot_be_used_are_named_with_what_they_have_to_hold(tmp_path: Path) -> None:
    chain, key = leaf().write(tmp_path)
    other, other_key = leaf().write(tmp_path, "other")
    for pair in (
        (chain, other_key),
        (other, key),
        (key, chain),
        (chain, tmp_path / "none"),
        (tmp_path / "none", key),
    ):
        text = problem(*pair)
        assert text.startswith(f"web.certificate {pair[0]} and web.key {pair[1]} cannot be used: ")
        assert "PEM" in text
    key.write_text("nonsense")
    assert "cannot be used" in problem(chain, key)


def test_a_key_with_a_password_is_refused_instead_of_asked_about(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    one = leaf()
    chain, key = one.write(tmp_path)
    key.write_bytes(one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    assert "without a password" in problem(chain, key)
