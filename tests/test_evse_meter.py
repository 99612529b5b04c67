"""An EVSE and its meter: which one it is, whether it is fit, what time it has, and that old values are not news."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from station.core.faults import Fault
from station.core.records import RecordKind
from station.core.session import connector_status
from station.errors import ClockUnsetError, LineSilentError
from station.evse_meter import CLOCK_GRACE_S, FRESH_S
from station.storage.meters import Meters
from station.storage.receipts import Receipts
from tests.bay import Bay
from tests.fakes import KEY, SERIAL, a_record

OTHER_KEY = b"another key"


@pytest.fixture
def bay(tmp_path: Path) -> Iterator[Bay]:
    bay = Bay(tmp_path)
    yield bay
    bay.database.close()


def known(bay: Bay) -> tuple[str, bytes] | None:
    meter = Meters(bay.database).known(1)
    return (meter.serial, meter.public_key) if meter else None


# Which meter it is


async def test_the_first_meter_that_is_met_is_known_and_remembered(bay: Bay) -> None:
    assert bay.evse.identity is None
    async with bay.open():
        await bay.awake()
        assert bay.evse.identity is not None
        assert bay.evse.identity.public_key == KEY
    assert known(bay) == (SERIAL, KEY)


@pytest.mark.parametrize("change", [{"key": OTHER_KEY}, {"serial": "001BZR1521079999"}])
async def test_another_meter_or_key_is_a_fault_and_signs_nothing(bay: Bay, change: dict[str, object]) -> None:
    async with bay.open():
        await bay.awake()
    for name, value in change.items():
        setattr(bay.meter.hardware, name, value)
    bay.meter.calls.clear()
    async with bay.open():
        await bay.until(lambda: Fault.CHANGED in bay.evse.session.faults)
        bay.plug()
        bay.card()
        await asyncio.sleep(60)
        assert connector_status(bay.evse.session) == "Faulted"
    assert not {"start_transaction", "stop_transaction", "set_time"} & set(bay.meter.calls)
    assert ("MeterChanged", True) in bay.alerts
    assert known(bay) == (SERIAL, KEY)


async def test_the_fault_of_another_meter_says_what_to_do(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
    bay.meter.hardware.serial = "001BZR1521079999"
    async with bay.open():
        await bay.until(lambda: bay.evse.session.faults)
    text = bay.all_alerts[-1].tech_info
    assert "001BZR1521079999" in text
    assert SERIAL in text
    assert "station meter confirm --evse 1" in text


async def test_a_meter_that_an_operator_confirmed_charges(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
    bay.meter.hardware.key = OTHER_KEY
    Meters(bay.database).confirm(1, SERIAL, OTHER_KEY, datetime.now(UTC))
    async with bay.open():
        await bay.charging()
    assert not bay.alerts


async def test_the_right_meter_ends_the_fault_of_the_wrong_one(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
    bay.meter.hardware.key = OTHER_KEY
    async with bay.open():
        await bay.until(lambda: Fault.CHANGED in bay.evse.session.faults)
        bay.meter.hardware.key = KEY
        await bay.awake()
        await bay.until(lambda: not bay.evse.session.faults)
        await bay.charging()


async def test_a_configured_key_counts_instead_of_memory(tmp_path: Path) -> None:
    bay = Bay(tmp_path, meter_key=OTHER_KEY)
    async with bay.open():
        await bay.until(lambda: Fault.CHANGED in bay.evse.session.faults)
        alert = bay.all_alerts[-1]
        assert (alert.component, alert.tech_code) == ("FiscalMetering", "MeterChanged")
        assert f"{SERIAL} has another key than evse.meter.public_key" in alert.tech_info
        assert bay.evse.identity is None
        bay.meter.hardware.key = OTHER_KEY
        await bay.charging()
    assert known(bay) == (SERIAL, OTHER_KEY)
    bay.database.close()


async def test_a_meter_that_turns_out_to_be_another_one_while_charging_is_not_asked_to_sign(bay: Bay) -> None:
    async with bay.open():
        await bay.charging()
        bay.meter.be_silent()
        await bay.until(lambda: Fault.METER in bay.evse.session.faults)
        bay.meter.hardware.serial, bay.meter.hardware.key = "001BZR1521079999", OTHER_KEY
        bay.meter.troubles.over()
        await bay.until(lambda: Fault.CHANGED in bay.evse.session.faults, within_s=120)
        bay.meter.calls.clear()
        await bay.until(lambda: bay.evse.session.owed, within_s=120)
        await asyncio.sleep(130)
        assert "stop_transaction" not in bay.meter.calls
        assert [record.meter_serial for record in bay.records] == [SERIAL]
        bay.meter.hardware.serial, bay.meter.hardware.key = SERIAL, KEY
        await bay.until(lambda: len(bay.records) == 2, within_s=120)
        await bay.until(lambda: not bay.evse.session.faults)


# Whether it is fit


async def test_a_meter_that_calls_itself_unfit_is_a_fault_as_long_as_it_does(bay: Bay) -> None:
    bay.meter.hardware.unfit = "reports a fatal error of its measuring part"
    async with bay.open():
        await bay.until(lambda: Fault.UNFIT in bay.evse.session.faults)
        bay.plug()
        bay.card()
        await asyncio.sleep(10)
        assert "start_transaction" not in bay.meter.calls
        bay.meter.hardware.unfit = ""
        await bay.until(lambda: not bay.evse.session.faults, within_s=120)
    assert bay.alerts == [("MeterUnfit", True), ("MeterUnfit", False)]


# What time it has


async def test_the_time_that_the_meter_was_updated_is_remembered(bay: Bay) -> None:
    then = datetime(2026, 12, 1, 3, tzinfo=UTC)
    bay.meter.clock_updated_at = then
    async with bay.open():
        await bay.awake()
    assert bay.meter.clock_updates[0] is None
    bay.meter.clock_updates.clear()
    async with bay.open():
        await bay.awake()
    assert bay.meter.clock_updates[0] == then


async def test_the_meters_time_is_left_alone_while_it_measures_for_somebody(
    bay: Bay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("station.evse_meter.TIME_CHECK_S", 30.0)
    async with bay.open():
        await bay.charging()
        bay.meter.calls.clear()
        await asyncio.sleep(70)
        assert "set_time" not in bay.meter.calls
        bay.stop()
        await bay.until(lambda: bay.told("Ended"))
        await asyncio.sleep(31)
        assert "set_time" in bay.meter.calls


async def test_a_clock_that_nobody_can_set_is_a_fault_after_a_while_and_until_somebody_can(bay: Bay) -> None:
    bay.meter.troubles.always("set_time", ClockUnsetError("meter 1: has no time"))
    async with bay.open():
        await bay.awake()
        await asyncio.sleep(CLOCK_GRACE_S / 2)
        assert not bay.evse.session.faults, "NTP or the CSMS may need a moment"
        await bay.until(lambda: Fault.CLOCK in bay.evse.session.faults)
        bay.meter.troubles.over()
        await bay.until(lambda: not bay.evse.session.faults, within_s=10)
    assert bay.alerts == [("MeterClockUnset", True), ("MeterClockUnset", False)]


# What it measures


async def test_values_that_are_too_old_are_not_shown_as_new(bay: Bay) -> None:
    async with bay.open():
        await bay.awake()
        await bay.until(lambda: bay.evse.reading)
        bay.meter.be_silent()
        await asyncio.sleep(FRESH_S + 2)
        assert bay.evse.reading is None


async def test_a_jump_of_the_counter_is_told(bay: Bay) -> None:
    with structlog.testing.capture_logs() as lines:
        async with bay.open():
            await bay.charging()
            bay.meter.hardware.counter += 3
            bay.stop()
            await bay.until(lambda: bay.told("Ended"))
        bay.meter.hardware.counter += 2
        async with bay.open():
            await bay.awake()
    gaps = [(line["first"], line["last"]) for line in lines if line["event"] == "records_missing"]
    assert gaps == [(9, 11), (13, 14)]


async def test_an_end_that_comes_late_is_in_the_ended_event_that_still_waits(bay: Bay) -> None:
    bay.change(end_attempts=1, owed_retry_s=60.0)
    async with bay.open():
        await bay.charging()
        bay.meter.be_silent()
        bay.stop()
        await bay.until(lambda: bay.told("Ended"))
        ended = bay.told("Ended")
        assert ended is not None
        assert [value.signed is not None for sample in ended.samples for value in sample.values] == [True, False]
        bay.meter.troubles.over()
        await bay.until(lambda: len(bay.records) == 2, within_s=120)
    late = bay.told("Ended")
    assert late is not None
    assert [value.signed is not None for sample in late.samples for value in sample.values] == [True, True]
    signed = late.samples[1].values[0].signed
    assert signed is not None
    assert signed.ocmf == bay.records[1].ocmf
    assert late.seq_no == ended.seq_no
    assert timedelta() <= late.happened_at - ended.happened_at == timedelta()


async def test_an_output_that_cannot_be_released_is_a_fault_until_it_is(
    bay: Bay,
) -> None:
    async with bay.open():
        await bay.awake()
        bay.meter.troubles.always("release_output", LineSilentError("meter on /dev/ttyFAKE: no answer"))
        bay.meter.troubles.once("start_transaction", LineSilentError("meter on /dev/ttyFAKE: no answer"))
        bay.plug()
        await bay.until(lambda: bay.evse.session.plugged)
        bay.card()
        await bay.until(lambda: Fault.OUTPUT in bay.evse.session.faults)
        await asyncio.sleep(120)
        assert Fault.OUTPUT in bay.evse.session.faults
        assert [code for code, _ in bay.alerts].count("MeterOutput") == 1
        bay.meter.troubles.over()
        await bay.until(lambda: Fault.OUTPUT not in bay.evse.session.faults)


async def test_a_start_that_was_signed_in_vain_is_kept_as_evidence(bay: Bay) -> None:
    in_vain = a_record(RecordKind.TURN_ON, 5)
    bay.meter.discarded = (in_vain,)
    async with bay.open():
        await bay.charging()
    assert [rejected.ocmf for rejected in Receipts(bay.database).rejected()] == [in_vain.ocmf]
