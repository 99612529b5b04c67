"""A meter is asked for live values and signed readings, and neither ever comes in the way of begin and end."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from station.core import effects as do
from station.core import events as on
from station.core.events import Due
from station.core.faults import Fault
from station.core.powermeter import TransactionReq
from station.core.records import RecordKind
from station.core.session import Metering, Session, Transaction
from station.errors import LineSilentError, MeterBusyError, RecordInvalidError
from station.evse_meter import LIVE_S, POLL_S, MeterSide
from station.storage.receipts import Receipts
from tests.bay import Bay
from tests.core.runs import ANNA
from tests.fakes import CURRENT_S, SIGNING_S, FakeMeter

RUNNING = Transaction("t-1", cause="CablePluggedIn", token=ANNA, started=True)
CHARGING = Session(1, awake=True, plugged=True, transaction=RUNNING, metering=Metering.ON)
IDLE = Session(1, awake=True)
SIGNED = do.TakeSample(frozenset({Due.UPDATED}), signed=True)
FOR_ANNA = TransactionReq("DE*ABC*E1", "t-1", identification_data=ANNA.value)
SILENT = LineSilentError("meter on /dev/ttyFAKE: no answer")


class UnreadBook:
    """Knows no meter yet."""

    def known(self, _evse_id):
        return None

    def clock_updated(self, _evse_id, _at):
        """Nobody looks it up."""


class Side:
    """A MeterSide and what it posts; the session is what a test says."""

    def __init__(self, session=CHARGING):
        self.session = session
        self.meter = FakeMeter()
        self.posted, self.rejected = [], []
        self.now = lambda: datetime.fromtimestamp(asyncio.get_running_loop().time(), UTC)
        self.meter.now = self.now
        self.it = MeterSide(
            1,
            self.meter,
            post=self.posted.append,
            session=lambda: self.session,
            book=UnreadBook(),
            now=self.now,
            keep_rejected=lambda ocmf, reason: self.rejected.append(ocmf),
            configured_key=None,
        )

    @contextlib.asynccontextmanager
    async def watched(self):
        task = asyncio.create_task(self.it.watch())
        try:
            await asyncio.sleep(1)
            self.meter.calls.clear()
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def sampled(self):
        return [event for event in self.posted if isinstance(event, on.Sampled)]


@pytest.fixture
def bay(tmp_path: Path) -> Iterator[Bay]:
    bay = Bay(tmp_path)
    yield bay
    bay.database.close()


# Live values


async def test_live_values_are_of_the_instant_in_which_they_were_asked_for():
    side = Side()
    async with side.watched():
        await asyncio.sleep(POLL_S / 2)
        asked_at = side.now()
        measured = await side.it.measure(signed=False)
        assert asked_at <= measured.reading.timestamp <= side.now()
        assert measured.record is None
    assert side.sampled == [], "only what was signed has to be kept"


async def test_a_meter_that_is_silent_measures_nothing():
    side = Side()
    side.meter.be_silent()
    assert await side.it.measure(signed=True) is None
    assert side.posted == []


async def test_a_sample_is_posted_with_what_it_is_for_at_once():
    side = Side()
    async with side.watched():
        began = side.now()
        side.it.take_sample(do.TakeSample(frozenset({Due.CLOCK_ENDED})))
        side.it.take_sample(do.TakeSample(frozenset({Due.UPDATED})))
        await asyncio.sleep(0.2)
        assert [event.due for event in side.sampled] == [{Due.CLOCK_ENDED}, {Due.UPDATED}]
        assert side.meter.calls == ["read"], "one look is enough for both"
        assert side.sampled[0].reading.timestamp >= began


async def test_the_end_has_live_values_from_after_it_and_the_begin_those_that_are_at_hand():
    side = Side()
    async with side.watched():
        at_hand = side.it.reading
        begun = await side.it.start(do.TurnOn(FOR_ANNA))
        assert (begun.reading, side.meter.calls) == (at_hand, ["start_transaction"])
        turned_off = side.now()
        ended = await side.it.stop(do.TurnOff("t-1"))
        assert ended.reading.timestamp > turned_off + timedelta(seconds=SIGNING_S - 0.1)


async def test_a_signed_end_does_not_wait_for_live_values_that_do_not_come():
    side = Side()
    side.meter.troubles.always("read", SILENT)
    ended = await side.it.stop(do.TurnOff("t-1"))
    assert (ended.record.kind, ended.reading) == (RecordKind.TURN_OFF, None)


async def test_a_signed_end_waits_a_second_at_most_for_a_meter_that_says_nothing(monkeypatch):
    side = Side()
    monkeypatch.setattr(side.meter, "read", lambda: asyncio.sleep(60))
    loop = asyncio.get_running_loop()
    began = loop.time()
    ended = await side.it.stop(do.TurnOff("t-1"))
    assert ended.record is not None
    assert loop.time() - began < SIGNING_S + LIVE_S + 0.5


async def test_what_was_asked_for_again_meanwhile_is_posted_once():
    side = Side()
    async with side.watched():
        side.it.take_sample(SIGNED)
        await asyncio.sleep(0.5)
        for _ in range(5):
            side.it.take_sample(SIGNED)
            side.it.take_sample(do.TakeSample(frozenset({Due.ENDED})))
        await asyncio.sleep(2 * CURRENT_S + 1)
    first, second, plain = side.sampled
    assert first.record.pagination + 1 == second.record.pagination
    assert (plain.due, plain.record) == (frozenset({Due.ENDED}), None)


# Signed readings


@pytest.mark.ocpp("J02.FR.21")
async def test_a_signed_sample_carries_a_record_of_the_transaction_that_was_taken_right_after_its_values():
    side = Side()
    async with side.watched():
        side.it.take_sample(SIGNED)
        side.it.take_sample(do.TakeSample(frozenset({Due.ENDED})))
        await asyncio.sleep(CURRENT_S + 1)
        signed, plain = side.sampled
        assert signed.record.kind is RecordKind.CURRENT
        assert (plain.record, plain.reading) == (None, signed.reading)
        assert side.meter.calls[:2] == ["read", "sign_current"]


async def test_what_is_signed_for_nobody_in_particular_names_nobody():
    side = Side(IDLE)
    side.meter.hardware.begun_for = FOR_ANNA
    measured = await side.it.measure(signed=True)
    assert measured.record.ocmf.endswith(b"|")
    [posted] = side.sampled
    assert (posted.due, posted.record) == (frozenset(), measured.record)


async def test_what_is_signed_while_somebody_charges_names_who_charges():
    side = Side()
    side.meter.hardware.begun_for = FOR_ANNA
    measured = await side.it.measure(signed=True)
    assert measured.record.ocmf.endswith(f"|{ANNA.value}".encode())


@pytest.mark.parametrize(
    "session",
    [
        replace(CHARGING, metering=Metering.STARTING),
        replace(CHARGING, metering=Metering.STOPPING),
        replace(IDLE, owed="t-0"),
        replace(IDLE, awake=False),
        replace(IDLE, faults=frozenset({Fault.METER})),
    ],
    ids=["starting", "stopping", "owed", "waking", "faulted"],
)
async def test_nothing_is_signed_that_could_come_in_the_way_of_a_begin_or_an_end(session):
    side = Side(session)
    measured = await side.it.measure(signed=True)
    assert measured.record is None
    assert side.meter.calls == ["read"]


async def test_a_sample_whose_transaction_ended_meanwhile_is_not_signed():
    side = Side(IDLE)
    async with side.watched():
        side.it.take_sample(SIGNED)
        await asyncio.sleep(1)
        assert [event.record for event in side.sampled] == [None]
        assert "sign_current" not in side.meter.calls


async def test_a_reading_that_cannot_be_signed_is_told_without_a_signature():
    side = Side()
    side.meter.troubles.always("sign_current", MeterBusyError("meter 1: not ready within 15 s"))
    async with side.watched():
        side.it.take_sample(SIGNED)
        await asyncio.sleep(CURRENT_S + 1)
        assert [event.record for event in side.sampled] == [None]
    assert not [event for event in side.posted if isinstance(event, on.FaultRaised)]


async def test_a_reading_that_is_not_to_be_believed_is_kept_as_evidence():
    side = Side()
    side.meter.troubles.always("sign_current", RecordInvalidError("meter 1: old", ocmf=b"OCMF|old"))
    assert (await side.it.measure(signed=True)).record is None
    assert side.rejected == [b"OCMF|old"]


async def test_a_turn_off_that_comes_during_a_signed_reading_waits_for_that_one_only():
    side = Side()
    async with side.watched():
        side.it.take_sample(SIGNED)
        wishes = [asyncio.create_task(side.it.measure(signed=True)) for _ in range(3)]
        await asyncio.sleep(1.0)
        side.it.take_sample(SIGNED)
        side.session = replace(CHARGING, metering=Metering.STOPPING)
        loop = asyncio.get_running_loop()
        began = loop.time()
        ended = await side.it.stop(do.TurnOff("t-1"))
        assert loop.time() - began < CURRENT_S + SIGNING_S + 0.5
        assert ended.record.kind is RecordKind.TURN_OFF
        await asyncio.gather(*wishes)
    kinds = [record.kind for record in side.meter.hardware.signed]
    assert kinds == [RecordKind.CURRENT, RecordKind.TURN_OFF]
    assert [event.record.kind for event in side.sampled if event.record] == [RecordKind.CURRENT]


# With the rules of a session


async def test_a_session_with_signed_readings_has_them_all_and_misses_none(bay):
    with structlog.testing.capture_logs() as lines:
        async with bay.open():
            await bay.charging()
            for _ in range(3):
                assert (await bay.evse.measure(signed=True)).record is not None
            measuring = asyncio.create_task(bay.evse.measure(signed=True))
            await asyncio.sleep(1.0)
            bay.stop()
            await bay.until(lambda: bay.told("Ended"))
            assert (await measuring).record is not None
    kinds = [record.kind.value for record in bay.records]
    assert kinds == ["turn_on", *["current"] * 4, "turn_off"]
    assert [line for line in lines if line["event"] == "records_missing"] == []


async def test_a_start_that_comes_while_a_reading_is_signed_for_nobody_is_not_disturbed(bay):
    with structlog.testing.capture_logs() as lines:
        async with bay.open():
            await bay.awake()
            measuring = asyncio.create_task(bay.evse.measure(signed=True))
            await asyncio.sleep(1.0)
            await bay.charging()
            assert (await measuring).record is not None
            bay.stop()
            await bay.until(lambda: bay.told("Ended"))
        assert bay.failure is None or isinstance(bay.failure, asyncio.CancelledError)
    assert [record.kind.value for record in bay.records] == ["turn_on", "turn_off"]
    assert [line for line in lines if line["event"] == "records_missing"] == []


async def test_an_evse_that_starts_anew_waits_for_a_reading_that_is_being_signed_and_keeps_its_number(bay):
    async with bay.open():
        await bay.awake()
        measuring = asyncio.create_task(bay.evse.measure(signed=True))
        await asyncio.sleep(1.0)
        with structlog.testing.capture_logs() as lines:
            assert await bay.evse.restart()
            record = (await measuring).record
            await asyncio.sleep(1.0)
        assert bay.failure is None
    assert [line for line in lines if line["event"] == "not_made_safe"] == []
    assert (record.meter_serial, record.pagination) in Receipts(bay.database).counters()


@pytest.mark.parametrize(("updated_s", "ended_s"), [(60.0, 60.0), (1.0, 1.0), (1.0, 60.0)])
async def test_each_record_is_kept_once_and_told_in_one_event_however_often_readings_are_wanted(
    bay, updated_s, ended_s
):
    bay.change(updated_interval_s=updated_s, ended_interval_s=ended_s, sign_updated_readings=True)
    async with bay.open():
        await bay.charging()
        await asyncio.sleep(200)
        bay.stop()
        await bay.until(lambda: bay.told("Ended"))
    assert Receipts(bay.database).rejected() == ()
    assert bay.records == bay.meter.hardware.signed
    for reports in (bay.reports[:-1], bay.reports[-1:]):
        told = [value.signed for report in reports for sample in report.samples for value in sample.values]
        texts = [signed.ocmf for signed in told if signed is not None]
        assert len(texts) == len(set(texts)) > 1
