"""Which ports are looked at."""

from pathlib import Path

from station.commands.init.candidates import candidates


def test_each_port_is_there_once_by_the_name_that_lasts(tmp_path: Path):
    dev, system = tmp_path / "dev", tmp_path / "sys"
    (dev / "serial" / "by-id").mkdir(parents=True)
    for name in ("ttyUSB0", "ttyUSB1", "ttyACM0", "ttyAMA0", "ttyS0", "ttyS1", "tty1", "null"):
        (dev / name).touch()
    (dev / "serial" / "by-id" / "usb-FTDI_1").symlink_to(dev / "ttyUSB1")
    for name, kind in (("ttyS0", "4"), ("ttyS1", "0"), ("ttyAMA0", "32")):
        (system / name).mkdir(parents=True)
        (system / name / "type").write_text(f"{kind}\n")
    (system / "console").mkdir()
    (system / "console" / "active").write_text("tty0 ttyAMA0\n")
    assert [Path(port).relative_to(dev).as_posix() for port in candidates(dev, system)] == [
        "serial/by-id/usb-FTDI_1",
        "ttyUSB0",
        "ttyACM0",
        "ttyS0",
    ]


def test_a_computer_without_ports_has_none(tmp_path: Path):
    assert candidates(tmp_path / "dev", tmp_path / "sys") == ()
