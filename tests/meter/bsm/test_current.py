"""Records of the present: signed between begin and end, or for nobody; nothing is switched or reset for them."""

import asyncio
import contextlib

import pytest

from station.core.records import Metadata, RecordKind
from station.errors import MeterBusyError, RecordInvalidError
from station.meter.bsm import BsmMeter
from station.meter.registers import address
from tests.meter.charging import METADATA, REQUEST, TRANSACTION
from tests.meter.fake_device import FakeDevice

NOW, OFF = address("scs", "St"), address("stoffs", "St")
META, DO = address("bsm", "Meta1"), address("bsm", "DO")


def metadata(device: FakeDevice) -> Metadata:
    return Metadata(*(str(device.get("bsm", f"Meta{number}")) for number in (1, 2, 3)))


async def test_a_reading_is_signed_for_who_charges_and_nothing_else_changes(
    ready: BsmMeter, device: FakeDevice
) -> None:
    begin = (await ready.start_transaction(REQUEST)).record
    device.put("bsm", "RCR", 41)
    device.requests.clear()
    record = await ready.sign_current(TRANSACTION)
    assert (record.kind, record.pagination, record.session_energy_wh) == (RecordKind.CURRENT, 102, 410)
    assert (record.verified, record.doubts) == (True, ())
    assert METADATA.meta1.encode() in record.ocmf
    assert [at for at, _ in device.writes] == [NOW], "one trigger, and neither output nor metadata"
    assert device.output_on
    stop = await ready.stop_transaction(TRANSACTION)
    assert stop.record is not None
    assert (stop.record.pagination, stop.record.session_energy_wh) == (103, 410)
    assert stop.start_signed_meter_value is not None
    assert begin is not None
    assert stop.start_signed_meter_value.signed_meter_data == begin.ocmf.decode()


async def test_without_a_transaction_nobody_is_named_and_the_next_start_names_its_driver_again(
    ready: BsmMeter, device: FakeDevice
) -> None:
    await ready.start_transaction(REQUEST)
    await ready.stop_transaction(TRANSACTION)
    record = await ready.sign_current(None)
    assert (metadata(device), record.doubts) == (Metadata(), ())
    assert METADATA.meta1.encode() not in record.ocmf
    device.requests.clear()
    await ready.sign_current(None)
    assert [at for at, _ in device.writes] == [NOW], "what is empty is not emptied again"
    begin = (await ready.start_transaction(REQUEST)).record
    assert begin is not None
    assert METADATA.meta1.encode() in begin.ocmf


async def test_a_meter_that_forgot_who_charges_is_not_believed_to_know_it(
    ready: BsmMeter, device: FakeDevice
) -> None:
    await ready.start_transaction(REQUEST)
    device.put("bsm", "Meta1", "")
    assert "id_differs" in (await ready.sign_current(TRANSACTION)).doubts


async def test_a_reading_that_cannot_be_proven_is_refused_and_the_output_stays_on(
    ready: BsmMeter, device: FakeDevice
) -> None:
    await ready.start_transaction(REQUEST)
    device.faults.bad_signature = True
    with pytest.raises(RecordInvalidError):
        await ready.sign_current(TRANSACTION)
    assert device.output_on
    assert DO not in [at for at, _ in device.writes]


@pytest.mark.parametrize("holds", [False, True], ids=["tells that it is busy", "holds its answers back"])
async def test_an_end_after_a_reading_that_was_given_up_on_waits_for_the_meter_and_is_signed(
    ready: BsmMeter, device: FakeDevice, holds: bool
) -> None:
    await ready.start_transaction(REQUEST)
    device.busy_s, device.holds_answers = 20.0, holds
    with pytest.raises(MeterBusyError):
        await ready.sign_current(TRANSACTION)
    device.busy_s = 0.3
    with contextlib.suppress(MeterBusyError):
        await ready.stop_transaction(TRANSACTION)
    assert holds or not device.output_on, "whoever listens is told to open the contactor meanwhile"
    await asyncio.sleep(5.0)
    record = (await ready.stop_transaction(TRANSACTION)).record
    assert record is not None
    assert record.kind is RecordKind.TURN_OFF
