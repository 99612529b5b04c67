"""The port says which kind of line it is."""

from station.meter.bus import Line
from station.meter.lines import line_at
from station.meter.tcp_line import TcpLine


def test_a_path_is_a_serial_line_and_an_address_is_modbus_tcp():
    serial, tcp = line_at("/dev/ttyMETER", baud=9600, parity="N"), line_at("tcp://192.0.2.7:502")
    assert (type(serial), serial.port) == (Line, "/dev/ttyMETER")
    assert (type(tcp), tcp.port) == (TcpLine, "tcp://192.0.2.7:502")


async def test_an_address_is_neither_opened_nor_needed_before_the_first_request():
    line = line_at("tcp://192.0.2.7:502")
    line.open()
    line.close()
    assert line.counters.frames == 0
