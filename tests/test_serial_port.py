"""A port that cannot be opened is told with the remedy."""

import os

import pytest

from station.errors import PortError
from station.serial_port import open_serial


@pytest.fixture
def pty():
    far, near = os.openpty()
    yield os.ttyname(near)
    os.close(far)
    os.close(near)


def test_a_port_is_opened_for_this_process_alone_and_does_not_block(pty):
    with open_serial(pty, 19200) as port:
        assert not os.get_blocking(port.fileno())
        with pytest.raises(PortError, match=rf"{pty} is in use by another process"):
            open_serial(pty, 19200)
    open_serial(pty, 19200).close()


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("ttyNOWHERE", "does not exist; is the adapter plugged in"),
        ("", "is no serial port"),
        ("file", "is no serial port"),
        ("/dev/null", "/dev/null is no serial port"),
    ],
)
def test_a_port_that_is_none_is_told(tmp_path, name, problem):
    (tmp_path / "file").touch()
    with pytest.raises(PortError, match=problem):
        open_serial(str(tmp_path / name), 19200)


def test_a_speed_that_the_port_cannot_do_is_told(pty):
    with pytest.raises(PortError, match=rf"{pty} cannot be opened with -1 baud"):
        open_serial(pty, -1)
