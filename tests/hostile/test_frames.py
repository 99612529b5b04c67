"""Frames that are no messages, against the whole daemon."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.ocpp.link import MAX_FRAME_BYTES
from tests.flows.house import until
from tests.hostile.target import Target

PROBE = ("RequestStopTransaction", {"transactionId": "none"})
PIECES = (
    "[",
    "]",
    "{",
    "}",
    '"',
    ",",
    ":",
    "2",
    "3",
    "4",
    "-1",
    "null",
    "NaN",
    '"a"',
    '"Reset"',
    "\\ud800",
    "\\",
    " ",
)

FRAMES = st.text(st.characters(codec="utf-8"), max_size=50) | st.lists(st.sampled_from(PIECES)).map("".join)
BOMBS = (
    "[" * 500_000,
    '{"a":' * 150_000,
    '[2,"x","Reset",' + "[" * 63 + "]" * 63 + "]",
    '[2,"x","Reset",[' + "{}," * 200_000 + "{}]]",
    '[2,"x","Reset",{"type":"' + "x" * 900_000 + '"}]',
    '[2,"x","Reset",{"' + "x" * 900_000 + '":1}]',
    '[2,"x","' + "x" * 900_000 + '",{}]',
    '[2,"' + "x" * 900_000 + '","Reset",{}]',
    '[4,"x","' + "x" * 400_000 + '","' + "x" * 400_000 + '",{}]',
    '[2,"x","Reset",{"evseId":' + "9" * 900_000 + "}]",
    '[2,"x","Reset",{"type":"OnIdle","type":"Immediate"}]',
)


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[Target]:
    async with Target(tmp_path) as target:
        yield target


async def stands(target: Target, *, connections: int = 1) -> None:
    """The next request is answered over this connection, and nothing broke."""
    assert (await target.ask(*PROBE))[:1] == [3]
    assert target.complaints() == []
    assert target.house.seen.connections == connections


@given(FRAMES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_noise_leaves_the_connection_as_it_was(target: Target, frame: str) -> None:
    await target.be_there()
    await target.house.csms.send_text(target.house.seen.id, frame)
    await stands(target)


async def test_bombs_leave_the_connection_as_it_was(target: Target) -> None:
    for frame in BOMBS:
        await target.house.csms.send_text(target.house.seen.id, frame)
        await stands(target)


@pytest.mark.parametrize("frame", [b'[2,"a","\xff",{}]', b"[" * (MAX_FRAME_BYTES + 1)], ids=["not UTF-8", "too long"])
async def test_what_a_websocket_must_not_carry_costs_the_connection_and_nothing_more(
    target: Target, frame: bytes
) -> None:
    await target.house.seen.connection._websocket.send(frame, text=True)
    await until(lambda: target.house.seen.connections == 2, "the next connection")
    await stands(target, connections=2)
    assert len(target.house.seen.received("BootNotification")) == 1


async def test_a_flood_is_answered_to_the_last(target: Target) -> None:
    house, count = target.house, 300
    for number in range(count):
        await house.csms.send_text(
            house.seen.id, f'[2,"f{number}","RequestStopTransaction",{{"transactionId":"none"}}]'
        )
    await until(lambda: sum('"f' in m.text[:8] and m.direction == "in" for m in house.seen.messages) == count, "all")
    await stands(target)
