"""The line against a device on a pty that does everything a serial device can do wrong."""

import asyncio
from contextlib import suppress
from itertools import pairwise

import pytest

from station.errors import LineRefusedError, LineSilentError
from station.meter.bus import Device, Line
from tests.meter import line_peer
from tests.meter.line_peer import Fault, Peer
from tests.meter.vectors import named, vectors

FRAMES = vectors()["rtu_frames"]


@pytest.fixture
def device(line: Line) -> Device:
    return line.device(42)


def expected(address: int, count: int) -> list[int]:
    return list(range(address, address + count))


async def test_every_function_asks_and_understands(device: Device, peer: Peer) -> None:
    assert await device.read_registers(40000, 3) == [40000, 40001, 40002]
    assert await device.read_inputs(100, 125) == expected(100, 125)
    assert await device.read_coils(8, 10) == [False, True] * 5
    await device.write_registers(40778, [2])
    await device.write_coil(400, on=True)
    await device.write_coil(400, on=False)
    assert [request.frame[1:-2].hex() for request in peer.requests] == [
        "039c400003", "040064007d", "010008000a", "109f4a0001020002", "050190ff00", "0501900000",
    ]  # fmt: skip


@pytest.mark.parametrize("pair", **named(FRAMES, "what"))
async def test_recorded_exchanges_of_real_meters_are_understood(line: Line, peer: Peer, pair: dict) -> None:
    request, response = bytes.fromhex(pair["request_hex"]), bytes.fromhex(pair["response_hex"])
    device = line.device(request[0])
    address, count = int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")
    peer.faults = line_peer.replying(response)
    if not (pair["response_crc_ok"] and pair["length_ok"]):
        with pytest.raises(LineSilentError):
            await device.read_registers(address, count, retries=0)
    elif request[1] == 3:
        words = await device.read_registers(address, count, retries=0)
        assert b"".join(word.to_bytes(2, "big") for word in words) == response[3:-2]
    else:
        values = [int.from_bytes(request[i : i + 2], "big") for i in range(7, len(request) - 2, 2)]
        await device.write_registers(address, values, retries=0)
    assert peer.requests[0].frame == request


FAULTS = [
    line_peer.silent,
    line_peer.damaged,
    line_peer.damaged_head,
    line_peer.truncated,
    line_peer.torn,
    line_peer.garbage_before,
    line_peer.garbage_behind,
    line_peer.only_garbage,
    line_peer.garbage_then_late,
    line_peer.other_unit,
    line_peer.other_function,
    line_peer.other_length,
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_a_fault_is_retried_and_no_later_answer_is_wrong(device: Device, peer: Peer, fault: Fault) -> None:
    peer.faults = [fault, fault]
    for address in (100, 200, 300, 400):
        assert await device.read_registers(address, 5) == expected(address, 5)
    assert device.line.counters.retries == 2
    assert device.line.counters.frames == len(peer.requests) == 6


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_a_fault_that_stays_is_an_error_that_names_unit_and_port(
    device: Device, peer: Peer, fault: Fault
) -> None:
    peer.faults = [fault] * 3
    with pytest.raises(LineSilentError, match=f"unit 42 on {peer.port}: "):
        await device.read_registers(100, 5)
    assert len(peer.requests) == 3
    assert await device.read_registers(200, 5) == expected(200, 5)


@pytest.mark.parametrize("seconds", [0.9, 0.999, 1.0, 1.001, 1.01, 1.05, 1.1, 1.2, 1.5, 1.8])
@pytest.mark.parametrize("writes", [False, True])
async def test_a_late_answer_is_never_taken_for_the_next_one(
    device: Device, peer: Peer, seconds: float, writes: bool
) -> None:
    peer.faults = [line_peer.late(seconds)] * 4
    for address in range(100, 1000, 100):
        try:
            if writes:
                await device.write_registers(address, [1])
            assert await device.read_registers(address, 5) == expected(address, 5)
        except LineSilentError:
            assert seconds > 0.95


async def test_a_retry_waits_only_until_the_late_answer_has_come(device: Device, peer: Peer) -> None:
    peer.faults = [line_peer.late(1.2)]
    assert await device.read_registers(100, 5) == expected(100, 5)
    assert 1.25 <= peer.requests[1].at - peer.requests[0].at < 1.4
    assert device.line.counters.drained_bytes == 15


async def test_a_retry_after_silence_waits_until_no_answer_can_come(device: Device, peer: Peer) -> None:
    peer.faults = [line_peer.silent]
    await device.read_registers(100, 5)
    assert peer.requests[1].at - peer.requests[0].at > 1.9


async def test_a_device_that_may_answer_very_late_gets_its_time(line: Line, peer: Peer) -> None:
    device = line.device(42, late_s=8.0)
    peer.faults = [line_peer.late(7.0), line_peer.late(8.7)]
    for address in (100, 200):
        assert await device.read_registers(address, 5) == expected(address, 5)


@pytest.mark.parametrize("cancelled_after", [0.0, 0.001, 0.1, 0.299, 0.3, 0.301])
async def test_an_answer_to_a_cancelled_request_is_thrown_away(
    device: Device, peer: Peer, cancelled_after: float
) -> None:
    peer.faults = [line_peer.late(0.3)]
    with suppress(TimeoutError):
        async with asyncio.timeout(cancelled_after):
            await device.read_registers(100, 5)
    for address in (200, 300):
        assert await device.read_registers(address, 5) == expected(address, 5)


async def test_cancelling_a_patient_request_keeps_the_next_one_waiting(device: Device, peer: Peer) -> None:
    peer.faults = [line_peer.late(6.0)]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2.0):
            await device.read_registers(100, 1, timeout_s=11.0)
    assert await device.read_registers(200, 1) == [200]
    assert 6.0 < peer.requests[1].at - peer.requests[0].at < 6.2


async def test_cancelling_while_an_older_answer_is_awaited_does_not_shorten_the_wait(
    device: Device, peer: Peer
) -> None:
    peer.faults = [line_peer.late(1.8)]
    with pytest.raises(LineSilentError):
        await device.read_registers(100, 5, retries=0)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await device.read_registers(200, 5)
    assert await device.read_registers(300, 5) == expected(300, 5)
    assert len(peer.requests) == 2


@pytest.mark.parametrize("code", [1, 2, 3, 4])
async def test_a_refusal_is_told_with_its_code_and_not_retried(device: Device, peer: Peer, code: int) -> None:
    peer.faults = [line_peer.refusing(code)]
    with pytest.raises(LineRefusedError, match=f"unit 42 on {peer.port}: .* exception {code}") as caught:
        await device.write_registers(40068, [1])
    assert caught.value.code == code
    assert len(peer.requests) == 1
    assert await device.read_registers(100, 2) == [100, 101]
    assert device.line.counters.drained_bytes == 0


async def test_an_answer_to_another_write_is_not_taken(device: Device, peer: Peer) -> None:
    peer.faults = [line_peer.other_address]
    with pytest.raises(LineSilentError, match="another request"):
        await device.write_registers(40268, [0], retries=0)
    assert device.line.counters.wrong_answers == 1


async def test_an_answer_of_another_unit_is_told_as_such(device: Device, peer: Peer) -> None:
    peer.faults = [line_peer.other_unit]
    with pytest.raises(LineSilentError, match="an answer of unit 43"):
        await device.read_registers(100, 5, retries=0)


async def test_bytes_behind_an_answer_make_it_doubtful(device: Device, peer: Peer) -> None:
    peer.faults = [line_peer.garbage_behind]
    with pytest.raises(LineSilentError, match="bytes behind the answer"):
        await device.read_registers(100, 5, retries=0)


async def test_an_answer_in_single_bytes_is_put_together(device: Device, peer: Peer) -> None:
    peer.faults = [line_peer.byte_by_byte]
    assert await device.read_registers(100, 125) == expected(100, 125)
    assert device.line.counters.retries == 0


async def test_noise_between_requests_is_drained_first(device: Device, peer: Peer) -> None:
    await device.read_registers(100, 2)
    await asyncio.sleep(1)
    peer.send(b"\x2a\x03\x04")
    assert await device.read_registers(200, 2) == [200, 201]
    assert device.line.counters.drained_bytes == 3
    assert device.line.counters.retries == 0


async def test_a_line_that_babbles_is_an_error_and_not_an_endless_wait(device: Device, peer: Peer) -> None:
    loop = asyncio.get_running_loop()

    def babble() -> None:
        peer.send(b"\x55")
        nonlocal handle
        handle = loop.call_later(0.02, babble)

    handle = loop.call_soon(babble)
    with pytest.raises(LineSilentError, match=r"does not fall silent|an answer of unit 85"):
        await device.read_registers(100, 2)
    handle.cancel()
    assert await device.read_registers(100, 2) == [100, 101]


@pytest.mark.parametrize(("baud", "gap_s"), [(9600, 3.5 * 11 / 9600), (19200, 3.5 * 11 / 19200), (115200, 0.00175)])
async def test_a_pause_precedes_every_request(peer: Peer, baud: int, gap_s: float) -> None:
    line = Line(peer.port, baud=baud, parity="N")
    device = line.device(42)
    for _ in range(3):
        await device.read_registers(100, 1)
    line.close()
    first, second, third = (request.at for request in peer.requests)
    assert second - first >= gap_s
    assert third - second >= gap_s


async def test_a_device_gets_the_longer_pause_it_needs(line: Line, peer: Peer) -> None:
    device = line.device(42, gap_s=0.1)
    await device.read_registers(100, 1)
    await device.read_registers(100, 1)
    assert peer.requests[1].at - peer.requests[0].at >= 0.1


async def test_time_on_the_wire_does_not_count_as_thinking(peer: Peer) -> None:
    line = Line(peer.port, baud=1200, parity="N")
    peer.faults = [line_peer.late(2.0)]
    assert await line.device(42).read_registers(100, 125, retries=0) == expected(100, 125)
    line.close()


async def test_no_more_than_the_pause_lies_between_two_good_exchanges(device: Device, peer: Peer) -> None:
    for _ in range(10):
        await device.read_registers(100, 1)
    at = [request.at for request in peer.requests]
    assert min(after - before for before, after in pairwise(at)) < 0.02


@pytest.mark.parametrize("unit", [0, 248, -1])
def test_units_outside_the_standard_are_refused(unit: int) -> None:
    with pytest.raises(ValueError, match="1 to 247"):
        Line("/dev/null").device(unit)


async def test_too_many_registers_are_refused_before_they_are_sent(device: Device, peer: Peer) -> None:
    with pytest.raises(ValueError, match="126"):
        await device.read_registers(0, 126)
    assert await device.read_registers(100, 1) == [100]
    assert len(peer.requests) == 1
