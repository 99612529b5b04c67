"""Who stands in the bay is read from a file."""

import os

import pytest

from station.errors import DeviceError
from station.hardware.bay_sensor import ValueFileSensor


@pytest.fixture
def value(tmp_path):
    file = tmp_path / "value"
    file.write_text("0\n")
    return file


@pytest.mark.parametrize(("text", "occupied"), [("0", False), ("1", True), ("1\n", True), (" 0 \n", False)])
async def test_a_value_means_a_vehicle_or_none(value, text, occupied):
    value.write_text(text)
    assert await ValueFileSensor(value).occupied() is occupied
    assert await ValueFileSensor(value, occupied=0).occupied() is not occupied


@pytest.mark.parametrize("text", ["", "\n", "2", "on", "-1", "10", "1 0", "\x00"])
async def test_what_is_no_value_is_told_with_the_file(value, text):
    value.write_text(text)
    with pytest.raises(DeviceError, match=rf"{value} holds .*; 0 or 1 is expected"):
        await ValueFileSensor(value).occupied()


async def test_a_file_that_is_missing_or_forbidden_is_told(tmp_path):
    with pytest.raises(DeviceError, match=r"nowhere cannot be read: No such file or directory; is the sensor set up"):
        await ValueFileSensor(tmp_path / "nowhere").occupied()
    with pytest.raises(DeviceError, match="cannot be read: Is a directory"):
        await ValueFileSensor(tmp_path).occupied()


async def test_a_pipe_that_nobody_writes_to_does_not_stop_the_station(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DeviceError, match="0 or 1 is expected"):
        await ValueFileSensor(tmp_path / "pipe").occupied()
