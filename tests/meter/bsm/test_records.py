"""Records are proven: text and snapshot, each by its own signature, and one by the other."""

from collections.abc import Callable

import pytest

from station.core.records import RecordKind
from station.errors import RecordInvalidError
from station.meter.bsm import BsmMeter
from station.meter.codec import to_words
from station.meter.signature import is_signed_by
from station.meter.snapshot import decode
from tests.meter.charging import METADATA, REQUEST, TRANSACTION
from tests.meter.fake_device import MODELS_OF, FakeDevice

TEXT_LIES = [
    ({'"RV":0.00': '"RV":0.01'}, "RV 10 Wh is not RCR 0 Wh"),
    ({'"XV":123.45': '"XV":123.46'}, "XV 123460 Wh is not TotWhImp 123450 Wh"),
    ({'"PG":"T102"': '"PG":"T103"'}, "PG 103 is not RCnt 102"),
    ({",000+0100": ",000+0200"}, "TM"),
    ({" S": " U", "2026-": "1970-"}, "TM no time is not Epoch"),
    ({'"TX":"B"': '"TX":"E"'}, "TX E is not Typ B"),
    ({'"XT":1': '"XT":3'}, "XT start is not Typ turn_on"),
    ({'"ST":"G"': '"ST":"E"'}, "EF and ST"),
    ({"rfid:12345678abcdef": "rfid:12345678abcdee"}, "ID is not Meta1"),
    ({"DE*BDO": "DE*BDA"}, "X2 is not Meta2"),
    ({"v1.2.34": "v1.2.35"}, "X3 is not Meta3"),
]


@pytest.mark.parametrize(("edits", "reason"), TEXT_LIES)
async def test_a_signed_text_that_is_not_what_its_snapshot_says_is_refused(
    ready: BsmMeter, device: FakeDevice, edits: dict[str, str], reason: str
) -> None:
    await ready.start_transaction(REQUEST)
    device.faults.text_edits = edits
    with pytest.raises(RecordInvalidError, match=reason) as caught:
        await ready.start_transaction(REQUEST)
    assert caught.value.ocmf.startswith(b"OCMF|")
    assert not device.output_on


async def test_all_that_differs_is_told(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.text_edits = {'"RV":0.00': '"RV":0.01', '"TX":"B"': '"TX":"E"'}
    with pytest.raises(RecordInvalidError, match=r"TX E.*; RV 10 Wh"):
        await ready.start_transaction(REQUEST)


@pytest.mark.parametrize("kind", RecordKind)
async def test_the_record_carries_the_whole_signed_snapshot(
    ready: BsmMeter, device: FakeDevice, kind: RecordKind
) -> None:
    await ready.write_metadata(METADATA)
    record = await ready.snapshot(kind)
    assert len(record.snapshot) == 504
    snapshot = decode(MODELS_OF[list(RecordKind).index(kind)], to_words(record.snapshot))
    assert is_signed_by(device.public_key, snapshot.signed, snapshot.signature)
    assert (snapshot.kind, snapshot.pagination, snapshot.metadata) == (kind, record.pagination, METADATA)


async def test_a_snapshot_that_cannot_be_one_is_refused(ready: BsmMeter, device: FakeDevice) -> None:
    device.faults.signs = {"OS": None, "Wh_SF": 1, "DI": None}
    with pytest.raises(RecordInvalidError, match="signature of its snapshot"):
        await ready.start_transaction(REQUEST)


async def test_an_end_for_somebody_else_is_kept_with_its_doubt(ready: BsmMeter, device: FakeDevice) -> None:
    await ready.start_transaction(REQUEST)
    device.put("bsm", "Meta1", "contract-id: rfid:deadbeef")
    record = (await ready.stop_transaction(TRANSACTION)).record
    assert record is not None
    assert (record.verified, record.doubts) == (True, ("id_differs",))


async def test_metadata_beside_the_name_counts_as_well(ready: BsmMeter, device: FakeDevice) -> None:
    device.old_firmware = True
    await ready.start_transaction(REQUEST)
    device.put("bsm", "Meta3", "")
    record = (await ready.stop_transaction(TRANSACTION)).record
    assert record is not None
    assert record.doubts == ("id_differs",)


async def test_a_text_whose_name_would_not_fit_the_meter_is_checked_like_any_other(
    ready: BsmMeter, device: FakeDevice, make: Callable[..., BsmMeter]
) -> None:
    await ready.write_metadata(METADATA)
    device.faults.text_edits = {METADATA.meta1: "x" * 141}
    with pytest.raises(RecordInvalidError, match="ID is not Meta1"):
        await make().current()
