"""A door shows who knocked, whatever became of it."""

import asyncio
import ssl
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from simulators.mock_csms.server import MockCsms
from tests.conformance.door import Door, Mood
from tests.conformance.papers import outdated, server_context
from tests.conformance.site import CSMS_NAME
from tests.flows.house import until
from tests.pki.authority import Authority

OCPP = Subprotocol("ocpp2.0.1")
TOO_OLD = "ssl.TLSVersion.TLSv1_1 is deprecated"


def client(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.root_pem)


async def knock(door: Door, authority: Authority) -> ClientConnection:
    return await connect(f"{door.url}/CS1", subprotocols=[OCPP], ssl=client(authority), open_timeout=5)


async def test_an_upgrade_request_is_noted_and_passed_on(tmp_path: Path) -> None:
    authority = Authority.now()
    leaf = authority.issue(CSMS_NAME, sans=[CSMS_NAME])
    async with MockCsms() as csms, Door(lambda: csms.url, host=CSMS_NAME) as door:
        door.tls = server_context(leaf, tmp_path)
        websocket = await knock(door, authority)
        await csms.station("CS1").wait_connected()
        (attempt,) = door.attempts
        assert attempt.path == "/ocpp/CS1"
        assert attempt.tls == "TLSv1.3"
        assert attempt.headers["sec-websocket-protocol"] == OCPP
        assert attempt.credentials is None
        await websocket.close()
        await csms.station("CS1").wait_connected(connected=False)


@pytest.mark.filterwarnings(f"ignore:{TOO_OLD}")
async def test_attempts_that_come_to_nothing_are_counted(tmp_path: Path) -> None:
    authority, stranger = Authority.now(), Authority.now("Another")
    good = server_context(authority.issue(CSMS_NAME, sans=[CSMS_NAME]), tmp_path)
    foreign = server_context(stranger.issue(CSMS_NAME, sans=[CSMS_NAME]), tmp_path)
    old = outdated(server_context(authority.issue(CSMS_NAME, sans=[CSMS_NAME]), tmp_path))
    async with MockCsms() as csms, Door(lambda: csms.url, host=CSMS_NAME) as door:
        for mood, tls, error in (
            (Mood.SHUT, good, OSError),
            (Mood.SILENT, good, TimeoutError),
            (Mood.OPEN, foreign, ssl.SSLCertVerificationError),
            (Mood.OPEN, old, ssl.SSLError),
        ):
            door.mood, door.tls = mood, tls
            with pytest.raises(error):
                await knock(door, authority)
        assert len(door.attempts) == 4
        assert door.upgrades == []


async def test_who_is_cut_off_is_gone_on_both_sides(tmp_path: Path) -> None:
    async with MockCsms() as csms, Door(lambda: csms.url) as door:
        websocket = await connect(f"{door.url}/CS1", subprotocols=[OCPP])
        await csms.station("CS1").wait_connected()
        door.cut()
        await csms.station("CS1").wait_connected(connected=False)
        async with asyncio.timeout(5):
            await websocket.wait_closed()
        await until(lambda: door._guests == set(), "an empty room")
