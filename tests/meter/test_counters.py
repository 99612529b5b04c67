"""A line counts what happens on it and with whom."""

import pytest

from station.errors import LineRefusedError
from station.meter.bus import Line
from station.meter.counters import NOBODY, Counters, total
from tests.meter import line_peer
from tests.meter.line_peer import Peer


async def test_counters_tell_what_happened(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.damaged, line_peer.silent, line_peer.good, line_peer.refusing(2), line_peer.other_unit]
    device = line.device(42)
    await device.read_registers(100, 1)
    with pytest.raises(LineRefusedError):
        await device.read_registers(100, 1)
    await device.read_registers(100, 1)
    counters = line.counters
    assert (counters.frames, counters.retries, counters.timeouts, counters.crc_errors) == (6, 3, 1, 1)
    assert (counters.wrong_answers, counters.refusals) == (1, 1)
    assert (counters.bytes_out, counters.bytes_in) == (6 * 8, 4 * 7 + 5)


async def test_counters_are_kept_for_each_unit_and_add_up(line: Line, peer: Peer) -> None:
    peer.faults = [line_peer.damaged, line_peer.good, line_peer.silent]
    await line.device(41).read_registers(100, 1)
    await line.device(42).read_registers(100, 1)
    peer.send(b"noise")
    await line.device(41).read_registers(100, 1)
    first, second, nobody = (line.counters_of(unit) for unit in (41, 42, NOBODY))
    assert first == Counters(frames=3, retries=1, crc_errors=1, bytes_out=24, bytes_in=21)
    assert second == Counters(frames=2, retries=1, timeouts=1, bytes_out=16, bytes_in=7)
    assert nobody == Counters(drained_bytes=5, bytes_in=5)
    assert line.counters == total([first, second, nobody])
    assert line.counters_of(43) == Counters()


async def test_counters_of_a_line_are_a_copy_of_its_own(line: Line, peer: Peer) -> None:
    before = line.counters
    assert before == Counters()
    await line.device(42).read_registers(100, 1)
    assert before.frames == 0
    with Peer() as elsewhere:
        other = Line(elsewhere.port, parity="N")
        await other.device(42).read_registers(100, 125)
        assert (line.counters.bytes_in, other.counters.bytes_in) == (7, 255)
        other.close()
