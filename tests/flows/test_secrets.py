"""What nobody may read in a log: a whole session, with the log as talkative as it gets."""

import asyncio
import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.mock_csms.replies import ErrorReply
from station import logs
from tests.flows.house import CARD, OTHER_CARD, PASSWORD, House, until

NEW_PASSWORD = "Another-secret_0f-the-station"
REMOTE = "APP-4711-8a2f"
ODD = "ODD-TOKEN-93c1"
IDENTITIES = ("STATION-1", "STATION 1")


def tellings() -> Iterator[str]:
    """Yield every secret in each form in which somebody could read it."""
    for secret in (CARD, OTHER_CARD, REMOTE, ODD, PASSWORD, NEW_PASSWORD):
        yield from (secret, secret.encode().hex(), base64.b64encode(secret.encode()).decode().rstrip("="))
    for password in (PASSWORD, NEW_PASSWORD):
        for identity in IDENTITIES:
            basic = f"{identity}:{password}".encode()
            yield from (base64.b64encode(basic).decode().rstrip("="), basic.hex())


def leaks(log: str) -> list[str]:
    """Return the lines that tell a secret."""
    lowered = [telling.lower() for telling in tellings()]
    return [line for line in log.splitlines() if any(telling in line.lower() for telling in lowered)]


async def say(house: House, *frames: Any) -> None:
    """Send frames as they are; the station may answer as it likes."""
    for frame in frames:
        await house.csms.send_text(house.seen.id, frame if isinstance(frame, str) else json.dumps(frame))
    await asyncio.sleep(1)


async def live(house: House) -> None:
    """Boot, a charge with a card, one from afar, refusals that repeat tokens, a new password, nonsense."""
    transaction_id = await house.charge()
    house.swipe(OTHER_CARD)
    await asyncio.sleep(5)
    house.swipe()
    await house.finished(transaction_id)
    house.unplug()
    await house.status("Available")
    echo = ErrorReply("GenericError", f"who is {CARD.lower()}?", {"idToken": CARD, "text": CARD})
    for action in ("Authorize", "TransactionEvent"):
        house.csms.override(house.seen.id, action, error=echo, times=1)
    house.plug()
    house.swipe()
    await asyncio.sleep(120)
    token = {"idToken": REMOTE, "type": "Central"}
    await say(
        house,
        [2, "s1", "RequestStartTransaction", {"idToken": token, "remoteStartId": 1, "evseId": 1}],
        [2, "s2", "CustomerInformation", {"requestId": 1, "report": True, "clear": False, "idToken": token}],
        [2, "s3", "DataTransfer", {"vendorId": "v", "data": json.dumps({"idToken": ODD, "password": NEW_PASSWORD})}],
        *nonsense(ODD),
    )
    await house.seen.connection._websocket.send(f"binary {ODD}".encode())
    await say(house, [2, "s4", "SetVariables", {"setVariableData": [basic_auth(NEW_PASSWORD), basic_auth("short")]}])
    await asyncio.sleep(60)


def basic_auth(password: str) -> dict[str, Any]:
    return {
        "attributeValue": password,
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
    }


def nonsense(token: str) -> tuple[Any, ...]:
    """Return frames that are wrong in the neighbourhood of a token."""
    inner = {"idToken": token, "type": "Nonsense", "additionalInfo": [{"additionalIdToken": token, "type": 7}]}
    return (
        [2, "n1", "RequestStartTransaction", {"idToken": inner, "remoteStartId": "x"}],
        [2, "n2", "RequestStartTransaction", {"idToken": token}],
        [2, "n3", "SendLocalList", {"localAuthorizationList": [{"idToken": inner}]}],
        [3, "n4", {"idToken": inner}],
        [4, "n5", "GenericError", f'"idToken":"{token}"', {"idToken": token}],
        [9, "n6", {"idToken": token}],
        '[2,"n7","RequestStartTransaction",{"idToken":{"idToken":"' + token,
        "[2,'n8','Authorize',{'idToken':{'idToken':'" + token + "'}}]",
        '[2,"n9","Authorize",{"idToken":' + token + "}]",
        '[2,"n10","Authorize",{"idToken":\n"' + token + '"',
        '{"idToken" : {"idToken"\t:\t"' + token + '"}}',
    )


@pytest.mark.ocpp("A01.FR.12")
@pytest.mark.parametrize("wire", [True, False])
@pytest.mark.parametrize("as_json", [True, False])
async def test_the_log_of_a_session_tells_no_secret(tmp_path: Path, as_json: bool, wire: bool) -> None:
    log = io.StringIO()
    logs.configure("debug", as_json=as_json, wire=wire, stream=log)
    async with House(tmp_path) as house:
        await live(house)
        await until(lambda: house.seen.connected, "the connection")
    text = log.getvalue()
    assert ("frame_received" in text) == wire
    assert "transaction_started" in text
    assert leaks(text) == []
