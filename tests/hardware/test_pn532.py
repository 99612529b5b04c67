"""A PN532 at a serial port: cards of its twin, and a chip that is asleep, busy, noisy, broken or not there."""

import asyncio
import contextlib
from functools import partial

import pytest
from structlog.testing import capture_logs

from simulators.bench.pn532 import FOREVER
from simulators.bench.pn532 import Pn532 as Twin
from simulators.bench.pty_port import PtyPort
from station.errors import DeviceError, LineSilentError, PortError, SettingsError
from station.hardware.card_numbers import NumberFormat
from station.hardware.places import ReaderPlace
from station.hardware.pn532 import Pn532
from station.hardware.ports import CardRead
from station.hardware.scanners import CardScanner

CARD, OTHER, TEN = "04A2B3C4D5E680", "DEADBEEF", "00112233445566778899"
PATIENCE_S = 60.0


@pytest.fixture
async def twin(tmp_path):
    twin = Twin(1, PtyPort(tmp_path / "pn532"))
    twin.open()
    yield twin
    twin.close()


def reader(twin, **number):
    scanner = partial(CardScanner, number=NumberFormat(**number))
    return Pn532(ReaderPlace(twin.path, 115200, name="front", scanner=scanner))


@contextlib.asynccontextmanager
async def read(twin, **number):
    """What the reader yields, as it comes; what ended it is raised at the end."""
    found = asyncio.Queue()

    async def collect():
        async with contextlib.aclosing(reader(twin, **number).cards()) as source:
            async for card in source:
                found.put_nowait(card)

    task = asyncio.create_task(collect())
    await asyncio.sleep(1)
    yield found
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def seen(found):
    async with asyncio.timeout(PATIENCE_S):
        return await found.get()


async def test_a_chip_that_sleeps_is_woken_and_told_how_to_work(twin):
    with capture_logs() as logs:
        async with read(twin):
            assert twin.commands[:3] == [0x14, 0x02, 0x32]
            assert twin._tries < FOREVER
    assert logs[0]["event"] == "reader_opened"
    assert logs[0]["firmware"] == "1.6"


@pytest.mark.parametrize("uid", [CARD, OTHER, TEN])
async def test_a_card_is_its_whole_number(twin, uid):
    async with read(twin) as found:
        twin.swipe(uid)
        assert await seen(found) == CardRead(uid, "ISO14443")


async def test_a_card_that_is_left_there_is_seen_again_and_again_and_then_no_more(twin):
    async with read(twin) as found:
        twin.place(CARD)
        for _ in range(5):
            assert (await seen(found)).uid == CARD
        twin.remove()
        await asyncio.sleep(1)
        while not found.empty():
            found.get_nowait()
        await asyncio.sleep(30)
        assert found.empty()


async def test_one_card_after_the_other(twin):
    async with read(twin) as found:
        for uid in (CARD, OTHER, CARD):
            twin.place(uid)
            while (await seen(found)).uid != uid:
                pass
            twin.remove()


async def test_the_byte_order_of_the_settings_counts(twin):
    async with read(twin, byte_order="reversed") as found:
        twin.swipe("C4B3A204")
        assert (await seen(found)).uid == "04A2B3C4"


async def test_a_phone_with_a_number_of_the_moment_is_refused(twin):
    with capture_logs() as logs:
        async with read(twin) as found:
            twin.place("08A2B3C4")
            await asyncio.sleep(5)
            twin.swipe(CARD)
            assert (await seen(found)).uid == CARD
    assert [entry["event"] for entry in logs] == ["reader_opened", "random_card_refused"]


@pytest.mark.parametrize("fault", ["garbage", "checksum"])
async def test_noise_on_the_line_hides_no_card(twin, fault):
    twin.faults.add(fault)
    async with read(twin) as found:
        for _ in range(3):
            twin.faults.add(fault)
            twin.place(CARD)
            assert (await seen(found)).uid == CARD
            twin.remove()


async def test_an_answer_that_broke_on_the_way_is_said_again_and_not_asked_for_again(twin):
    twin.faults.add("checksum")
    async with read(twin):
        assert "checksum" not in twin.faults
        assert twin.commands[:4] == [0x14, 0x02, 0x32, 0x32]


async def test_a_chip_that_does_not_hear_well_is_told_again(twin):
    async with read(twin) as found:
        twin.faults.add("not_acknowledged")
        twin.swipe(CARD)
        assert (await seen(found)).uid == CARD
        assert not twin.faults


@pytest.mark.parametrize("fault", ["silent", "no_answer"])
async def test_a_chip_that_gives_no_answer_is_told_with_what_to_look_at(twin, fault):
    twin.faults.add(fault)
    with pytest.raises(LineSilentError, match=r"pn532: no answer as a PN532 gives it; .*HSU.*RX and TX.*115200"):
        await anext(reader(twin).cards())


async def test_a_chip_that_falls_silent_is_told_and_serves_again_when_it_is_back(twin):
    source = reader(twin).cards()
    waiting = asyncio.create_task(anext(source))
    await asyncio.sleep(1)
    twin.lose_power()
    with pytest.raises(LineSilentError):
        await waiting
    async with read(twin) as found:
        twin.swipe(CARD)
        assert (await seen(found)).uid == CARD


async def test_something_that_does_not_know_the_commands_is_told(twin):
    twin.faults.add("refuses")
    with pytest.raises(DeviceError, match=r"the PN532 does not know command 0x02|no answer as a PN532"):
        await anext(reader(twin).cards())


async def test_a_port_that_is_gone_is_told(twin):
    waiting = asyncio.create_task(anext(reader(twin).cards()))
    await asyncio.sleep(1)
    twin.close()
    with pytest.raises(PortError, match=r"pn532 is gone"):
        await waiting
    with pytest.raises(PortError, match=r"pn532 does not exist"):
        await anext(reader(twin).cards())


async def test_the_port_is_free_again_when_nobody_reads_any_more(twin):
    for _ in range(2):
        async with read(twin) as found:
            twin.swipe(CARD)
            assert (await seen(found)).uid == CARD


def test_there_are_no_options():
    with pytest.raises(SettingsError, match=r"options\.gain is unknown"):
        Pn532(ReaderPlace("/dev/ttyS1", 115200, name="front", options={"gain": 3}))
