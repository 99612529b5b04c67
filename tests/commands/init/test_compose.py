"""Settings from a plan: they can be used, say what was planned, and still explain every key."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from station.cli import main
from station.commands.init.compose import compose
from station.commands.init.draft import keys_of
from station.commands.init.folder import template
from station.commands.init.plan import CsmsPlan, LinePlan, Plan, ReaderPlan
from station.settings import Settings, load
from tests.commands.init.plans import WEB, evse, plan
from tests.settings.files import SHIPPED

PASSWORD = "correct horse battery"
OPEN = CsmsPlan("ws://127.0.0.1:9000/ocpp", 0, "", "")
PLAIN = CsmsPlan("ws://127.0.0.1:9000/ocpp", 1, "csms-password", "")


def written(folder: Path, wanted: Plan) -> Settings:
    (folder / "csms-password").write_text(PASSWORD)
    file = folder / "station.toml"
    file.write_text(compose(SHIPPED.read_text(), wanted))
    assert main(["config", "check", str(file)]) == 0
    return load(file)


def test_the_template_is_the_shipped_file():
    assert template() == SHIPPED


def test_everything_that_was_planned_is_said(tmp_path: Path):
    found = written(tmp_path, plan())
    assert (found.station.identity, found.station.vendor_name) == ("CS-77", 'Smith "& Sons"')
    assert (found.station.model, found.station.serial_number) == ("M1", "2026-1")
    assert (found.station.state_dir, found.station.trust_clock) == (tmp_path / "state", True)
    assert (found.csms.url, found.csms.security_profile, found.csms.system_roots) == (
        "wss://csms.example/ocpp",
        2,
        True,
    )
    assert found.csms.password is not None
    assert found.csms.password.reveal() == PASSWORD
    assert [(line.name, line.port, line.baud_rate, line.parity) for line in found.lines] == [
        ("meters", "/dev/serial/by-id/usb-METER", 19200, "E"),
        ("controllers", "/dev/serial/by-id/usb-CP", 9600, "N"),
    ]
    (only,) = found.evses
    assert (only.name, only.max_current_a, only.phases, only.connector) == ("DE*ABC*E1", 17, 3, "sType2")
    assert (only.meter.line, only.meter.unit, only.meter.timezone) == ("meters", 42, "Europe/Berlin")
    assert (only.controller.line, only.controller.unit) == ("controllers", 1)
    assert not only.controller.fixed_cable
    (reader,) = found.readers
    assert (reader.port, reader.baud_rate, reader.evses) == ("/dev/ttyACM0", 115200, (1,))
    web = found.web
    assert (web.enabled, web.host, web.port, web.public_url, web.language) == (
        True,
        "127.0.0.1",
        8081,
        "https://station.example",
        "de",
    )


VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "nothing protected": {"csms": OPEN},
    "a password": {"csms": PLAIN},
    "no reader, no page": {"readers": (), "web": replace(WEB, enabled=False, public_url="")},
    "eight EVSEs": {"evses": tuple(evse(number) for number in range(1, 9))},
    "fixed cables": {"evses": (evse(1, fixed=True), evse(2, fixed=True))},
    "four lines": {
        "lines": tuple(LinePlan(name, f"/dev/{name}", 19200, "E") for name in ("meters", "controllers", "c", "d"))
    },
    "a gateway": {
        "lines": (
            LinePlan("meters", "tcp://10.0.0.7:502", 19200, "E"),
            LinePlan("controllers", "/dev/ttyS1", 19200, "N"),
        )
    },
    "two readers": {
        "readers": (
            ReaderPlan("reader-1", "serial-line", "/dev/ttyACM0", 9600, (1,)),
            ReaderPlan("reader-2", "serial-line", "/dev/ttyACM1", 9600, (1,)),
        )
    },
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_key_survives_and_the_file_can_be_used(tmp_path: Path, variant: str):
    wanted = plan(**VARIANTS[variant])
    found = written(tmp_path, wanted)
    keys = keys_of((tmp_path / "station.toml").read_text())
    assert set(keys_of(SHIPPED.read_text())) <= set(keys)
    assert len(found.evses) == len(wanted.evses)
    assert [evse.name for evse in found.evses] == [evse.name for evse in wanted.evses]
    assert [evse.connector for evse in found.evses] == [evse.connector for evse in wanted.evses]
    assert [evse.meter.unit for evse in found.evses] == [evse.meter.unit for evse in wanted.evses]
    assert [line.name for line in found.lines] == [line.name for line in wanted.lines]
    assert [line.port for line in found.lines] == [line.port for line in wanted.lines]
    assert [reader.name for reader in found.readers] == [reader.name for reader in wanted.readers]
    assert found.web.enabled is wanted.web.enabled
    assert found.csms.security_profile == wanted.csms.security_profile


def test_nothing_is_protected_only_where_that_was_said(tmp_path: Path):
    for csms, said in ((OPEN, True), (PLAIN, False)):
        written(tmp_path, plan(csms=csms))
        lines = (tmp_path / "station.toml").read_text().splitlines()
        assert any(line.startswith("allow_plain_without_password = true") for line in lines) is said


def test_every_comment_survives(tmp_path: Path):
    written(tmp_path, plan(evses=(evse(1), evse(2))))
    text = (tmp_path / "station.toml").read_text()
    comments = [line.partition(" # ")[2] for line in SHIPPED.read_text().splitlines() if " # " in line]
    assert comments
    assert [comment for comment in comments if comment not in text] == []


def test_all_devices_may_share_a_line(tmp_path: Path):
    shared = replace(
        evse(1), meter=replace(evse(1).meter, line="devices"), controller=replace(evse(1).controller, line="devices")
    )
    found = written(tmp_path, plan(lines=(LinePlan("devices", "/dev/ttyS1", 19200, "N"),), evses=(shared,)))
    assert [line.name for line in found.lines] == ["devices"]
    assert "/dev/ttyCONTROL" not in (tmp_path / "station.toml").read_text()


def test_a_root_certificate_takes_the_place_of_those_of_the_system(tmp_path: Path):
    (tmp_path / "root.pem").write_text("-----BEGIN CERTIFICATE-----")
    found = written(tmp_path, plan(csms=CsmsPlan("wss://csms.example", 2, "csms-password", "root.pem")))
    assert (found.csms.root_certificate, found.csms.system_roots) == (tmp_path / "root.pem", False)
