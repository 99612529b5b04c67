import asyncio
from datetime import UTC, datetime

from simulators.mock_csms.frames import Kind
from simulators.mock_csms.messages import Message, MessageLog

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def add(log: MessageLog, action: str) -> None:
    log.add(Message(log.next, NOW, "in", "", Kind.CALL, "m", action, {}))


async def test_the_ring_forgets_the_oldest_and_goes_on_counting() -> None:
    log = MessageLog(keep=2)
    for action in ("A", "B", "C"):
        add(log, action)
    assert [(message.number, message.action) for message in log] == [(2, "B"), (3, "C")]
    assert [message.action for message in log.since(2)] == ["C"]
    assert log.last == 3


async def test_waiting_finds_what_is_there_and_what_comes() -> None:
    log = MessageLog(keep=10)
    add(log, "A")
    assert (await log.wait(lambda message: message.action == "A")).number == 1
    waiting = asyncio.create_task(log.wait(lambda message: message.action == "A", after=log.last))
    await asyncio.sleep(0)
    add(log, "B")
    await asyncio.sleep(0)
    add(log, "A")
    assert (await waiting).number == 3


async def test_a_burst_between_two_looks_is_not_missed() -> None:
    log = MessageLog(keep=10)
    waiting = asyncio.create_task(log.wait(lambda message: message.action == "B"))
    await asyncio.sleep(0)
    for action in ("A", "B", "C"):
        add(log, action)
    assert (await waiting).number == 2
