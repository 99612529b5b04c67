"""Who answers: a BSM-WS36A or something else, certified or not, fit for billing or not."""

import pytest

from station.errors import MeterError, WrongMeterError
from station.meter.bsm import BsmMeter
from station.meter.bsm.identity import CERTIFIED, events_in_words
from station.meter.codec import Value, encode
from station.meter.registers import END, MODELS
from tests.meter.fake_device import HASH, SERIAL, FakeDevice


async def test_the_meter_says_who_it_is_and_what_its_key_is(meter: BsmMeter, device: FakeDevice) -> None:
    identity = await meter.identify()
    assert identity.manufacturer == "BAUER Electronic"
    assert identity.model == "BSM-WS36A-H01-1311-0000"
    assert identity.serial == SERIAL
    assert (identity.meter_firmware, identity.communication_firmware) == ("1.9:32CA:AFF4", "01d484f")
    assert identity.firmware_hash.hex() == HASH
    assert identity.public_key == device.public_key
    assert (identity.warnings, identity.unfit) == ((), "")


async def test_everything_is_read_in_few_requests_and_nothing_twice(meter: BsmMeter, device: FakeDevice) -> None:
    await meter.identify()
    asked = [at for request in device.requests for at in request.span]
    assert len(device.requests) == 13
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("alias", MODELS)
@pytest.mark.parametrize("name", ["ID", "L"])
async def test_a_chain_that_differs_anywhere_is_no_such_meter(
    meter: BsmMeter, device: FakeDevice, alias: str, name: str
) -> None:
    device.put(alias, name, 372)
    with pytest.raises(WrongMeterError, match=rf"meter 1: .*372.* at {MODELS[alias].base}.*no BSM-WS36A"):
        await meter.identify()


async def test_a_chain_that_goes_on_behind_its_end_is_no_such_meter(meter: BsmMeter, device: FakeDevice) -> None:
    device._store(END.base, [64901, 252])
    with pytest.raises(WrongMeterError, match="44291"):
        await meter.identify()


@pytest.mark.parametrize(
    ("name", "value"),
    [("Mn", "BAUER"), ("Md", "BSM-WS100"), ("Md", "")],
)
async def test_another_maker_or_model_is_no_such_meter(
    meter: BsmMeter, device: FakeDevice, name: str, value: str
) -> None:
    device.put("cb", name, value)
    with pytest.raises(WrongMeterError, match="no BAUER Electronic BSM-WS36A"):
        await meter.identify()


async def test_a_device_without_sunspec_is_no_such_meter(meter: BsmMeter, device: FakeDevice) -> None:
    device._store(40000, [0, 0])
    with pytest.raises(WrongMeterError, match="no SunSpec mark"):
        await meter.identify()
    assert len(device.requests) == 1


async def test_a_device_without_those_registers_is_no_such_meter(meter: BsmMeter, device: FakeDevice) -> None:
    device.faults.refuses = {40775}
    with pytest.raises(WrongMeterError, match="no registers 40775 to 40776"):
        await meter.identify()


async def test_another_variant_is_such_a_meter(meter: BsmMeter, device: FakeDevice) -> None:
    device.put("cb", "Md", "BSM-WS36A-H01-1311-0001")
    assert (await meter.identify()).model.endswith("0001")


async def test_a_meter_without_a_usable_key_is_refused(meter: BsmMeter, device: FakeDevice) -> None:
    device.put("bsm", "BPK", 90)
    with pytest.raises(MeterError, match="public key"):
        await meter.identify()


@pytest.mark.parametrize(("meter_part", "communication", "digest"), sorted(CERTIFIED))
async def test_certified_firmware_gives_no_warning(
    meter: BsmMeter, device: FakeDevice, meter_part: str, communication: str, digest: str
) -> None:
    device.put("bsm", "VrM", meter_part)
    device.put("bsm", "VrC", communication)
    device.put("cfwh", "B", bytes.fromhex(digest))
    assert (await meter.identify()).warnings == ()


@pytest.mark.parametrize(
    ("alias", "name", "value"),
    [
        ("bsm", "VrM", "1.8:33C4:DB63"),
        ("bsm", "VrC", "f1d3d06"),
        ("bsm", "VrC", "6d1dd3c"),
        ("cfwh", "B", bytes(32)),
        ("cfwh", "BB", 0),
    ],
)
async def test_firmware_that_is_not_on_the_list_is_told(
    meter: BsmMeter, device: FakeDevice, alias: str, name: str, value: Value
) -> None:
    device.put(alias, name, value)
    identity = await meter.identify()
    assert len(identity.warnings) == 1
    assert "not on the list of certified ones" in identity.warnings[0]
    assert identity.unfit == ""


@pytest.mark.parametrize(
    ("bit", "word"),
    [(16, "fatal error"), (17, "failed to start"), (18, "hash"), (19, "development mode"), (3, "event bit 3")],
)
async def test_event_bits_make_a_meter_unfit_in_words(
    meter: BsmMeter, device: FakeDevice, bit: int, word: str
) -> None:
    device.put("tpm", "Evt", 1 << bit)
    assert word in (await meter.identify()).unfit


async def test_event_bits_that_are_not_available_make_a_meter_unfit(meter: BsmMeter, device: FakeDevice) -> None:
    device._store(MODELS["tpm"].address("Evt"), encode(MODELS["tpm"].points["Evt"], None))
    assert (await meter.identify()).unfit


async def test_a_development_firmware_makes_a_meter_unfit(meter: BsmMeter, device: FakeDevice) -> None:
    device.put("bsm", "VrC", "38a6a90-dirty")
    identity = await meter.identify()
    assert "38a6a90-dirty" in identity.unfit
    assert identity.warnings


def test_all_bits_that_are_set_are_named() -> None:
    assert events_in_words(0) == ""
    assert events_in_words(1 << 17 | 1 << 19) == "the communication module failed to start, development mode"


async def test_the_display_page_is_no_identity(meter: BsmMeter, device: FakeDevice) -> None:
    first = await meter.identify()
    device.put("bsm", "MA2", "F06D1D")
    assert await meter.identify() == first
