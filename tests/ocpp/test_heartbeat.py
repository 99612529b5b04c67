"""The CSMS hears from the station often enough, and the station hears the time."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest

from station.ocpp.heartbeat import Heartbeat
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from tests.ocpp.csms import NOW, SILENCE, Refusal, talking

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
DAY_S = 24 * 3600


class Pulse:
    """A heartbeat with its session; `interval_s` may change."""

    def __init__(self):
        self.interval_s = 60.0
        self.times = []
        self.session = RpcSession(Router(), timeout_s=lambda: 30.0)
        self.heartbeat = Heartbeat(self.session, interval_s=lambda: self.interval_s, set_time=self.times.append)

    @contextlib.asynccontextmanager
    async def beating(self):
        async with talking(self.session) as csms:
            beats = asyncio.create_task(self.heartbeat.run())
            await asyncio.sleep(0)
            try:
                yield csms
            finally:
                beats.cancel()
                await asyncio.gather(beats, return_exceptions=True)


@pytest.fixture
async def pulse():
    return Pulse()


def seconds():
    return asyncio.get_running_loop().time()


@pytest.mark.ocpp("G02.FR.02", "G02.FR.06")
async def test_heartbeats_follow_each_other_and_bring_the_time(pulse):
    async with pulse.beating() as csms:
        began = seconds()
        await csms.hear("Heartbeat", 3)
        assert seconds() - began == pytest.approx(180, abs=1)
        assert csms.of("Heartbeat")[0] == {}
    assert pulse.times[0] == NOON


@pytest.mark.parametrize("answer", [SILENCE, Refusal(), {"currentTime": 7}, {"currentTime": "2027-02-30T00:00:00Z"}])
async def test_a_heartbeat_that_is_answered_amiss_does_not_stop_the_next(pulse, answer):
    async with pulse.beating() as csms:
        csms.answer("Heartbeat", answer, {"currentTime": NOW})
        await csms.hear("Heartbeat", 2)
        await asyncio.sleep(1)
    assert pulse.times == [NOON]


@pytest.mark.ocpp("G02.FR.02")
@pytest.mark.parametrize(("interval_s", "beats_after_s"), [(20.0, 20.0), (5.0, 10.0), (90.0, 90.0)])
async def test_another_interval_counts_for_the_wait_that_is_running(pulse, interval_s, beats_after_s):
    async with pulse.beating() as csms:
        began = seconds()
        await asyncio.sleep(10)
        pulse.interval_s = interval_s
        pulse.heartbeat.retime()
        await csms.hear("Heartbeat")
        assert seconds() - began == pytest.approx(beats_after_s, abs=1)


@pytest.mark.ocpp("G02.FR.05")
async def test_what_else_is_said_puts_the_next_heartbeat_off(pulse):
    async with pulse.beating() as csms:
        began = seconds()
        await asyncio.sleep(50)
        pulse.heartbeat.spoken()
        await csms.hear("Heartbeat")
        assert seconds() - began == pytest.approx(110, abs=1)


@pytest.mark.ocpp("G02.FR.07")
async def test_however_much_is_said_there_is_one_a_day(pulse):
    pulse.interval_s = 4000.0
    async with pulse.beating() as csms:
        began = seconds()

        async def talk():
            while True:
                pulse.heartbeat.spoken()
                await asyncio.sleep(3000)

        talking_much = asyncio.create_task(talk())
        await csms.hear("Heartbeat", within_s=2 * DAY_S)
        talking_much.cancel()
        assert seconds() - began == pytest.approx(DAY_S, abs=1)


@pytest.mark.ocpp("F06.FR.09")
async def test_a_triggered_heartbeat_goes_at_once_and_counts(pulse):
    async with pulse.beating() as csms:
        began = seconds()
        await asyncio.sleep(50)
        await pulse.heartbeat.triggered(None)()
        assert len(csms.of("Heartbeat")) == 1
        await csms.hear("Heartbeat", 2)
        assert seconds() - began == pytest.approx(110, abs=1)
