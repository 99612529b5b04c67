"""A register that is read twice cannot hide from the recorder."""

from benchmarks.recorder import Recorder
from benchmarks.wire_time import Read, Write
from station.meter.registers import MODELS, address
from tests.meter.fake_device import FakeDevice

OCMF = MODELS["ostons"].payload


async def test_registers_that_are_read_again_are_counted_again() -> None:
    recorder = Recorder(FakeDevice())
    await recorder.read_registers(OCMF, 125)
    await recorder.read_registers(OCMF + 120, 10)
    assert (recorder.registers, recorder.distinct) == (135, 130)


async def test_polls_are_no_registers_that_were_read_twice() -> None:
    recorder = Recorder(FakeDevice())
    for _ in range(3):
        await recorder.read_registers(address("stons", "St"), 1)
    assert (recorder.polls, recorder.registers, recorder.distinct) == (3, 0, 0)


async def test_a_status_that_is_read_with_others_is_no_poll() -> None:
    recorder = Recorder(FakeDevice())
    for _ in range(2):
        await recorder.read_registers(address("stons", "St"), 2)
    assert (recorder.polls, recorder.registers, recorder.distinct) == (0, 4, 2)


async def test_what_was_asked_is_passed_on_and_remembered_until_it_is_cleared() -> None:
    device = FakeDevice()
    recorder = Recorder(device)
    await recorder.write_registers(address("bsm", "Meta3"), [7] * 50)
    assert await recorder.read_registers(address("bsm", "Meta3"), 50) == [7] * 50
    assert recorder.exchanges == [Write(50), Read(50)]
    recorder.clear()
    assert (recorder.exchanges, recorder.registers, recorder.distinct) == ([], 0, 0)
